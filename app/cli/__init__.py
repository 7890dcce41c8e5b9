"""The command line. Each command lives in a file of its own and imports its heavy parts when it runs."""

import typer

from app.cli.agreement import agreement
from app.cli.backup import backup, restore
from app.cli.demo import demo
from app.cli.doctor import doctor
from app.cli.exports import app as export
from app.cli.import_codebook import codebook as import_codebook
from app.cli.import_ratings import ratings as import_ratings
from app.cli.import_study import study as import_study
from app.cli.imports import app as import_
from app.cli.migrate import migrate
from app.cli.serve import serve
from app.cli.study import app as study
from app.cli.suggest import suggest
from app.cli.user import app as user
from app.cli.worker import worker

tandem = typer.Typer(
    name="tandem",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Code production incidents together, see how far you agree, leave with an agreed codebook.",
)
tandem.command()(demo)
tandem.command()(serve)
tandem.command()(worker)
tandem.command()(migrate)
tandem.command()(doctor)
tandem.add_typer(user, name="user")
tandem.add_typer(study, name="study")
import_.command("codebook")(import_codebook)
import_.command("ratings")(import_ratings)
import_.command("study")(import_study)
tandem.add_typer(import_, name="import")
tandem.add_typer(export, name="export")
tandem.command()(agreement)
tandem.command()(suggest)
tandem.command()(backup)
tandem.command()(restore)


def main() -> None:
    tandem()
