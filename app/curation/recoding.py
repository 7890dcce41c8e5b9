"""Comparing the quotes of a code: opening them, moving them to another code, and taking that back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.final_codes import current_answers, lock_final_codes, replace_answer
from app.adjudication.models import RECODED, FinalCode
from app.codebook import actions as codebook_actions
from app.codebook.actions import CodeText
from app.codebook.queries import current_seq, visible_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.coding.exposures import expose, exposed_subjects
from app.curation import recoding_policy as policy
from app.curation.quotes import Quote, QuoteReader, Wanted, by_incident, lineage
from app.curation.recoding_models import RecodedFinalCode, RecodedQuote, Recoding, RecodingTakenBack
from app.curation.recodings_told import touched_by_recodings
from app.db.base import now
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.studies.events import record
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class MoveWords:
    """to_id: a code of the dimension; None with a name makes a new one beside the old.

    keeps_on: incidents whose final answer keeps the old code beside the new one. seen_final_ids: the rows of their
    final answers that stood there when the choice was made. incident_ids: more incidents whose final answer follows,
    though no quote of them is moved: a code may be final without a quote.
    """

    evidence_ids: Sequence[int]
    reason: str
    to_id: int | None = None
    name: str = ""
    definition: str = ""
    keeps_on: Collection[int] = ()
    seen_final_ids: Collection[int] = ()
    incident_ids: Collection[int] = ()


def open_quotes(session: Session, viewer: Viewer, code_ids: Sequence[int], wanted: Wanted) -> None:
    """The member is about to be shown what colleagues quoted under these codes, what became of it, and what is final
    there: recorded before it is rendered (promise 3). The first code names the event."""
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    codes = [_code(codebook, code_id) for code_id in code_ids]
    dimension_id = codes[0].dimension_id
    hold_open_rounds(session, viewer)
    reader = QuoteReader(session, viewer, codebook, dimension_id)
    shown: set[tuple[int, str, int]] = set()
    incident_ids: set[int] = set()
    for code in codes:
        unopened = reader.unopened(code.id, wanted)
        others = [quote for quote in unopened if quote.member_id != viewer.member.id]
        shown |= {(quote.incident.id, "colleague_code", quote.submission_id) for quote in others}
        moves = [quote.move for quote in unopened if quote.move is not None]
        moves += [move for move in reader.moved_away(code.id) if not reader.is_told(move)]
        shown |= {(move.incident_id, "recoding", move.recoding.id) for move in moves}
        incident_ids |= reader.incident_ids(code.id, wanted) - reader.closed
    for incident_id, rows in current_answers(session, viewer.study.id, dimension_id, incident_ids).items():
        shown |= {(incident_id, "final_code", row.id) for row in rows}
    expose(session, viewer.study.id, viewer.member.id, sorted(shown))
    incidents = len({incident_id for incident_id, _, _ in shown})
    record(session, viewer.study.id, viewer.member, "quotes.opened", subject=("code", codes[0].id), incidents=incidents)


def move_quotes(session: Session, viewer: Viewer, code_id: int, words: MoveWords) -> Recoding:
    """The quotes stand under another code from now on, and the final answers that bear the old one bear the new one.

    What was submitted stays (promise 8). A final answer that does not bear the old code stays, too: it was settled
    otherwise. Where nothing is final yet, nothing becomes so.
    """
    policy.check_may_recode(viewer)
    policy.check_chosen([*words.evidence_ids, *words.incident_ids])
    policy.check_reason(words.reason)
    hold_open_rounds(session, viewer)
    lock_final_codes(session, viewer.study.id)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    code = _code(codebook, code_id)
    reader = QuoteReader(session, viewer, codebook, code.dimension_id)
    quotes = _movable(reader, code, words.evidence_ids)
    incident_ids = by_incident(quotes).keys() | set(words.incident_ids)
    if incident_ids & reader.closed:
        raise policy.MovedMeanwhile
    answers = current_answers(session, viewer.study.id, code.dimension_id, incident_ids)
    _check_seen(session, viewer, answers, words.seen_final_ids)
    target_id = _target(session, viewer, codebook, code, words)
    recoding = Recoding(
        study_id=viewer.study.id,
        member_id=viewer.member.id,
        reason=words.reason.strip(),
        dimension_id=code.dimension_id,
        from_code_id=code.id,
        to_code_id=target_id,
        codebook_seq=current_seq(session, viewer.study.id),
    )
    session.add(recoding)
    session.flush()
    _keep_quotes(session, recoding, quotes)
    told = [(incident_id, "recoding", recoding.id) for incident_id in sorted(incident_ids)]
    expose(session, viewer.study.id, viewer.member.id, told)
    round_ids = {quote.coding_round.id for quote in quotes}
    bearing = lineage(codebook, code.id)
    takes_many = _takes_many(codebook, code)
    for incident_id, rows in answers.items():
        keeps = takes_many and incident_id in words.keeps_on
        after = policy.recoded_answer(_choices(rows), bearing, target_id, keeps=keeps)
        if after is not None:
            _write(session, viewer, recoding, rows, _rows_of(after, recoding.codebook_seq))
            round_ids.add(rows[0].round_id)
    if not round_ids:
        raise policy.NothingLeft
    _tell(session, viewer, recoding, "recoding.made", round_ids)
    return recoding


def take_back(session: Session, viewer: Viewer, recoding_id: int, reason: str) -> Recoding:
    """The quotes stand where they stood before, and the final answers are written anew as they were.

    Raises ChangedSince where one of them is another by now. A code that was made for the quotes stays in the codebook.
    """
    policy.check_may_recode(viewer)
    policy.check_reason(reason)
    hold_open_rounds(session, viewer)
    lock_final_codes(session, viewer.study.id)
    recoding = recoding_of(session, viewer, recoding_id)
    if is_taken_back(session, recoding):
        raise policy.TakenBack
    _check_newest(session, recoding)
    before, written = _final_rows(session, recoding)
    answers = current_answers(session, viewer.study.id, recoding.dimension_id, before.keys())
    for incident_id, rows in written.items():
        if _said(answers.get(incident_id, [])) != _said(rows):
            raise policy.ChangedSince
    for incident_id, rows in before.items():
        again = replace_answer(session, answers[incident_id], [_copy(row) for row in rows], now())
        _expose_to_author(session, viewer, incident_id, again)
    session.add(
        RecodingTakenBack(
            study_id=viewer.study.id, recoding_id=recoding.id, member_id=viewer.member.id, reason=reason.strip()
        )
    )
    session.flush()
    _tell(session, viewer, recoding, "recoding.taken_back", _round_ids(session, recoding))
    return recoding


def recoding_of(session: Session, viewer: Viewer, recoding_id: int) -> Recoding:
    """Not found while one of its rounds is reopened, and before the viewer was told of it."""
    found = session.scalar(select(Recoding).where(Recoding.study_id == viewer.study.id, Recoding.id == recoding_id))
    if found is None or found.id not in exposed_subjects(session, viewer.study.id, viewer.member.id, "recoding"):
        raise NotFound
    rounds = session.scalars(
        select(Round).where(Round.study_id == viewer.study.id, Round.id.in_(_round_ids(session, found)))
    )
    if not all(is_open_to_others(each) for each in rounds):
        raise NotFound
    return found


def is_taken_back(session: Session, recoding: Recoding) -> bool:
    of_recoding = (
        RecodingTakenBack.study_id == recoding.study_id,
        RecodingTakenBack.recoding_id == recoding.id,
    )
    return session.scalar(select(RecodingTakenBack.id).where(*of_recoding)) is not None


def _code(codebook: Codebook, code_id: int) -> CodeEntry:
    code = codebook.codes.get(code_id)
    if code is None:
        raise NotFound
    return code


def _takes_many(codebook: Codebook, code: CodeEntry) -> bool:
    dimension = codebook.dimension(code.dimension_id)
    return dimension is not None and dimension.takes_many


def hold_open_rounds(session: Session, viewer: Viewer) -> None:
    """Holds the phases until the act is committed, so that a reopening waits for it or goes before it."""
    phases = (Round.study_id == viewer.study.id, Round.phase.in_(("settling", "closed")))
    session.scalars(
        select(Round)
        .where(*phases)
        .order_by(Round.id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).all()


def _movable(reader: QuoteReader, code: CodeEntry, evidence_ids: Sequence[int]) -> list[Quote]:
    wanted = set(evidence_ids)
    quotes = reader.chosen(code.id, wanted)
    if {quote.evidence_id for quote in quotes} != wanted or not all(quote.may_be_moved for quote in quotes):
        raise policy.MovedMeanwhile
    return quotes


def _check_seen(
    session: Session, viewer: Viewer, answers: Mapping[int, Sequence[FinalCode]], seen: Collection[int]
) -> None:
    rows = {row.id for rows in answers.values() for row in rows}
    opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "final_code")
    if rows != set(seen) or not rows <= opened:
        raise policy.SettledMeanwhile


def _target(session: Session, viewer: Viewer, codebook: Codebook, code: CodeEntry, words: MoveWords) -> int:
    if words.to_id is not None or not words.name.strip():
        return policy.check_target(codebook, code, words.to_id).id
    if len(words.definition) > policy.LONGEST_TEXT:
        raise policy.TooLong
    made = codebook_actions.create_code(
        session, viewer.study.id, viewer.member, code.dimension_id, CodeText(words.name, words.definition),
        origin="curation", parent_id=code.parent_id, reason=words.reason.strip(),
    )  # fmt: skip
    return made.id


def _keep_quotes(session: Session, recoding: Recoding, quotes: Sequence[Quote]) -> None:
    of_recoding = {"study_id": recoding.study_id, "recoding_id": recoding.id}
    session.add_all(
        RecodedQuote(
            submitted_evidence_id=quote.evidence_id,
            incident_id=quote.incident.id,
            round_id=quote.coding_round.id,
            **of_recoding,
        )
        for quote in quotes
    )
    session.flush()


def _choices(rows: Sequence[FinalCode]) -> list[policy.Choice]:
    return [(row.code_id, row.is_main) for row in rows if row.code_id is not None]


def _rows_of(answer: Sequence[policy.Choice], seq: int) -> list[dict[str, Any]]:
    return [
        {
            "state": "coded",
            "code_id": code_id,
            "is_main": is_main,
            "basis": RECODED,
            "ruling_id": None,
            "codebook_seq": seq,
        }
        for code_id, is_main in answer
    ]


def _copy(row: FinalCode) -> dict[str, Any]:
    return {
        "state": row.state,
        "code_id": row.code_id,
        "is_main": row.is_main,
        "basis": row.basis,
        "ruling_id": row.ruling_id,
        "codebook_seq": row.codebook_seq,
    }


def _write(
    session: Session, viewer: Viewer, recoding: Recoding, before: Sequence[FinalCode], after: list[dict[str, Any]]
) -> None:
    written = replace_answer(session, before, after, now())
    of_recoding = {"study_id": recoding.study_id, "recoding_id": recoding.id}
    session.add_all(RecodedFinalCode(final_code_id=row.id, is_written=False, **of_recoding) for row in before)
    session.add_all(RecodedFinalCode(final_code_id=row.id, is_written=True, **of_recoding) for row in written)
    session.flush()
    _expose_to_author(session, viewer, written[0].incident_id, written)


def _expose_to_author(session: Session, viewer: Viewer, incident_id: int, rows: Sequence[FinalCode]) -> None:
    """Who wrote a final code has seen it."""
    expose(session, viewer.study.id, viewer.member.id, [(incident_id, "final_code", row.id) for row in rows])


def _check_newest(session: Session, recoding: Recoding) -> None:
    """A quote that was moved on cannot go back behind the later recoding's back."""
    mine = select(RecodedQuote.submitted_evidence_id).where(
        RecodedQuote.study_id == recoding.study_id, RecodedQuote.recoding_id == recoding.id
    )
    later = session.scalars(
        select(RecodedQuote.id)
        .outerjoin(
            RecodingTakenBack,
            (RecodingTakenBack.study_id == RecodedQuote.study_id)
            & (RecodingTakenBack.recoding_id == RecodedQuote.recoding_id),
        )
        .where(
            RecodedQuote.study_id == recoding.study_id,
            RecodedQuote.recoding_id > recoding.id,
            RecodedQuote.submitted_evidence_id.in_(mine),
            RecodingTakenBack.id.is_(None),
        )
        .limit(1)
    ).first()
    if later is not None:
        raise policy.ChangedSince


def _final_rows(session: Session, recoding: Recoding) -> tuple[dict[int, list[FinalCode]], dict[int, list[FinalCode]]]:
    """What it replaced, and what it wrote, by incident."""
    before: dict[int, list[FinalCode]] = {}
    written: dict[int, list[FinalCode]] = {}
    for row, is_written in session.execute(
        select(FinalCode, RecodedFinalCode.is_written)
        .join(
            RecodedFinalCode,
            (RecodedFinalCode.study_id == FinalCode.study_id) & (RecodedFinalCode.final_code_id == FinalCode.id),
        )
        .where(RecodedFinalCode.study_id == recoding.study_id, RecodedFinalCode.recoding_id == recoding.id)
        .order_by(FinalCode.id)
    ):
        (written if is_written else before).setdefault(row.incident_id, []).append(row)
    return before, written


def _said(rows: Sequence[FinalCode]) -> set[tuple[object, ...]]:
    """Equal for two answers that say the same on the same grounds: what is taken back may have been copied since."""
    return {(row.round_id, row.codebook_seq, *_copy(row).values()) for row in rows}


def _round_ids(session: Session, recoding: Recoding) -> set[int]:
    touched = touched_by_recodings(recoding.study_id).subquery()
    return set(session.scalars(select(touched.c.round_id).where(touched.c.recoding_id == recoding.id)))


def _tell(session: Session, viewer: Viewer, recoding: Recoding, kind: str, round_ids: Collection[int]) -> None:
    """One event a round, veiled by it: when it is reopened, others do not read in the history what was moved in it."""
    for round_id in sorted(round_ids):
        record(
            session,
            viewer.study.id,
            viewer.member,
            kind,
            subject=("code", recoding.from_code_id),
            veiled_by_round_id=round_id,
            recoding_id=recoding.id,
            to_code_id=recoding.to_code_id,
            reason=recoding.reason,
        )
