"""The users' page of `tandem agreement` shows what really happens."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.agreement.ratings_csv import COLUMNS
from app.cli.agreement import agreement

PAGE = Path(__file__).parents[2] / "docs" / "agreement-command.md"
FILE = re.compile(r"^```csv (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN = re.compile(r"^```console\n\$ tandem agreement (.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def beside_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILE.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_example_of_the_page_comes_out_as_printed(beside_its_files: Path) -> None:
    app = typer.Typer()
    app.command("agreement")(agreement)
    examples = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) == 5
    for arguments, shown in examples:
        done = CliRunner().invoke(app, shlex.split(arguments))
        assert done.stderr + done.stdout == shown, arguments


def test_the_page_names_every_option_and_every_column_of_the_csv() -> None:
    app = typer.Typer(add_completion=False)
    app.command("agreement")(agreement)
    command = typer.main.get_command(app)
    named = PAGE.read_text(encoding="utf-8")
    assert [column for column in COLUMNS if f"`{column}`" not in named] == []
    options = {option for each in command.params for option in each.opts if option.startswith("--")}
    assert len(options) > 20
    assert [option for option in options if option not in named] == []
