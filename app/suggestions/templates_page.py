"""The page of a study's instructions: every version, what was altered in it, and the system message that it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.methods.rewording import Piece, rewording
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import rounds_of
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions.choosing import Choice, chosen_incident_ids
from app.suggestions.models import PromptTemplate
from app.suggestions.policy import NothingToAsk
from app.suggestions.preview import Preview, preview_of, prompting_of
from app.suggestions.prompt import INSTRUCTIONS, TEMPLATE_VERSION
from app.suggestions.prompt_templates import SHIPPED_NAME, sha256_of, templates_of
from app.suggestions.run_plan import RunPlan


@dataclass(frozen=True)
class Version:
    """template None: the one that ships with the app."""

    template: PromptTemplate | None
    made_by: str

    @property
    def key(self) -> str:
        return str(self.template.id) if self.template else ""

    @property
    def name(self) -> str:
        if self.template is None:
            return SHIPPED_NAME
        return f"Version {self.template.version}{f': {self.template.name}' if self.template.name else ''}"

    @property
    def label(self) -> str:
        return f"version {self.template.version}" if self.template else TEMPLATE_VERSION

    @property
    def instructions(self) -> str:
        return self.template.instructions if self.template else INSTRUCTIONS

    @property
    def sha256(self) -> str:
        return self.template.sha256 if self.template else sha256_of(INSTRUCTIONS)


@dataclass(frozen=True)
class TemplatesPage:
    """versions: newest first, the shipped one last. beside, pieces: another version, and what of it was altered.

    preview: an incident of coding_round, asked by the version shown.
    """

    versions: list[Version]
    shown: Version
    beside: Version | None
    pieces: Sequence[Piece]
    rounds: Sequence[Round]
    coding_round: Round | None
    preview: Preview | None


def templates_page(
    session: Session,
    viewer: Viewer,
    *,
    version: str | None,
    beside: str | None,
    round_number: int | None,
    incident: int | None,
) -> TemplatesPage:
    """version, beside: keys; version None shows the newest, beside None compares nothing. Raises NotFound."""
    names = {key: member.name for key, member in members_by_id(session, viewer.study.id).items()}
    versions = versions_of(session, viewer.study.id, names)
    shown = versions[0] if version is None else _named(versions, version)
    other = _named(versions, beside) if beside is not None else None
    rounds = [one for one in rounds_of(session, viewer.study.id) if one.purpose != "imported"]
    coding_round = next((one for one in rounds if one.number == round_number), rounds[0] if rounds else None)
    return TemplatesPage(
        versions=versions,
        shown=shown,
        beside=other,
        pieces=rewording(other.instructions, shown.instructions) if other else (),
        rounds=rounds,
        coding_round=coding_round,
        preview=_preview(session, coding_round, shown, incident) if coding_round else None,
    )


def versions_of(session: Session, study_id: int, names: Mapping[int, str]) -> list[Version]:
    written = [Version(one, names.get(one.made_by, "")) for one in templates_of(session, study_id)]
    return [*written, Version(None, "")]


def version_named(session: Session, study_id: int, key: str) -> Version:
    """Raises NotFound."""
    return _named(versions_of(session, study_id, {}), key)


def _named(versions: Sequence[Version], key: str) -> Version:
    for one in versions:
        if one.key == key:
            return one
    raise NotFound


def _preview(session: Session, coding_round: Round, shown: Version, number: int | None) -> Preview | None:
    """None: no incident of the round has a text."""
    plan = RunPlan("any", prompt_template_id=shown.template.id if shown.template else None)
    try:
        asked = chosen_incident_ids(session, coding_round, Choice(which="all"))
    except NothingToAsk:
        return None
    prompting = prompting_of(session, coding_round, plan, asked)
    return preview_of(session, coding_round, prompting, asked, number)
