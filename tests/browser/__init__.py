import pytest

pytest.register_assert_rewrite(*(f"tests.browser.journey_{part}" for part in ("desk", "files", "pages")))
