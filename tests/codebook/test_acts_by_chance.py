"""Any sequence of acts on a codebook, by one hand and by two at once: versions are rebuilt, undo restores, counts are
what they are, and what was handed in stays as it is."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.codebook import actions, dimension_actions, moving, splitting
from app.codebook.actions import CodeText
from app.codebook.dimension_actions import DimensionText
from app.codebook.models import CodeRevision, DimensionRevision
from app.codebook.policy import shown_parent, stands_under
from app.codebook.queries import current_seq, whole_codebook
from app.codebook.tree import Codebook
from app.codebook.undoing import undo_act
from app.coding.code_counts import counted_codes
from app.coding.models import SubmittedCode
from app.coding.submissions import last_submissions
from app.db.session import Database
from app.problems import Problem
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from tests import makers

SUBMITTED = ("submissions", "submitted_answers", "submitted_codes", "submitted_evidence")
Act = Callable[[Session, Viewer, random.Random], None]


def some_code(session: Session, lead: Viewer, chance: random.Random) -> int:
    return chance.choice(sorted(whole_codebook(session, lead.study.id).codes))


def some_parent(session: Session, lead: Viewer, chance: random.Random) -> int | None:
    return chance.choice([None, some_code(session, lead, chance)])


def some_dimension(session: Session, lead: Viewer, chance: random.Random) -> int:
    return chance.choice(sorted(d.id for d in whole_codebook(session, lead.study.id).dimensions))


def words(chance: random.Random) -> CodeText:
    """Few names, so that they meet."""
    name = f"{chance.choice('ABCDEFGH')}{chance.randrange(3)}"
    return CodeText(name, chance.choice(["", "What it is"]), synonyms=(f"also {name}",))


def create(session: Session, lead: Viewer, chance: random.Random) -> None:
    actions.create_code(
        session, lead.study.id, lead.member, some_dimension(session, lead, chance), words(chance),
        origin="curation", parent_id=some_parent(session, lead, chance), is_category=chance.random() < 0.3,
    )  # fmt: skip


def edit(session: Session, lead: Viewer, chance: random.Random) -> None:
    code = whole_codebook(session, lead.study.id).codes[some_code(session, lead, chance)]
    parent_id = chance.choice([code.parent_id, some_parent(session, lead, chance)])
    actions.edit_code(
        session, lead.study.id, lead.member, code.id, words(chance), seen_seq=code.codebook_seq, parent_id=parent_id
    )


def merge(session: Session, lead: Viewer, chance: random.Random) -> None:
    one, other = some_code(session, lead, chance), some_code(session, lead, chance)
    actions.merge_codes(session, lead.study.id, lead.member, one, other, reason="the same")


def move(session: Session, lead: Viewer, chance: random.Random) -> None:
    moving.move_code(
        session, lead.study.id, lead.member, some_code(session, lead, chance),
        parent_id=some_parent(session, lead, chance), before_id=some_parent(session, lead, chance), reason="order",
    )  # fmt: skip


def split(session: Session, lead: Viewer, chance: random.Random) -> None:
    parts = [words(chance) for _ in range(chance.choice([2, 3]))]
    splitting.split_code(
        session, lead.study.id, lead.member, some_code(session, lead, chance), parts, reason="two things"
    )


def put_elsewhere(session: Session, lead: Viewer, chance: random.Random) -> None:
    to = some_dimension(session, lead, chance)
    moving.change_dimension(session, lead.study.id, lead.member, some_code(session, lead, chance), to, reason="seen")


def retire(session: Session, lead: Viewer, chance: random.Random) -> None:
    actions.retire_code(session, lead.study.id, lead.member, some_code(session, lead, chance), reason="unused")


def restore(session: Session, lead: Viewer, chance: random.Random) -> None:
    actions.restore_code(session, lead.study.id, lead.member, some_code(session, lead, chance), reason="used")


def promote(session: Session, lead: Viewer, chance: random.Random) -> None:
    act = chance.choice([moving.promote_code, moving.demote_category])
    act(session, lead.study.id, lead.member, some_code(session, lead, chance), reason="groups")


def add_a_dimension(session: Session, lead: Viewer, chance: random.Random) -> None:
    dimension_actions.add_dimension(
        session, lead.study.id, lead.member, DimensionText(f"Dimension {chance.randrange(4)}")
    )


def undo(session: Session, lead: Viewer, chance: random.Random) -> None:
    """Mostly of what was done last, sometimes of an undo."""
    newest = current_seq(session, lead.study.id)
    undo_act(session, lead.study.id, lead.member, max(1, newest - chance.randrange(4)), reason="a slip")


ACTS: list[Act] = [
    create,
    create,
    edit,
    merge,
    move,
    move,
    split,
    put_elsewhere,
    retire,
    restore,
    promote,
    add_a_dimension,
    undo,
    undo,
]


def rebuilt(session: Session, lead: Viewer, seq: int) -> dict[str, dict[int, tuple[object, ...]]]:
    """By brute force: every revision up to that number is laid over the one before."""
    found: dict[str, dict[int, tuple[object, ...]]] = {}
    for model, of in ((CodeRevision, "code_id"), (DimensionRevision, "dimension_id")):
        rows = session.scalars(
            select(model)
            .where(model.study_id == lead.study.id, model.codebook_seq <= seq)
            .order_by(model.codebook_seq, model.id)
        )
        found[of] = {getattr(row, of): (row.codebook_seq, row.name, row.status, row.position) for row in rows}
    return found


def as_rebuilt(codebook: Codebook) -> dict[str, dict[int, tuple[object, ...]]]:
    dimensions = (*codebook.dimensions, *codebook.retired_dimensions)
    return {
        "code_id": {c.id: (c.codebook_seq, c.name, c.status, c.position) for c in codebook.codes.values()},
        "dimension_id": {d.id: (d.codebook_seq, d.name, d.status, d.position) for d in dimensions},
    }


def check_is_sound(codebook: Codebook) -> None:
    """No circles, no two of a name under one parent, nothing under a parent of another dimension, no merge astray."""
    active = [code for code in codebook.codes.values() if code.is_active]
    for code in active:
        assert not stands_under(codebook, code.id, code.id)
        parent = codebook.codes.get(code.parent_id or 0)
        assert parent is None or parent.dimension_id == code.dimension_id or not parent.is_active
        assert codebook.living(code.id) == code.id
    beside = Counter((c.dimension_id, shown_parent(codebook, c.parent_id), c.name.casefold()) for c in active)
    assert not [place for place, times in beside.items() if times > 1]
    for dimension in codebook.dimensions:
        shown = [code.id for code, _ in codebook.tree_of(dimension.id)]
        assert sorted(shown) == sorted(code.id for code in active if code.dimension_id == dimension.id)
    for code in codebook.codes.values():
        assert (code.status == "merged") == (code.merged_into_id is not None)
        if code.status == "split":
            assert codebook.living(code.id) is None and len(codebook.parts_of(code.id)) >= 2


def handed_in(session: Session, lead: Viewer) -> list[list[tuple[object, ...]]]:
    of = {"of": lead.study.id}
    stored = (text(f"SELECT * FROM {table} WHERE study_id = :of ORDER BY id") for table in SUBMITTED)
    return [[tuple(row) for row in session.execute(rows, of)] for rows in stored]


def coded_study(session: Session) -> tuple[Viewer, Round]:
    """Two coders have handed in two incidents each, one of them twice, with codes of both dimensions."""
    lead = makers.make_study(session)
    coders = makers.make_coders(session, lead, 2)
    cause, symptom = (makers.make_dimension(session, lead, name, takes="many") for name in ("Cause", "Symptom"))
    codes = {d.id: [makers.make_code(session, lead, d, f"{name}0") for name in "ABC"] for d in (cause, symptom)}
    coding_round = makers.make_round(session, lead, coders, makers.make_incidents(session, lead, 2))
    for coder in coders:
        for at, assignment in enumerate(assignments_of(session, coding_round, coder)):
            makers.code_and_submit(session, coder, assignment, {d: of[: at + 1] for d, of in codes.items()})
    again = makers.assignment_of(session, coders[0], coding_round)
    makers.act(session, coders[0], again, "take_back")
    makers.code_and_submit(session, coders[0], again, {cause.id: codes[cause.id][1:2]})
    makers.move_round(session, lead, coding_round, "settling")
    return lead, coding_round


def assignments_of(session: Session, coding_round: Round, coder: Viewer) -> Sequence[Assignment]:
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.member_id == coder.member.id,
        )
        .order_by(Assignment.incident_id)
    ).all()


def counted_by_hand(session: Session, coding_round: Round) -> dict[int, int]:
    works = [work for work in last_submissions(session, coding_round) if work.pass_ == 1]
    return dict(Counter(code.code_id for work in works for reply in work.answers.values() for code in reply.codes))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(0, len(ACTS) - 1), min_size=4, max_size=16))
def test_any_sequence_of_acts_can_be_rebuilt_undone_and_counted(session, seed, steps):
    savepoint = session.begin_nested()
    lead, coding_round = coded_study(session)
    before, chance = handed_in(session, lead), random.Random(seed)
    states = {current_seq(session, lead.study.id): whole_codebook(session, lead.study.id)}
    for step in steps:
        with suppress(Problem), session.begin_nested():
            ACTS[step](session, lead, chance)
        session.info.clear()
        states[current_seq(session, lead.study.id)] = whole_codebook(session, lead.study.id)
    for seq, codebook in states.items():
        check_is_sound(codebook)
        assert as_rebuilt(whole_codebook(session, lead.study.id, seq=seq)) == as_rebuilt(codebook)
        assert rebuilt(session, lead, seq) == as_rebuilt(codebook)
    assert handed_in(session, lead) == before
    assert counted_codes(session, lead.study.id) == counted_by_hand(session, coding_round)
    savepoint.rollback()
    session.info.clear()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(0, len(ACTS) - 3), min_size=3, max_size=10))
def test_undoing_all_acts_from_the_last_on_restores_every_state(session, seed, steps):
    savepoint = session.begin_nested()
    lead, _ = coded_study(session)
    chance = random.Random(seed)
    done: list[tuple[int, object]] = []
    for step in steps:
        state = whole_codebook(session, lead.study.id).state
        with suppress(Problem), session.begin_nested():
            ACTS[step](session, lead, chance)
            if whole_codebook(session, lead.study.id).state != state:
                done.append((current_seq(session, lead.study.id), state))
        session.info.clear()
    for seq, state in reversed(done):
        undo_act(session, lead.study.id, lead.member, seq, reason="all of it")
        assert whole_codebook(session, lead.study.id).state == state
        check_is_sound(whole_codebook(session, lead.study.id))
    savepoint.rollback()
    session.info.clear()


@pytest.fixture
def database(own_database: URL) -> Iterator[Database]:
    database = Database.at(own_database.render_as_string(hide_password=False))
    yield database
    database.dispose()


@pytest.mark.parametrize("seed", range(4))
def test_acts_of_two_transactions_at_once_leave_a_sound_codebook_that_can_be_rebuilt(database, seed):
    """Each hand acts on what it has just seen; one waits for the other, and what it saw may be gone by then."""
    with database.transaction() as session:
        lead, coding_round = coded_study(session)
        before = handed_in(session, lead)
    both = threading.Barrier(2)
    done: list[str] = []
    broken: list[BaseException] = []

    def hand(which: int) -> None:
        chance = random.Random(f"{seed} {which}")
        try:
            for _ in range(12):
                both.wait(30)
                with suppress(Problem), database.transaction() as session:
                    act = chance.choice(ACTS)
                    act(session, lead, chance)
                    done.append(act.__name__)
        except BaseException as problem:
            broken.append(problem)
            both.abort()

    hands = [threading.Thread(target=hand, args=(which,)) for which in range(2)]
    for each in hands:
        each.start()
    for each in hands:
        each.join(120)
    assert not broken and len(done) > 6
    with database.reading() as session:
        newest = current_seq(session, lead.study.id)
        for seq in range(1, newest + 1):
            codebook = whole_codebook(session, lead.study.id, seq=seq)
            check_is_sound(codebook)
            assert rebuilt(session, lead, seq) == as_rebuilt(codebook)
        assert handed_in(session, lead) == before
        assert counted_codes(session, lead.study.id) == counted_by_hand(session, coding_round)
        assert session.scalar(select(func.count()).select_from(SubmittedCode)) > 0
