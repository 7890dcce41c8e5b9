"""What of a study goes into its QDPX: only what is open to others, whoever takes it out (promise 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.adjudication.models import FinalCode, Ruling, RulingParticipant
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.codebook.withholding import without_open_examples
from app.coding.memos import memos_open_to
from app.coding.models import Memo
from app.coding.submissions import SubmittedChoice, SubmittedWork, last_submissions
from app.export.naming import names_of
from app.export.qdpx_words import TEXT_FIELDS, TIME_FIELDS, variable_of_attribute
from app.export.queries import open_rounds
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.models import Membership, Study
from app.studies.queries import members_by_id

AT_A_TIME = 200  # incidents in memory


@dataclass(frozen=True)
class GivenAnswer:
    """What a coder handed in for one dimension of an incident."""

    submission_id: int
    member_id: int
    at: datetime
    dimension_id: int
    state: str
    codes: list[SubmittedChoice]


@dataclass(frozen=True)
class SettledAnswer:
    dimension_id: int
    state: str
    basis: str
    ruling_id: int | None
    at: datetime
    codes: list[tuple[int, int, bool]] = field(default_factory=list)  # row, code, is it the main one


@dataclass
class ProjectData:
    """answers, settled and memos by incident; codebook: what everybody may see whole, active or not.

    gone: codes that somebody gave and that are no longer in use, by dimension. left_out: counts of what has no place.
    shown: (incident, kind, subject, whose) of all that is not everybody's to see unrecorded.
    """

    study: Study
    codebook: Codebook
    members: dict[int, Membership]
    names: dict[int, str]
    answers: dict[int, list[GivenAnswer]] = field(default_factory=dict)
    settled: dict[int, list[SettledAnswer]] = field(default_factory=dict)
    rulings: dict[int, Ruling] = field(default_factory=dict)
    participants: dict[int, list[int]] = field(default_factory=dict)
    memos: list[Memo] = field(default_factory=list)
    gone: dict[int, list[CodeEntry]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    shown: list[tuple[int, str, int, int | None]] = field(default_factory=list)

    def user_ids(self) -> list[int]:
        """Members who coded, wrote a memo or ruled."""
        coded = {answer.member_id for answers in self.answers.values() for answer in answers}
        ruled = {ruling.member_id for ruling in self.rulings.values()}
        return sorted(coded | ruled | {memo.member_id for memo in self.memos})


def project_data(session: Session, study: Study, reader_id: int | None) -> ProjectData:
    """reader_id: the member who takes it out, who gets no example out of an incident that they still have to code;
    None for the operator."""
    members = members_by_id(session, study.id)
    codebook = disclosed_codebook(session, study.id)
    if reader_id is not None:
        codebook = without_open_examples(session, study.id, reader_id, codebook)
    data = ProjectData(study, codebook, members, names_of(codebook, members.values(), [], []).raters)
    data.rounds = open_rounds(session, study.id)
    _add_answers(session, data)
    _add_settled(session, data)
    data.memos = memos_open_to(session, study.id, reader_id)
    data.shown += [(m.incident_id, "shared_memo", m.id, m.member_id) for m in data.memos if m.incident_id is not None]
    _find_gone(data)
    data.variables = _variables(session, study.id)
    return data


def incident_texts(session: Session, study_id: int) -> Iterator[Row[Any]]:
    """(id, number, text) of every incident, a few at a time, so that a corpus of any size fits into memory."""
    return _in_order(session, study_id, [Incident.id, Incident.number, Incident.text])


def incident_facts(session: Session, study_id: int) -> Iterator[Row[Any]]:
    """Every incident without its text."""
    facts = [getattr(Incident, name) for name in (*TEXT_FIELDS, *TIME_FIELDS)]
    return _in_order(session, study_id, [Incident.id, Incident.number, Incident.title, Incident.attributes, *facts])


def _in_order(session: Session, study_id: int, columns: Sequence[InstrumentedAttribute[Any]]) -> Iterator[Row[Any]]:
    last = 0
    while True:
        found = session.execute(
            select(*columns)
            .where(Incident.study_id == study_id, Incident.number > last)
            .order_by(Incident.number)
            .limit(AT_A_TIME)
        ).all()
        yield from found
        if len(found) < AT_A_TIME:
            return
        last = found[-1].number


def _add_answers(session: Session, data: ProjectData) -> None:
    """Rounds come oldest first, so that a later submission takes the place of an earlier one."""
    latest: dict[tuple[int, int], SubmittedWork] = {}
    for coding_round in data.rounds:
        for work in last_submissions(session, coding_round):
            if work.pass_ > 1 or work.submission.kind == "skipped":
                _count(data, "silent repeats" if work.pass_ > 1 else "skips")
                continue
            key = (work.submission.incident_id, work.submission.member_id)
            if key in latest:
                _count(data, "submissions of an earlier round")
            latest[key] = work
    for (incident_id, member_id), work in sorted(latest.items()):
        data.answers.setdefault(incident_id, []).extend(_given(data, work))
        data.shown.append((incident_id, "colleague_code", work.submission.id, member_id))


def _given(data: ProjectData, work: SubmittedWork) -> Iterator[GivenAnswer]:
    active = {dimension.id for dimension in data.codebook.dimensions}
    handed_in = work.submission
    for dimension_id, reply in sorted(work.answers.items()):
        if dimension_id in active:
            codes = [choice for choice in reply.codes if _is_open(data, choice.code_id)]
            about = (handed_in.id, handed_in.member_id, handed_in.at, dimension_id, reply.state)
            yield GivenAnswer(*about, codes)
        else:
            _count(data, "answers in retired dimensions")


def _is_open(data: ProjectData, code_id: int) -> bool:
    """A code that is still its author's alone elsewhere stays out, and is counted."""
    code = data.codebook.codes.get(code_id)
    if code is None:
        _count(data, "codings with a code that is not open yet")
        return False
    if data.codebook.dimension(code.dimension_id) not in data.codebook.dimensions:
        _count(data, "codings with a code of a retired dimension")
        return False
    return True


def _add_settled(session: Session, data: ProjectData) -> None:
    found: dict[tuple[int, int], SettledAnswer] = {}
    active = {dimension.id for dimension in data.codebook.dimensions}
    for row in session.scalars(
        select(FinalCode)
        .where(
            FinalCode.study_id == data.study.id,
            FinalCode.round_id.in_([each.id for each in data.rounds]),
            FinalCode.superseded_at.is_(None),
        )
        .order_by(FinalCode.incident_id, FinalCode.dimension_id, FinalCode.id)
    ):
        data.shown.append((row.incident_id, "final_code", row.id, None))
        if row.dimension_id not in active or (row.code_id is not None and not _is_open(data, row.code_id)):
            continue
        key = (row.incident_id, row.dimension_id)
        if key not in found:
            found[key] = SettledAnswer(row.dimension_id, row.state, row.basis, row.ruling_id, row.at)
            data.settled.setdefault(row.incident_id, []).append(found[key])
        if row.code_id is not None:
            found[key].codes.append((row.id, row.code_id, row.is_main))
    _add_rulings(session, data, {answer.ruling_id for answer in found.values() if answer.ruling_id is not None})


def _add_rulings(session: Session, data: ProjectData, ids: set[int]) -> None:
    of_study = (Ruling.study_id == data.study.id, Ruling.id.in_(ids))
    for ruling in session.scalars(select(Ruling).where(*of_study).order_by(Ruling.id)):
        data.rulings[ruling.id] = ruling
        data.shown.append((ruling.incident_id, "ruling", ruling.id, ruling.member_id))
    part = RulingParticipant
    for row in session.scalars(
        select(part).where(part.study_id == data.study.id, part.ruling_id.in_(ids)).order_by(part.id)
    ):
        data.participants.setdefault(row.ruling_id, []).append(row.member_id)


def _find_gone(data: ProjectData) -> None:
    given = {choice.code_id for answers in data.answers.values() for answer in answers for choice in answer.codes}
    given |= {code_id for answers in data.settled.values() for answer in answers for _, code_id, _ in answer.codes}
    given |= {memo.code_id for memo in data.memos if memo.code_id is not None}
    for code_id in sorted(given):
        code = data.codebook.codes[code_id]
        if not code.is_active:
            data.gone.setdefault(code.dimension_id, []).append(code)


def _variables(session: Session, study_id: int) -> dict[str, str]:
    """Name -> type of every variable that an incident has a value of, fields first."""
    counts = session.execute(
        select(*(func.count(getattr(Incident, name)) for name in (*TEXT_FIELDS, *TIME_FIELDS))).where(
            Incident.study_id == study_id
        )
    ).one()
    told = [name for name, count in zip((*TEXT_FIELDS, *TIME_FIELDS), counts, strict=True) if count]
    keys = session.scalars(
        select(func.jsonb_object_keys(Incident.attributes)).where(Incident.study_id == study_id).distinct()
    )
    found = {name: "DateTime" if name in TIME_FIELDS else "Text" for name in told}
    return found | {variable_of_attribute(key): "Text" for key in sorted(keys)}


def _count(data: ProjectData, what: str) -> None:
    data.left_out[what] = data.left_out.get(what, 0) + 1
