"""Which incidents a change of the codebook makes stale: by the final codes that they bear, or by what they say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, Text, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on
from sqlalchemy.orm import Session

from app.adjudication.models import RECODED, FinalCode, Ruling
from app.codebook.queries import current_seq, disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.coding.models import Submission
from app.coding.open_incidents import still_coded
from app.curation.changed_since import dated
from app.curation.changes import Change, changes_between
from app.curation.quotes import lineage
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer

MOST_SIMILAR = 20  # incidents a new code
SHARE_OF_THE_BEST = 0.5  # of the rank: who shares a common word alone is not like it


@dataclass(frozen=True)
class Borne:
    """A final code of an incident. made_under: the codebook_seq that whoever gave the answer had before them, the
    oldest where several did."""

    incident_id: int
    dimension_id: int
    final_code_id: int
    code_id: int | None
    made_under: int


@dataclass(frozen=True)
class Reason:
    """Why an incident is stale. how: 'bears' the changed code, a 'sibling' of it, or is 'similar' to what it says.

    code: the final code that it bears; None where it is similar. rank: of similar ones, the greater the more alike.
    """

    change: Change
    how: str
    code: CodeEntry | None = None
    final_code_id: int | None = None
    rank: float = 0.0

    @property
    def is_pressing(self) -> bool:
        return self.how == "bears" and self.change.is_pressing

    @property
    def weight(self) -> tuple[bool, int, float]:
        return self.is_pressing, ("similar", "sibling", "bears").index(self.how), self.rank


@dataclass(frozen=True)
class Stale:
    """An incident that is to be looked at again, with every reason for it, the heaviest first."""

    incident_id: int
    reasons: tuple[Reason, ...]

    @property
    def is_pressing(self) -> bool:
        return self.reasons[0].is_pressing

    @property
    def final_code_ids(self) -> set[int]:
        return {reason.final_code_id for reason in self.reasons if reason.final_code_id is not None}


@dataclass(frozen=True)
class Diff:
    """What changed between two states of the codebook; after is what codes are named by."""

    before: Codebook
    after: Codebook
    changes: tuple[Change, ...]


def diff(session: Session, viewer: Viewer, from_seq: int | None, to_seq: int | None) -> Diff:
    """from_seq None: the oldest codebook under which anything final was coded. to_seq None: now."""
    study_id = viewer.study.id
    since = oldest_seq(session, study_id) if from_seq is None else from_seq
    before = disclosed_codebook(session, study_id, seq=since)
    after = disclosed_codebook(session, study_id, seq=to_seq)
    changes = changes_between(before, after)
    return Diff(before, after, dated(session, study_id, changes, after.codebook_seq))


def oldest_seq(session: Session, study_id: int) -> int:
    """Under which something was handed in that is open to others; where nothing was, that of now."""
    found = session.scalar(
        select(func.min(Submission.codebook_seq))
        .join(Round, and_(Round.study_id == Submission.study_id, Round.id == Submission.round_id))
        .where(Submission.study_id == study_id, Submission.kind == "submitted", Round.phase.in_(("settling", "closed")))
    )
    return current_seq(session, study_id) if found is None else found


def stale_incidents(session: Session, viewer: Viewer, found: Diff, *, pressing_only: bool = False) -> list[Stale]:
    """The most pressing first. What the viewer codes just now is not among them, and nothing of it is counted."""
    changes = [each for each in found.changes if each.is_pressing] if pressing_only else list(found.changes)
    reasons: dict[int, list[Reason]] = defaultdict(list)
    wanted = _by_code(found.after, changes, pressing_only=pressing_only)
    for one in _bearing(session, viewer, wanted):
        code = found.after.codes.get(one.code_id or 0)
        for change, how in wanted[one.code_id or 0]:
            if _is_older(one, change, how):
                reasons[one.incident_id].append(Reason(change, how, code, one.final_code_id))
    if not pressing_only:
        for change in changes:
            if change.kind == "added":
                for incident_id, rank in _similar(session, viewer, found.after, change):
                    reasons[incident_id].append(Reason(change, "similar", rank=rank))
    made = [
        Stale(incident_id, tuple(sorted(each, key=lambda reason: reason.weight, reverse=True)))
        for incident_id, each in reasons.items()
    ]
    return sorted(made, key=lambda each: (*(-part for part in each.reasons[0].weight), each.incident_id))


def unreviewed(session: Session, viewer: Viewer) -> int:
    """How many incidents bear a final code that was reworded, split or retired since they were coded."""
    found = diff(session, viewer, None, None)
    return len(stale_incidents(session, viewer, found, pressing_only=True))


def _bearing(session: Session, viewer: Viewer, wanted: Mapping[int, object]) -> list[Borne]:
    return borne_codes(session, viewer, FinalCode.code_id.in_(list(wanted))) if wanted else []


def borne_codes(
    session: Session, viewer: Viewer, wanted: ColumnElement[bool], incident_ids: Collection[int] | None = None
) -> list[Borne]:
    """Current final codes of rounds that are open to others and incidents that the viewer does not code just now.

    What settled by itself was made under the oldest codebook of the submissions that count.
    """
    handed_in = _handed_in_under(viewer.study.id, incident_ids)
    made_under = case(
        (FinalCode.ruling_id.is_not(None), Ruling.codebook_seq),
        (FinalCode.basis == RECODED, FinalCode.codebook_seq),
        else_=func.coalesce(handed_in.c.oldest, FinalCode.codebook_seq),
    )
    query = (
        select(FinalCode.incident_id, FinalCode.dimension_id, FinalCode.id, FinalCode.code_id, made_under)
        .join(Round, and_(Round.study_id == FinalCode.study_id, Round.id == FinalCode.round_id))
        .outerjoin(Ruling, and_(Ruling.study_id == FinalCode.study_id, Ruling.id == FinalCode.ruling_id))
        .outerjoin(
            handed_in,
            and_(handed_in.c.round_id == FinalCode.round_id, handed_in.c.incident_id == FinalCode.incident_id),
        )
        .where(
            FinalCode.study_id == viewer.study.id,
            FinalCode.superseded_at.is_(None),
            Round.phase.in_(("settling", "closed")),
            FinalCode.incident_id.not_in(still_coded(viewer)),
            wanted,
        )
        .order_by(FinalCode.id)
    )
    if incident_ids is not None:
        query = query.where(FinalCode.incident_id.in_(incident_ids))
    return [Borne(*row) for row in session.execute(query)]


def _handed_in_under(study_id: int, incident_ids: Collection[int] | None) -> Subquery:
    """Once for all incidents of all rounds: asked for one at a time it takes minutes for a round of thousands."""
    last = (
        select(Submission.round_id, Submission.incident_id, Submission.codebook_seq, Submission.kind)
        .where(Submission.study_id == study_id)
        .ext(distinct_on(Submission.assignment_id))
        .order_by(Submission.assignment_id, Submission.ordinal.desc())
    )
    if incident_ids is not None:
        last = last.where(Submission.incident_id.in_(incident_ids))
    each = last.subquery()
    return (
        select(each.c.round_id, each.c.incident_id, func.min(each.c.codebook_seq).label("oldest"))
        .where(each.c.kind == "submitted")
        .group_by(each.c.round_id, each.c.incident_id)
        .subquery()
    )


def _by_code(after: Codebook, changes: Iterable[Change], *, pressing_only: bool) -> dict[int, list[tuple[Change, str]]]:
    """code -> the changes for which an incident that bears it is stale, and how it is touched by each."""
    found: dict[int, list[tuple[Change, str]]] = defaultdict(list)
    for change in changes:
        touched = lineage(after, change.code.id)
        if change.into is not None:
            touched |= lineage(after, change.into.id)
        for code_id in touched if change.kind != "added" else ():  # who bears a new code has weighed it
            found[code_id].append((change, "bears"))
        if not pressing_only and change.kind != "retired":
            for sibling in _siblings(after, change):
                for code_id in lineage(after, sibling.id) - touched:
                    found[code_id].append((change, "sibling"))
    return found


def _siblings(after: Codebook, change: Change) -> list[CodeEntry]:
    """Where the code stands now, and where it stood."""
    places = {(each.dimension_id, each.parent_id) for each in (change.code, change.before) if each is not None}
    own = {change.code.id, *(part.id for part in change.parts)}
    return [
        code
        for code in after.codes.values()
        if code.can_be_applied and code.id not in own and (code.dimension_id, code.parent_id) in places
    ]


def _is_older(one: Borne, change: Change, how: str) -> bool:
    """A code that is no more cannot have been settled on in knowledge of that, whatever version its round froze."""
    gone = how == "bears" and change.kind in ("split", "retired")
    return gone or one.made_under < change.seq


def _similar(session: Session, viewer: Viewer, after: Codebook, change: Change) -> list[tuple[int, float]]:
    """(incident, rank): those whose text shares most with what a new code says, of which the question was settled
    before it was there."""
    code = change.code
    words = " ".join((code.name, code.short_definition, code.definition, code.use_when))
    every = func.plainto_tsquery("english", words)
    any_of_them = cast(func.replace(cast(every, Text), "&", "|"), TSQUERY)
    rank = func.ts_rank(Incident.search, any_of_them)
    rows = session.execute(
        select(Incident.id, rank)
        .where(Incident.study_id == viewer.study.id, Incident.search.op("@@")(any_of_them))
        .order_by(rank.desc(), Incident.number)
        .limit(MOST_SIMILAR * 5)
    ).all()
    of_dimension = FinalCode.dimension_id == code.dimension_id
    settled = borne_codes(session, viewer, of_dimension, [row[0] for row in rows])
    own = lineage(after, code.id)
    fresh = {one.incident_id for one in settled if one.made_under >= change.seq or one.code_id in own}
    older = {one.incident_id for one in settled} - fresh
    enough = SHARE_OF_THE_BEST * max((found for _, found in rows), default=0)
    alike = [(incident_id, float(found)) for incident_id, found in rows if incident_id in older and found >= enough]
    return alike[:MOST_SIMILAR]
