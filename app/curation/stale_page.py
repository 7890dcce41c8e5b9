"""What a change of the codebook makes stale, as its lead is shown it: each final code once it was opened."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.models import CodebookVersion
from app.codebook.queries import versions
from app.coding.exposures import exposed_subjects
from app.curation.changes import Change
from app.curation.stale import Diff, Reason, Stale, diff, stale_incidents
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.problems import NotFound
from app.rounds.models import Round, RoundIncident
from app.rounds.queries import codable_incident_ids
from app.studies.models import Membership
from app.studies.queries import people_who_code
from app.studies.viewer import Viewer

MOST_LISTED = 200
HOW_WORDS = {
    "added": "added",
    "reworded": "reworded",
    "moved": "moved",
    "merged": "merged",
    "split": "split",
    "retired": "retired",
    "restored": "brought back",
}


@dataclass(frozen=True)
class Span:
    """Between which states: the ids of versions, None for the oldest that counts and for now."""

    from_id: int | None = None
    to_id: int | None = None

    @property
    def fields(self) -> dict[str, int]:
        every = {"from": self.from_id, "to": self.to_id}
        return {name: value for name, value in every.items() if value is not None}


@dataclass(frozen=True)
class StaleLine:
    """reasons: in words. waits_in: the planned or running round that holds it already. is_chosen: at first."""

    incident: Incident
    reasons: tuple[str, ...]
    is_pressing: bool
    waits_in: Round | None
    is_codable: bool

    @property
    def is_chosen(self) -> bool:
        return self.waits_in is None and self.is_codable


@dataclass(frozen=True)
class ChangeLine:
    """pressing, touched: how many incidents bear it, or are touched by it otherwise."""

    change: Change
    words: str
    pressing: int
    touched: int


@dataclass(frozen=True)
class StalePage:
    """lines: of incidents whose final codes the viewer was shown. hidden: of those that are not opened yet.
    proposed_coder_ids: who codes, without the viewer, who was told what is final here; unless nobody else codes.
    """

    span: Span
    versions: Sequence[CodebookVersion]
    changes: tuple[ChangeLine, ...]
    lines: tuple[StaleLine, ...]
    hidden: int
    total: int
    pressing: int
    coders: tuple[Membership, ...]
    proposed_coder_ids: frozenset[int]

    @property
    def from_options(self) -> list[tuple[str | int, str]]:
        return [("", "The oldest that anything final was coded under"), *((one.id, one.name) for one in self.versions)]

    @property
    def to_options(self) -> list[tuple[str | int, str]]:
        return [("", "Now"), *((one.id, one.name) for one in self.versions)]

    @property
    def unlisted(self) -> int:
        return self.total - len(self.lines) - self.hidden

    @property
    def split(self) -> list[ChangeLine]:
        return [line for line in self.changes if line.change.kind == "split"]


def diff_of(session: Session, viewer: Viewer, span: Span) -> Diff:
    known = {one.id: one.codebook_seq for one in versions(session, viewer.study.id)}
    if not {each for each in (span.from_id, span.to_id) if each is not None} <= known.keys():
        raise NotFound
    return diff(
        session,
        viewer,
        known[span.from_id] if span.from_id is not None else None,
        known[span.to_id] if span.to_id is not None else None,
    )


def listed(found: Sequence[Stale]) -> list[Stale]:
    """Those on the page: the most pressing ones."""
    return list(found[:MOST_LISTED])


def stale_page(session: Session, viewer: Viewer, span: Span) -> StalePage:
    found = diff_of(session, viewer, span)
    every = stale_incidents(session, viewer, found)
    opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "final_code")
    on_page = listed(every)
    shown = [each for each in on_page if each.final_code_ids <= opened]
    coders = people_who_code(session, viewer.study.id)
    others = frozenset(each.id for each in coders if each.id != viewer.member.id)
    return StalePage(
        span=span,
        versions=versions(session, viewer.study.id),
        changes=tuple(_change_line(found, change, every) for change in found.changes),
        lines=tuple(_lines(session, viewer, found, shown)),
        hidden=len(on_page) - len(shown),
        total=len(every),
        pressing=sum(each.is_pressing for each in every),
        coders=tuple(coders),
        proposed_coder_ids=others or frozenset(each.id for each in coders),
    )


def _lines(session: Session, viewer: Viewer, found: Diff, shown: Sequence[Stale]) -> list[StaleLine]:
    ids = {each.incident_id for each in shown}
    incidents = incidents_by_id(session, viewer.study.id, ids)
    waiting = _waiting_in(session, viewer, ids)
    codable = set(codable_incident_ids(session, viewer.study.id))
    return [
        StaleLine(
            incident=incidents[each.incident_id],
            reasons=tuple(dict.fromkeys(reason_words(reason) for reason in each.reasons)),
            is_pressing=each.is_pressing,
            waits_in=waiting.get(each.incident_id),
            is_codable=each.incident_id in codable,
        )
        for each in shown
    ]


def _waiting_in(session: Session, viewer: Viewer, incident_ids: Collection[int]) -> Mapping[int, Round]:
    """incident -> the newest round, planned or running, that holds it."""
    rows = session.execute(
        select(RoundIncident.incident_id, Round)
        .join(Round, (Round.study_id == RoundIncident.study_id) & (Round.id == RoundIncident.round_id))
        .where(
            RoundIncident.study_id == viewer.study.id,
            RoundIncident.incident_id.in_(incident_ids),
            Round.phase.in_(("planned", "running")),
        )
        .order_by(Round.number)
    )
    return dict(rows.all())


def reason_words(reason: Reason) -> str:
    change, name = reason.change, f"“{reason.change.code.name}”"
    if reason.how == "similar":
        return f"Its text is like what the new code {name} says"
    borne = f"“{reason.code.name}”" if reason.code else "another code"
    if reason.how == "sibling":
        return f"Bears {borne}, which stands beside {name}: {HOW_WORDS[change.kind]} since"
    if change.kind == "split":
        parts = ", ".join(f"“{part.name}”" for part in change.parts)
        return f"Bears {borne}, which was split: choose one of {parts}"
    if change.kind == "merged":
        into = f"“{change.into.name}”" if change.into else "another code"
        return f"Bears {borne}: {name} was merged into {into} since"
    return f"Bears {borne}, which was {HOW_WORDS[change.kind]}" + ("" if change.kind == "retired" else " since")


def change_words(found: Diff, change: Change) -> str:
    if change.kind == "split":
        return "split into " + ", ".join(f"“{part.name}”" for part in change.parts)
    if change.kind == "merged":
        return f"merged into “{change.into.name}”" if change.into else "merged into a code that was split since"
    if change.kind == "moved":
        return f"moved from {_place(found, change, old=True)} to {_place(found, change, old=False)}"
    if change.kind == "reworded":
        return f"reworded: {', '.join(change.what)}"
    return HOW_WORDS[change.kind]


def _place(found: Diff, change: Change, *, old: bool) -> str:
    codebook, code = (found.before, change.before) if old else (found.after, change.code)
    assert code is not None
    parent = codebook.codes.get(code.parent_id or 0)
    dimension = codebook.dimension(code.dimension_id)
    return f"“{parent.name}”" if parent else f"the top of {dimension.name}" if dimension else "the top"


def _change_line(found: Diff, change: Change, every: Sequence[Stale]) -> ChangeLine:
    reasons = [[reason for reason in each.reasons if reason.change == change] for each in every]
    pressing = sum(any(reason.is_pressing for reason in each) for each in reasons)
    touched = sum(bool(each) for each in reasons) - pressing
    return ChangeLine(change, change_words(found, change), pressing, touched)
