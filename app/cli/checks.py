"""What `tandem doctor` looks at. Each look is one sentence, with the remedy where something is not well."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.accounts.letters import LetterNotSent, try_server
from app.accounts.openid import OpenIdNotInstalled, Provider, ProviderFailed, ProviderSilent, check_installed
from app.cli.public_address import address_seen
from app.db.connecting import ServerTooOld, check_server_version, connected
from app.db.revisions import known_revisions, newest_revision, revision_of
from app.db.server import running_database_server
from app.jobs.figures import heartbeat_ages_seconds, waiting_jobs
from app.ledger.endpoints import kept_keys
from app.ledger.sealing import is_newest, opens
from app.llm.configured import endpoint_host, model_from
from app.llm.connection import connection_test
from app.problems import Problem
from app.settings import Settings

CONNECT_SECONDS = 10
FREE_MIB = 1024
SKEW_SECONDS = 5.0
MIB = 1 << 20
NOT_UP = "This cannot be looked at while the database is not up."
FIRST_THE_DATABASE = "See to the database first."

Reached = Connection | Problem


@dataclass(frozen=True)
class Check:
    """remedy: empty where all is well."""

    name: str
    sentence: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


def checked(settings: Settings, names: Sequence[str]) -> list[Check]:
    """In the order asked for."""
    with ExitStack() as stack:
        reached = _reached(settings, stack)
        return [Check(name, *LOOKS[name](settings, reached)) for name in names]


def _reached(settings: Settings, stack: ExitStack) -> Reached:
    """A connection to a database that is up, or why there is none."""
    try:
        url = make_url(stack.enter_context(running_database_server(settings)))
        patient = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS), **url.query})
        return stack.enter_context(connected(patient.render_as_string(hide_password=False)))
    except Problem as problem:
        return problem


def _database(settings: Settings, reached: Reached) -> tuple[str, str]:
    if isinstance(reached, Problem):
        if settings.embedded:
            return reached.sentence, "Start it: tandem serve"
        return reached.sentence, "See that it runs, and that TANDEM_DATABASE_URL names it."
    try:
        check_server_version(reached)
    except ServerTooOld as problem:
        return problem.sentence, "Take a backup, and restore it into a newer Postgres."
    version = reached.exec_driver_sql("SHOW server_version").scalar_one()
    return f"{'The embedded' if settings.embedded else 'The'} Postgres {version} answers.", ""


def _migrations(settings: Settings, reached: Reached) -> tuple[str, str]:
    if isinstance(reached, Problem):
        return NOT_UP, FIRST_THE_DATABASE
    revision = revision_of(reached)
    if revision == newest_revision():
        return f"The database is at its newest revision, {revision}.", ""
    if revision is None:
        return "The database was never migrated.", "Run: tandem migrate"
    if revision in known_revisions():
        return f"The database is at {revision}, and this Tandem needs {newest_revision()}.", "Run: tandem migrate"
    return f"The database is at {revision}, which this Tandem does not know.", "Install the newer Tandem that made it."


def _disk(settings: Settings, reached: Reached) -> tuple[str, str]:
    """The data folder; with an outside database the folder that uploads pass through."""
    folder = settings.data_dir if settings.embedded else Path(tempfile.gettempdir())
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free // MIB
    needed = FREE_MIB if settings.embedded else 2 * settings.upload_limit_mib
    said = f"{free:,} MiB are free where {folder} is."
    if not settings.embedded:
        said += " The data are on the disk of the database, which is not seen from here."
    return said, "" if free >= needed else f"Free some space: {needed:,} MiB at least."


def _clock(settings: Settings, reached: Reached) -> tuple[str, str]:
    if isinstance(reached, Problem):
        return NOT_UP, FIRST_THE_DATABASE
    before = datetime.now(UTC)
    theirs: datetime = reached.execute(text("SELECT clock_timestamp()")).scalar_one()
    ours = before + (datetime.now(UTC) - before) / 2
    seconds = abs((theirs - ours).total_seconds())
    if seconds > SKEW_SECONDS:
        said = f"The clocks of this machine and of the database are {seconds:.0f} s apart."
        return said, "Set both by a time server; until then times in the history are wrong by as much."
    return f"The clocks of this machine and of the database agree to {max(seconds, 0.1):.1f} s.", ""


def _worker(settings: Settings, reached: Reached) -> tuple[str, str]:
    if isinstance(reached, Problem):
        return NOT_UP, FIRST_THE_DATABASE
    if revision_of(reached) is None:
        return "No worker can run before the database is migrated.", "Run: tandem migrate"
    with Session(reached) as session:
        ages, waiting = heartbeat_ages_seconds(session), waiting_jobs(session)
    alive = [age for age in ages if age <= settings.stalled_job_seconds]
    waits = {0: "no job waits", 1: "1 job waits"}.get(waiting, f"{waiting:,} jobs wait")
    if not alive:
        return f"No worker is alive, and {waits}.", "Start one: tandem worker"
    many = "A worker is alive" if len(alive) == 1 else f"{len(alive)} workers are alive"
    return f"{many}, heard from {alive[0]:.0f} s ago, and {waits}.", ""


def _model(settings: Settings, reached: Reached) -> tuple[str, str]:
    model = model_from(settings)
    if model is None:
        return "No model is named; the final codes of similar incidents are offered in its place.", ""
    tested = connection_test(model)
    if not tested.works:
        named = "TANDEM_LLM_BASE_URL, TANDEM_LLM_MODEL and TANDEM_LLM_API_KEY"
        return f"{endpoint_host(settings)}: {tested.sentence}", f"See to {named}."
    return f"{endpoint_host(settings)}: {tested.sentence}", ""


def _keys(settings: Settings, reached: Reached) -> tuple[str, str]:
    """The API keys that leads entered, and whether they can be opened here."""
    if isinstance(reached, Problem):
        return NOT_UP, FIRST_THE_DATABASE
    if revision_of(reached) != newest_revision():
        return "The keys cannot be looked at before the database is migrated.", "Run: tandem migrate"
    with Session(reached) as session:
        kept = kept_keys(session)
    closed = sum(not opens(settings, key) for key in kept)
    older = sum(opens(settings, key) and not is_newest(settings, key) for key in kept)
    if closed:
        remedy = "Put the former TANDEM_SECRET_KEY back, behind the new one and a comma, or have them entered again."
        return f"Of the API keys that leads entered ({len(kept)} in all), {closed} cannot be read.", remedy
    if not settings.secret_keys:
        return "No TANDEM_SECRET_KEY is set, so leads cannot enter API keys; models that want none work.", ""
    if older:
        said = f"{older} of {len(kept)} API keys that leads entered stand sealed with a former TANDEM_SECRET_KEY."
        return f"{said} They work as long as it stands there; a lead who saves the model seals its key anew.", ""
    return f"The API keys that leads enter can be kept and read; kept so far: {len(kept)}.", ""


def _mail(settings: Settings, reached: Reached) -> tuple[str, str]:
    if settings.smtp_url is None:
        return "No mail server is named; leads and owners hand out links to a new password.", ""
    host = urlsplit(settings.smtp_url.get_secret_value()).hostname
    try:
        try_server(settings)
    except LetterNotSent as problem:
        return f"{host}: {problem.sentence}", "See to TANDEM_SMTP_URL, and that its certificate is trusted here."
    return f"{host} would take letters.", ""


def _provider(settings: Settings, reached: Reached) -> tuple[str, str]:
    provider = Provider.of(settings)
    if provider is None:
        return "No provider is named; people sign in with passwords of this Tandem.", ""
    try:
        check_installed(settings)
        addresses = provider.metadata
    except OpenIdNotInstalled as problem:
        return problem.sentence, "Install the extra, or unset TANDEM_OIDC_ISSUER."
    except ProviderSilent:
        asked = "below it, /.well-known/openid-configuration must answer."
        return f"{provider.issuer} does not say where to sign in.", f"See to TANDEM_OIDC_ISSUER: {asked}"
    except ProviderFailed as problem:
        return problem.sentence, "Set TANDEM_OIDC_ISSUER to the letter as the provider calls itself."
    return f"{addresses['issuer']} says where to sign in.", ""


def _address(settings: Settings, reached: Reached) -> tuple[str, str]:
    return address_seen(settings)


LOOKS: dict[str, Callable[[Settings, Reached], tuple[str, str]]] = {
    "database": _database,
    "migrations": _migrations,
    "disk": _disk,
    "clock": _clock,
    "worker": _worker,
    "model": _model,
    "keys": _keys,
    "mail": _mail,
    "provider": _provider,
    "address": _address,
}
