"""A coder's own answers of a closed round beside what became final. Of others it tells what an exposure covers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.models import FinalCode, Ruling
from app.adjudication.queries import Compared
from app.adjudication.veiled_acts import record_act
from app.codebook.queries import visible_codebook
from app.codebook.tree import DimensionEntry
from app.coding.exposures import expose
from app.coding.models import Exposure
from app.coding.open_incidents import still_coded
from app.coding.submissions import SubmittedReply, SubmittedWork
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from app.studies.viewer import Viewer

MARKS = ("kept", "overruled", "added", "unsettled")
Subject = tuple[str, int]  # kind of exposure, id


@dataclass(frozen=True)
class Said:
    """One answer to a dimension. state: coded, none_applies, not_enough_information, 'skipped', '' for left open."""

    state: str
    code_ids: tuple[int, ...] = ()
    main_id: int | None = None

    def same_as(self, other: "Said") -> bool:
        return (self.state, set(self.code_ids), self.main_id) == (other.state, set(other.code_ids), other.main_id)

    @property
    def is_answer(self) -> bool:
        return self.state not in ("skipped", "")


@dataclass(frozen=True)
class Outcome:
    """One own answer and what became of it.

    settled: what this round settled on; None without a ruling on a disagreement. final: what is final now, and in
    which round that was settled. unopened: what an opening would show.
    """

    incident: Incident
    dimension: DimensionEntry
    own: Said
    found: Compared
    settled: Said | None
    ruling: Ruling | None
    final: Said | None
    final_basis: str
    final_round_id: int | None
    unopened: tuple[Subject, ...]
    is_still_coded: bool

    @property
    def key(self) -> tuple[int, int]:
        return self.incident.id, self.dimension.id

    @property
    def is_open(self) -> bool:
        return not self.unopened

    @property
    def mark(self) -> str:
        """added: codes, or a whole answer, beside what one gave; nothing of one's own was taken away."""
        if self.settled is None:
            return "unsettled"
        if self.own.same_as(self.settled):
            return "kept"
        gained = self.own.state == self.settled.state and set(self.own.code_ids) < set(self.settled.code_ids)
        kept_main = self.own.main_id in (None, self.settled.main_id)
        return "added" if not self.own.is_answer or (gained and kept_main) else "overruled"

    @property
    def is_changed_later(self) -> bool:
        return self.final is not None and (self.settled is None or not self.final.same_as(self.settled))

    def is_shown(self, show: str) -> bool:
        """Of one that is not opened, no filter tells the mark."""
        if show == "later":
            return self.is_open and self.is_changed_later
        return show not in MARKS or (self.is_open and self.mark == show)


@dataclass(frozen=True)
class Tally:
    dimension: DimensionEntry
    marks: Mapping[str, int]
    later: int
    closed: int


@dataclass(frozen=True)
class Finals:
    rows: list[FinalCode] = field(default_factory=list)

    @property
    def said(self) -> Said:
        codes = tuple(row.code_id for row in self.rows if row.code_id is not None)
        return Said(self.rows[0].state, codes, next((row.code_id for row in self.rows if row.is_main), None))


def walked_round(session: Session, viewer: Viewer, number: int) -> Round:
    """Not found before it is closed: until then what is final may change under the reader's eyes."""
    coding_round = round_by_number(session, viewer.study.id, number)
    if coding_round.phase != "closed":
        raise NotFound
    return coding_round


def outcomes(session: Session, viewer: Viewer, coding_round: Round) -> list[Outcome]:
    """Of the viewer's own last submissions, by incident and dimension. Raises NotFound where there are none."""
    found = [each for each in queries.compared(session, coding_round) if _own_work(each, viewer) is not None]
    if not found:
        raise NotFound
    ids = {each.incident_id for each in found}
    study_id = viewer.study.id
    incidents = incidents_by_id(session, study_id, ids)
    codebook = visible_codebook(session, study_id, viewer.member.id)
    rulings = _standing(session, coding_round)
    finals = current_finals(session, study_id, ids)
    covered = covered_subjects(session, viewer, ids)
    still = set(session.scalars(still_coded(viewer)))
    made = [
        _outcome(
            viewer, each, incidents[each.incident_id], dimension, rulings.get(each.key), finals.get(each.key),
            covered, is_still_coded=each.incident_id in still,
        )
        for each in found
        if (dimension := codebook.dimension(each.dimension_id)) is not None
    ]  # fmt: skip
    return sorted(made, key=lambda each: (each.incident.number, each.dimension.position, each.dimension.id))


def tallies(found: Sequence[Outcome]) -> list[Tally]:
    """By dimension, in their order; what is not opened is counted as that and nothing else."""
    dimensions = {each.dimension.id: each.dimension for each in found}
    made = []
    for dimension in sorted(dimensions.values(), key=lambda each: (each.position, each.id)):
        here = [each for each in found if each.dimension.id == dimension.id]
        opened = [each for each in here if each.is_open]
        marks = Counter(each.mark for each in opened)
        later = sum(each.is_changed_later for each in opened)
        made.append(Tally(dimension, marks, later, len(here) - len(opened)))
    return made


def open_outcomes(session: Session, viewer: Viewer, number: int, *, incident_id: int | None = None) -> None:
    """The member is about to be shown what was ruled and what is final: recorded before it is rendered.

    Without incident_id all of the round, but for incidents that the member codes in a round that runs: each of those
    is opened by itself.
    """
    coding_round = _held_closed(session, viewer, number)
    wanted = [
        each
        for each in outcomes(session, viewer, coding_round)
        if (each.incident.id == incident_id if incident_id is not None else not each.is_still_coded)
    ]
    shown = [(each.incident.id, kind, key) for each in wanted for kind, key in each.unopened]
    _expose(session, viewer, coding_round, shown)


def open_evidence(session: Session, viewer: Viewer, number: int, incident_id: int, dimension_id: int) -> None:
    """The same for one answer, with the submissions of others whose quotes stand behind the final code."""
    coding_round = _held_closed(session, viewer, number)
    found = outcome_of(outcomes(session, viewer, coding_round), incident_id, dimension_id)
    shown = [(incident_id, kind, key) for kind, key in found.unopened]
    shown += [(incident_id, "colleague_code", work.submission.id) for work in works_behind(found, viewer)]
    _expose(session, viewer, coding_round, shown)


def outcome_of(found: Sequence[Outcome], incident_id: int, dimension_id: int) -> Outcome:
    for each in found:
        if each.key == (incident_id, dimension_id):
            return each
    raise NotFound


def works_behind(outcome: Outcome, viewer: Viewer) -> list[SubmittedWork]:
    """Submissions of others that quote for a code which is final now."""
    final = outcome.final or outcome.settled
    codes = set(final.code_ids) if final else set()
    return [
        work
        for work in outcome.found.works
        if work.submission.member_id != viewer.member.id
        and outcome.dimension.id in work.answers
        and any(code.code_id in codes and code.evidence for code in work.answers[outcome.dimension.id].codes)
    ]


def own_reply(outcome: Outcome, viewer: Viewer) -> SubmittedReply | None:
    work = _own_work(outcome.found, viewer)
    return work.answers.get(outcome.dimension.id) if work else None


def covered_subjects(session: Session, viewer: Viewer, incident_ids: Collection[int]) -> set[tuple[int, str, int]]:
    """(incident, kind, id) of what this member was shown by now."""
    rows = session.execute(
        select(Exposure.incident_id, Exposure.kind, Exposure.subject_id).where(
            Exposure.study_id == viewer.study.id,
            Exposure.member_id == viewer.member.id,
            Exposure.incident_id.in_(incident_ids),
            Exposure.subject_id.is_not(None),
        )
    )
    return {(incident_id, kind, key) for incident_id, kind, key in rows if key is not None}


def _outcome(
    viewer: Viewer,
    found: Compared,
    incident: Incident,
    dimension: DimensionEntry,
    ruled: tuple[Ruling, Said] | None,
    finals: Finals | None,
    covered: Collection[tuple[int, str, int]],
    *,
    is_still_coded: bool,
) -> Outcome:
    work = _own_work(found, viewer)
    reply = work.answers.get(dimension.id) if work else None
    own = said_of(reply) if reply else Said("skipped" if work and work.submission.kind == "skipped" else "")
    ruling = ruled[0] if ruled else None
    by_itself = own if own.is_answer and not found.comparison.is_disagreement else None
    needed = _needed(viewer, ruling, finals.rows if finals else [], covered, incident.id)
    return Outcome(
        incident=incident,
        dimension=dimension,
        own=own,
        found=found,
        settled=ruled[1] if ruled else by_itself,
        ruling=ruling,
        final=finals.said if finals else None,
        final_basis=finals.rows[0].basis if finals else "",
        final_round_id=finals.rows[0].round_id if finals else None,
        unopened=tuple(subject for subject in needed if (incident.id, *subject) not in covered),
        is_still_coded=is_still_coded,
    )


def _needed(
    viewer: Viewer,
    ruling: Ruling | None,
    finals: Sequence[FinalCode],
    covered: Collection[tuple[int, str, int]],
    incident_id: int,
) -> list[Subject]:
    """One's own ruling needs no opening, nor does the final code that a ruling made which was opened."""
    needed: list[Subject] = []
    own_ruling = ruling is not None and ruling.member_id == viewer.member.id
    if ruling is not None and not own_ruling:
        needed.append(("ruling", ruling.id))
    for row in finals:
        of_ruling = row.ruling_id is not None and ruling is not None and row.ruling_id == ruling.id
        told = of_ruling and (own_ruling or (incident_id, "ruling", row.ruling_id) in covered)
        if not told:
            needed.append(("final_code", row.id))
    return needed


def said_of(reply: SubmittedReply) -> Said:
    main = next((choice.code_id for choice in reply.codes if choice.is_main), None)
    return Said(reply.state, tuple(choice.code_id for choice in reply.codes), main)


def _own_work(found: Compared, viewer: Viewer) -> SubmittedWork | None:
    return next((work for work in found.works if work.submission.member_id == viewer.member.id), None)


def _standing(session: Session, coding_round: Round) -> dict[tuple[int, int], tuple[Ruling, Said]]:
    keys = queries.standing_rulings(session, coding_round)
    rulings = session.scalars(
        select(Ruling).where(Ruling.study_id == coding_round.study_id, Ruling.id.in_(keys.values()))
    ).all()
    codes = queries.ruled_codes(session, rulings)
    return {
        (ruling.incident_id, ruling.dimension_id): (
            ruling,
            Said(
                ruling.state,
                tuple(code.code_id for code in codes[ruling.id]),
                next((code.code_id for code in codes[ruling.id] if code.is_main), None),
            ),
        )
        for ruling in rulings
    }


def current_finals(session: Session, study_id: int, incident_ids: Collection[int]) -> dict[tuple[int, int], Finals]:
    """A round that was reopened hides its answers again, the ruled ones too (promise 1)."""
    found: dict[tuple[int, int], Finals] = {}
    for row in session.scalars(
        select(FinalCode)
        .join(Round, (Round.study_id == FinalCode.study_id) & (Round.id == FinalCode.round_id))
        .where(
            FinalCode.study_id == study_id,
            FinalCode.incident_id.in_(incident_ids),
            FinalCode.superseded_at.is_(None),
            Round.phase.in_(("settling", "closed")),
        )
        .order_by(FinalCode.id)
    ):
        found.setdefault((row.incident_id, row.dimension_id), Finals()).rows.append(row)
    return found


def _held_closed(session: Session, viewer: Viewer, number: int) -> Round:
    """Holds the phase until the act is committed."""
    coding_round = walked_round(session, viewer, number)
    session.refresh(coding_round, with_for_update={"read": True})
    if coding_round.phase != "closed":
        raise NotFound
    return coding_round


def _expose(session: Session, viewer: Viewer, coding_round: Round, shown: Collection[tuple[int, str, int]]) -> None:
    expose(session, viewer.study.id, viewer.member.id, shown)
    record_act(
        session,
        viewer,
        coding_round,
        "outcomes.opened",
        ("round", coding_round.id),
        incidents=len({incident_id for incident_id, _, _ in shown}),
    )
