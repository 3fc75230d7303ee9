"""What of an address may stand in files and messages."""

import pytest

from whimsight.endpoints.addresses import address_of
from whimsight.endpoints.secrets import Secret


def at(url):
    return address_of(Secret(url), ValueError)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://localhost:11434/v1", "localhost:11434/v1"),
        ("http://[::1]:8000/v1/", "::1:8000/v1/"),
        ("https://x.example", "x.example:"),
        ("https://me:word@openrouter.example/api/v1", "openrouter.example:/api/v1"),
        ("https://x.example/v1beta/openai", "x.example:/v1beta/openai"),
        ("https://x.example/openai/deployments/qwen2.5-coder-7b", "x.example:/openai/deployments/qwen2.5-coder-7b"),
        ("https://x.example/models/Qwen/qwen2.5-coder-7b/v1", "x.example:/models/Qwen/qwen2.5-coder-7b/v1"),
    ],
)  # fmt: skip
def test_a_path_of_well_known_parts_and_the_model_is_told(url, told):
    model = "Qwen/qwen2.5-coder-7b"
    assert at(url).told_apart(model) == told
    assert at(url).words(model) == (["me"] if "me:" in url else [""])


@pytest.mark.parametrize("part", ["0123456789abcdef0123456789abcdef", "onlyletters", "gw", "small%2Fv1"])
def test_any_other_path_is_told_by_its_hash_alone(part):
    one, slash, other = (
        at(f"https://x.example/{path}").told_apart("small")
        for path in (f"{part}/v1", f"{part}/v1/", f"{part}x/v1")
    )
    assert one == slash != other
    assert one.startswith("x.example:/")
    assert part not in one
    assert "v1" not in one.split("/")
    assert at(f"https://x.example/{part}/v1").words("small") == ["", part]
