"""From a name and the person's settings to a model; nothing is sent, nothing is guessed."""

import subprocess
import sys

import pytest

import whimsight.language
from whimsight.errors import LanguageError
from whimsight.language import EndpointModel, LocalModel, Price, language_model


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("WHIMSIGHT_MODEL", "big")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1/")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-4711")
    monkeypatch.setenv("WHIMSIGHT_PRICE", "0.15, 0.60")
    model = language_model()
    assert isinstance(model, EndpointModel)
    assert (model.name, model.where, model.price) == ("big", "models.example", Price(0.15, 0.6))


def test_arguments_go_before_the_environment(monkeypatch):
    monkeypatch.setenv("WHIMSIGHT_MODEL", "big")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1")
    monkeypatch.setenv("WHIMSIGHT_PRICE", "0.15,0.60")
    model = language_model("small", base_url="http://10.0.0.7:8000/v1", price=(1, 2), in_flight=3, timeout=9)
    assert (model.name, model.where, model.price) == ("small", "10.0.0.7:8000", Price(1.0, 2.0))
    assert (model.in_flight, model.timeout) == (3, 9.0)


@pytest.mark.parametrize(
    "host", ["localhost:11434", "127.0.0.1:8080", "[::1]:8000", "127.9.9.9", "me.localhost"]
)
def test_a_model_on_this_machine_costs_nothing_whatever_others_cost(monkeypatch, host):
    monkeypatch.setenv("WHIMSIGHT_PRICE", "0.15,0.60")
    model = language_model("small", base_url=f"http://{host}/v1")
    assert model.price == Price(0.0, 0.0)
    assert model.where == host


def test_a_gateway_on_this_machine_costs_what_the_environment_says_of_it(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:4000/v1")
    assert language_model("small").price == Price(0.0, 0.0)
    monkeypatch.setenv("WHIMSIGHT_PRICE", "0.15,0.60")
    assert language_model("small").price == Price(0.15, 0.6)


@pytest.mark.parametrize(
    "host", ["api.example", "localhost.example", "10.0.0.1", "127.example", "0x7f.example"]
)
def test_what_another_machine_costs_is_not_known_unless_said(host):
    assert language_model("m", base_url=f"https://{host}/v1").price is None


@pytest.mark.parametrize("price", ["", ",", "free", "0.15", "1,2,3", "-1,2", "nan,1", "inf,1"])
def test_a_price_that_is_none_is_refused_with_an_example(monkeypatch, price):
    monkeypatch.setenv("WHIMSIGHT_PRICE", price)
    if not price:  # set to nothing is not set
        assert language_model("m", base_url="https://api.example/v1").price is None
        return
    with pytest.raises(LanguageError, match=r"price=\(0.15, 0.60\)"):
        language_model("m", base_url="https://api.example/v1")


@pytest.mark.parametrize(
    "price", [(1,), (1, 2, 3), ("a", 1), 5, "12", "a", (-1, 0), (float("nan"), 0), (True, None)]
)
def test_a_price_argument_that_is_none_is_refused_too(price):
    with pytest.raises(LanguageError, match="two numbers"):
        language_model("m", base_url="https://api.example/v1", price=price)


def test_no_model_is_a_question():
    with pytest.raises(LanguageError, match="WHIMSIGHT_MODEL"):
        language_model()


def test_no_key_for_the_hosted_service_is_said_at_once():
    with pytest.raises(LanguageError, match="OPENAI_API_KEY"):
        language_model("gpt-4o-mini")


def test_a_local_model_is_named_by_its_folder_and_is_not_read_before_it_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("WHIMSIGHT_PRICE", "0.15,0.60")
    model = language_model(f"transformers:{tmp_path}")
    assert isinstance(model, LocalModel)
    assert (model.name, model.where, model.price, model.in_flight) == (
        tmp_path.name, "this machine", Price(0.0, 0.0), 1,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/no/such", "", "a/b/c"])
def test_a_folder_that_is_not_there_is_said_at_once(name):
    with pytest.raises(LanguageError, match="There is no model"):
        language_model(f"transformers:{name}")


@pytest.mark.parametrize(
    ("option", "value"), [("base_url", "http://localhost/v1"), ("api_key", "k"), ("extra", {"a": 1})]
)
def test_what_a_local_model_cannot_use_is_refused(tmp_path, option, value):
    with pytest.raises(LanguageError, match=option):
        language_model(f"transformers:{tmp_path}", **{option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [("timeout", "x"), ("timeout", 0), ("timeout", None), ("timeout", float("inf")), ("timeout", float("nan")),
     ("in_flight", "a"), ("in_flight", 0), ("in_flight", 2.5), ("in_flight", None), ("extra", "low"), ("extra", 3),
     ("base_url", 5), ("api_key", 5)],
)  # fmt: skip
def test_a_setting_of_another_kind_is_refused_by_name(option, value):
    with pytest.raises(LanguageError, match=f"{option}(=| must)"):
        language_model("m", **{"base_url": "http://localhost/v1", option: value})


@pytest.mark.parametrize("model", [5, object(), ["a"], EndpointModel, b"gpt"])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(LanguageError, match=f"found one of type {type(model).__name__}"):
        language_model(model)


class Parrot:
    """Has what a model needs."""

    name, where, price, in_flight = "parrot", "this machine", None, 1

    @property
    def fingerprint(self):
        raise AssertionError("nobody asked")

    def complete(self, request):
        raise NotImplementedError


def test_a_model_is_returned_as_it_is_and_takes_no_other_settings():
    parrot = Parrot()
    assert language_model(parrot) is parrot
    for more in ({"price": (1, 2)}, {"api_key": "k"}, {"base_url": "http://localhost/v1"}, {"extra": {}}):
        with pytest.raises(LanguageError, match="already has its settings"):
            language_model(parrot, **more)


def test_settings_that_cannot_be_sent_are_refused():
    with pytest.raises(LanguageError, match="extra"):
        language_model("m", base_url="http://localhost/v1", extra={"a": object()})


def test_a_device_for_an_endpoint_is_refused():
    with pytest.raises(LanguageError, match="device"):
        language_model("m", base_url="http://localhost/v1", device="cuda")


def test_everything_that_is_exported_is_there():
    assert all(getattr(whimsight.language, name) is not None for name in whimsight.language.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        whimsight.language.nothing  # noqa: B018


def test_importing_is_light():
    code = (
        "import sys, whimsight.language, whimsight.language.factory, whimsight.language.asking; "
        "print([m for m in ('openai', 'httpx', 'httpx2', 'torch', 'transformers', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
