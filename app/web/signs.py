"""Icons and keys as HTML, each made once: what templates/parts/signs.html hands on as `icon` and `key`."""

from functools import lru_cache

from markupsafe import Markup

from app.web.static_files import static_url
from app.web.wording import attributes, key_label


@lru_cache(maxsize=512)
def icon_sign(name: str, label: str | None = None) -> Markup:
    """label: what it says to who does not see it; without one it is silent."""
    told = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    drawn = f'<use href="{static_url("icons.svg")}#i-{name}"/>'
    return Markup(f'<svg class="icon"{attributes(told)}>{drawn}</svg>')


@lru_cache(maxsize=512)
def key_sign(name: str) -> Markup:
    return Markup("<kbd>{}</kbd>").format(key_label(name))
