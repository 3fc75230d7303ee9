"""No settings of the person who runs the tests, for a ``conftest`` to import."""

import pytest

SETTINGS = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS",
            "WHIMSIGHT_MODEL", "WHIMSIGHT_PRICE"]  # fmt: skip
PROXIES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [*SETTINGS, *PROXIES, *map(str.upper, PROXIES)]:
        monkeypatch.delenv(name, raising=False)
