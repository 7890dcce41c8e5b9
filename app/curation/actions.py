"""Pooling the proposed codes of a round: the pen, what is opened, the groups, and what each group becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import DimensionEntry
from app.coding.exposures import expose
from app.curation import policy, queries
from app.curation.models import AuthorLook, PoolingBoard, PoolingGroup, PoolingGroupCode, PoolingOutcome
from app.curation.outcomes import GroupWords, make_outcome
from app.db.base import now
from app.problems import NotFound
from app.rounds.held_open import hold_open
from app.rounds.models import Round
from app.rounds.queries import coders
from app.studies.events import record
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Table:
    """One dimension of a round, held until the act is committed."""

    coding_round: Round
    dimension: DimensionEntry
    board: PoolingBoard


def take_pen(
    session: Session,
    viewer: Viewer,
    number: int,
    dimension_id: int,
    *,
    seen_scribe_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """seen_scribe_id: who held it when it was asked for, so that nobody takes it from a hand they did not see."""
    at = at or now()
    table = _held(session, viewer, number, dimension_id)
    board = table.board
    scribe = members_by_id(session, viewer.study.id).get(board.scribe_id or 0)
    policy.check_may_take_pen(board, viewer, scribe, seen_scribe_id, at)
    taken_from = scribe.id if scribe and scribe.id != viewer.member.id and policy.is_held(board, at) else None
    board.scribe_id = viewer.member.id
    _written(session, board, at)
    _record(session, viewer, table, "pooling.pen_taken", taken_from=taken_from)


def put_down_pen(session: Session, viewer: Viewer, number: int, dimension_id: int) -> None:
    table = _written_by_scribe(session, viewer, number, dimension_id, now())
    table.board.scribe_id, table.board.pen_until = None, None
    session.flush()
    _record(session, viewer, table, "pooling.pen_put_down")


def open_quotes(session: Session, viewer: Viewer, number: int, dimension_id: int) -> None:
    """The member is about to be shown where colleagues applied the proposed codes, and on which words (promise 3)."""
    coding_round, dimension = _held_open(session, viewer, number, dimension_id)
    codes = [each.code.id for each in queries.proposals(session, coding_round, dimension_id)]
    others = [a for a in queries.applications(session, coding_round, codes) if a.member_id != viewer.member.id]
    shown = {(each.incident_id, "colleague_code", each.submission_id) for each in others}
    expose(session, viewer.study.id, viewer.member.id, sorted(shown))
    _record_of(session, viewer, coding_round, dimension, "pooling.quotes_opened", incidents=len({a[0] for a in shown}))


def show_authors(session: Session, viewer: Viewer, number: int, dimension_id: int) -> None:
    coding_round, dimension = _held_open(session, viewer, number, dimension_id)
    made = session.scalar(
        insert(AuthorLook)
        .values(
            study_id=viewer.study.id, round_id=coding_round.id, dimension_id=dimension.id, member_id=viewer.member.id
        )
        .on_conflict_do_nothing()
        .returning(AuthorLook.id)
    )
    if made is not None:
        _record_of(session, viewer, coding_round, dimension, "pooling.authors_shown")


def group_codes(
    session: Session,
    viewer: Viewer,
    number: int,
    dimension_id: int,
    code_ids: Sequence[int],
    *,
    group_id: int | None = None,
    at: datetime | None = None,
) -> PoolingGroup:
    """Puts proposed codes into a group, out of any other; without a group into a new one, named after the first."""
    table = _written_by_scribe(session, viewer, number, dimension_id, at or now())
    open_codes = _groupable(session, table, code_ids)
    if not open_codes:
        raise policy.NothingChosen
    group = _draft(session, table.board, group_id) if group_id is not None else None
    codes = disclosed_codebook(session, viewer.study.id).codes
    if group is None:
        first = [codes[code_id] for code_id in open_codes]
        group = PoolingGroup(
            study_id=viewer.study.id,
            board_id=table.board.id,
            created_by=viewer.member.id,
            name=first[0].name,
            definition=next((code.definition for code in first if code.definition), ""),
        )
        session.add(group)
        session.flush()
    _take_out(session, table.board, open_codes)
    of_group = {"study_id": viewer.study.id, "group_id": group.id}
    session.add_all(PoolingGroupCode(code_id=each, name=codes[each].name, **of_group) for each in open_codes)
    session.flush()
    _drop_empty(session, table.board)
    _record(session, viewer, table, "pooling.grouped", group_id=group.id, code_ids=open_codes)
    return group


def ungroup_codes(session: Session, viewer: Viewer, number: int, dimension_id: int, code_ids: Sequence[int]) -> None:
    """Takes codes out of their draft groups; a group that is left empty is gone."""
    table = _written_by_scribe(session, viewer, number, dimension_id, now())
    drafts = {group.id for group, outcome in queries.groups_of(session, table.board) if outcome is None}
    in_groups = queries.group_codes(session, table.board)
    grouped = [
        code_id for code_id in dict.fromkeys(code_ids) if code_id in in_groups and in_groups[code_id].group_id in drafts
    ]
    if not grouped:
        raise policy.NothingChosen
    _take_out(session, table.board, grouped)
    _drop_empty(session, table.board)
    _record(session, viewer, table, "pooling.ungrouped", code_ids=grouped)


def dissolve(session: Session, viewer: Viewer, number: int, dimension_id: int, group_id: int) -> None:
    table = _written_by_scribe(session, viewer, number, dimension_id, now())
    group = _draft(session, table.board, group_id)
    code_ids = _codes_in(session, table.board, group)
    session.execute(delete(PoolingGroupCode).where(*_of_group(group)))
    session.delete(group)
    session.flush()
    _record(session, viewer, table, "pooling.dissolved", group_id=group_id, code_ids=code_ids)


def word_group(
    session: Session, viewer: Viewer, number: int, dimension_id: int, group_id: int, name: str, definition: str
) -> None:
    """A draft of the wording, which those who watch see. It changes nothing in the codebook."""
    table = _written_by_scribe(session, viewer, number, dimension_id, now())
    policy.check_wording(name, definition)
    group = _draft(session, table.board, group_id)
    group.name, group.definition = name, definition
    session.flush()
    _record(session, viewer, table, "pooling.worded", group_id=group_id)


def settle(
    session: Session, viewer: Viewer, number: int, dimension_id: int, group_id: int, words: GroupWords
) -> PoolingOutcome:
    """What the group becomes, in the codebook, by ordinary revisions: what was handed in keeps the codes it bore."""
    table = _written_by_scribe(session, viewer, number, dimension_id, now())
    policy.check_wording(words.name, words.definition)
    policy.check_settlement(words.outcome, words.reason)
    group = _draft(session, table.board, group_id)
    code_ids = _codes_in(session, table.board, group)
    if sorted(code_ids) != sorted(set(words.seen_code_ids)):
        raise policy.GroupChanged
    proposed = {each.code.id for each in queries.proposals(session, table.coding_round, dimension_id)}
    code_id = make_outcome(session, viewer, dimension_id, code_ids, proposed, words)
    group.name, group.definition = words.name, words.definition
    outcome = PoolingOutcome(
        study_id=viewer.study.id,
        group_id=group.id,
        outcome=words.outcome,
        code_id=code_id,
        reason=words.reason.strip(),
        codebook_seq=disclosed_codebook(session, viewer.study.id).codebook_seq,
        member_id=viewer.member.id,
    )
    session.add(outcome)
    session.flush()
    _record(
        session, viewer, table, "pooling.settled",
        group_id=group.id, outcome=words.outcome, code_ids=code_ids, code_id=code_id, reason=outcome.reason,
    )  # fmt: skip
    return outcome


def _held_open(session: Session, viewer: Viewer, number: int, dimension_id: int) -> tuple[Round, DimensionEntry]:
    coding_round = queries.open_round(session, viewer.study.id, number)
    hold_open(session, coding_round)
    dimension = disclosed_codebook(session, viewer.study.id).dimension(dimension_id)
    if dimension is None:
        raise NotFound
    return coding_round, dimension


def _held(session: Session, viewer: Viewer, number: int, dimension_id: int) -> Table:
    """Its row is locked: one writes at a time."""
    coding_round, dimension = _held_open(session, viewer, number, dimension_id)
    policy.check_may_pool(viewer, coding_round, {coder.id for coder in coders(session, coding_round)})
    place = {"study_id": viewer.study.id, "round_id": coding_round.id, "dimension_id": dimension.id}
    session.execute(insert(PoolingBoard).values(**place).on_conflict_do_nothing())
    board = session.scalars(
        select(PoolingBoard)
        .filter_by(**place)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    return Table(coding_round, dimension, board)


def _written_by_scribe(session: Session, viewer: Viewer, number: int, dimension_id: int, at: datetime) -> Table:
    table = _held(session, viewer, number, dimension_id)
    scribe = members_by_id(session, viewer.study.id).get(table.board.scribe_id or 0)
    policy.check_has_pen(table.board, viewer.member.id, scribe, at)
    _written(session, table.board, at)
    return table


def _written(session: Session, board: PoolingBoard, at: datetime) -> None:
    """Those who watch are told, and the pen is held for longer."""
    board.revision += 1
    board.pen_until = at + policy.PEN_HELD
    session.flush()


def _groupable(session: Session, table: Table, code_ids: Sequence[int]) -> list[int]:
    """Proposed codes of this board that nobody settled yet, in the order in which they were named."""
    found = {each.code.id: each for each in queries.proposals(session, table.coding_round, table.dimension.id)}
    if any(code_id not in found for code_id in code_ids):
        raise NotFound
    return [code_id for code_id in dict.fromkeys(code_ids) if not found[code_id].is_pooled]


def _draft(session: Session, board: PoolingBoard, group_id: int) -> PoolingGroup:
    for group, outcome in queries.groups_of(session, board):
        if group.id == group_id:
            if outcome is not None:
                raise policy.GroupSettled
            return group
    raise NotFound


def _codes_in(session: Session, board: PoolingBoard, group: PoolingGroup) -> list[int]:
    return [each.code_id for each in queries.group_codes(session, board).values() if each.group_id == group.id]


def _take_out(session: Session, board: PoolingBoard, code_ids: Sequence[int]) -> None:
    session.execute(
        delete(PoolingGroupCode).where(
            PoolingGroupCode.study_id == board.study_id, PoolingGroupCode.code_id.in_(list(code_ids))
        )
    )


def _drop_empty(session: Session, board: PoolingBoard) -> None:
    filled = {each.group_id for each in queries.group_codes(session, board).values()}
    for group, outcome in queries.groups_of(session, board):
        if outcome is None and group.id not in filled:
            session.delete(group)
    session.flush()


def _of_group(group: PoolingGroup) -> tuple[ColumnElement[bool], ...]:
    return PoolingGroupCode.study_id == group.study_id, PoolingGroupCode.group_id == group.id


def _record(session: Session, viewer: Viewer, table: Table, kind: str, **details: object) -> None:
    _record_of(session, viewer, table.coding_round, table.dimension, kind, **details)


def _record_of(
    session: Session, viewer: Viewer, coding_round: Round, dimension: DimensionEntry, kind: str, **details: object
) -> None:
    """Veiled by the round: when it is reopened, others do not read in the history what was pooled in it."""
    record(
        session,
        viewer.study.id,
        viewer.member,
        kind,
        subject=("round", coding_round.id),
        veiled_by_round_id=coding_round.id,
        dimension_id=dimension.id,
        **details,
    )
