"""Where things lie: the data, and the files that are not Python (beside the package; inside it in a wheel)."""

import os
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from platformdirs import user_data_path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_bundled"
ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MIGRATIONS = ROOT / "migrations"

SYSTEM_DATA = Path("/var/lib/tandem")


def default_data_dir() -> Path:
    """The data folder when none is named: of this user; for root one that lies outside every home."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return SYSTEM_DATA
    return user_data_path("tandem", appauthor=False)


def tandem_version() -> str:
    """Of the installed package; a checkout that was never installed says it in its pyproject.toml."""
    try:
        return version("tandem")
    except PackageNotFoundError:
        return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
