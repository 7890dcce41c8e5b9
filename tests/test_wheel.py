"""The wheel alone is enough: from another folder it migrates, serves pages and files, and runs jobs."""

import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.db.session import Database
from tests.conftest import make_database
from tests.support.served import CHECKOUT, bare_environment, served


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new environment with the wheel; what the wheel depends on is seen through a .pth file."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(CHECKOUT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("tandem-*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    install = ["install", "--no-deps", "--no-index", "--no-compile", str(wheel)]
    subprocess.run([*pip, "--python", str(python), *install], check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    # Below the environment's own packages, so that an installed checkout does not hide the wheel.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    yield home / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def empty(server_url: URL) -> Iterator[URL]:
    yield make_database(server_url, "tandem_wheel")


def run(installed: Path, elsewhere: Path, *words: str, **settings: str) -> str:
    command = [str(installed / words[0]), *words[1:]]
    ran = subprocess.run(command, cwd=elsewhere, env=bare_environment(**settings), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_templates_static_files_and_migrations_lie_in_the_wheel(installed: Path, elsewhere: Path) -> None:
    code = "import app, app.places as p; print(app.__file__, p.TEMPLATES, p.STATIC, p.MIGRATIONS)"
    for place in run(installed, elsewhere, "python", "-c", code).split():
        assert Path(place).is_relative_to(installed.parent), place
        assert not Path(place).is_relative_to(CHECKOUT)


def test_from_another_folder_the_wheel_helps_migrates_serves_and_works(
    installed: Path, elsewhere: Path, empty: URL, tmp_path: Path
) -> None:
    settings = {"TANDEM_DATABASE_URL": empty.render_as_string(hide_password=False)}
    assert "serve" in run(installed, elsewhere, "tandem", "--help")
    run(installed, elsewhere, "tandem", "migrate", **settings)

    command = [str(installed / "tandem")]
    with served(tmp_path, command=command, cwd=elsewhere, settings=settings, nobody_yet=True) as running:
        page = httpx2.get(f"{running.address}/sign-in")
        assert page.status_code == 200 and "Sign in" in page.text
        sheet = httpx2.get(f"{running.address}/static/css/base.css")
        assert sheet.content == (CHECKOUT / "static/css/base.css").read_bytes()
        assert httpx2.get(f"{running.address}/readyz").status_code == 200
        assert "A worker is alive" in heard_of_worker(installed, elsewhere, settings)
    assert "The worker ended" not in running.told()
    assert not list(elsewhere.iterdir())

    database = Database.at(settings["TANDEM_DATABASE_URL"])
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    database.dispose()


def heard_of_worker(installed: Path, elsewhere: Path, settings: dict[str, str]) -> str:
    """Its worker is a child process, which finds the wheel again."""
    deadline = time.monotonic() + 30
    command = [str(installed / "tandem"), "doctor", "--only", "worker"]
    while True:
        ran = subprocess.run(command, cwd=elsewhere, env=bare_environment(**settings), capture_output=True, text=True)
        if ran.returncode == 0 or time.monotonic() > deadline:
            return ran.stdout + ran.stderr
        time.sleep(0.5)
