"""`tandem import study` and `tandem export study` from the outside."""

import json
from pathlib import Path

from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from app.cli import tandem
from app.db.session import Database
from tests.export.conftest import finish_round
from tests.support.qda import carried


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(tandem, list(arguments), env={"TANDEM_DATABASE_URL": url})


def test_a_study_goes_out_to_a_file_and_comes_in_as_another(own_database: URL, tmp_path: Path) -> None:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    with database.transaction() as session:
        finish_round(session)
    database.dispose()
    file, again = tmp_path / "study.qdpx", tmp_path / "again.qdpx"

    written = run(url, "export", "study", "finished", "-o", str(file))
    shown = run(url, "export", "study", "finished", "-o", "-")
    done = run(url, "import", "study", str(file), "--slug", "again", "--round", "Before", "--json")

    assert (written.exit_code, written.stdout) == (0, "") and file.read_bytes() == shown.stdout_bytes
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["slug"], told["incidents"], told["left_out"], told["changed"]) == ("again", 2, [], [])
    assert "the study “" in done.stderr and "2 incidents, 3 coders, 2 dimensions" in done.stderr
    assert run(url, "export", "study", "again", "-o", str(again)).exit_code == 0
    assert carried(again.read_bytes()) == carried(file.read_bytes())

    taken = run(url, "import", "study", str(file), "--slug", "again")
    assert (taken.exit_code, taken.stdout) == (1, "") and "Another study has this short name" in taken.stderr
    wrong = run(url, "import", "study", str(file), "--levels", ";")
    assert wrong.exit_code == 2 and "Levels within names" in wrong.stderr
    file.write_bytes(b"no zip")
    assert "no ZIP that can be read" in run(url, "import", "study", str(file)).stderr
    assert run(url, "export", "study", "again", "--format", "zip", "-o", "-").exit_code == 2
