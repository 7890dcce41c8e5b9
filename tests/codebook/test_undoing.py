"""Undoing acts on the codebook: the state before comes back, unless something later rests on the act."""

import pytest
from sqlalchemy import select

from app.codebook import actions, dimension_actions, moving, policy, splitting
from app.codebook.actions import CodeText
from app.codebook.dimension_actions import DimensionText
from app.codebook.queries import code_history, current_seq, whole_codebook
from app.codebook.undo_policy import NothingToUndo, StandsLater, UndoneAlready
from app.codebook.undoing import undo_act
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers


def seq(session, lead):
    return current_seq(session, lead.study.id)


def state(session, lead):
    return whole_codebook(session, lead.study.id).state


def undo(session, lead, undone_seq=None):
    return undo_act(session, lead.study.id, lead.member, undone_seq or seq(session, lead), reason="a slip")


ACTS = {
    "create": lambda s, lead, c, d: makers.make_code(s, lead, d[0], "New", parent_id=c["top"].id),
    "edit": lambda s, lead, c, d: actions.edit_code(
        s, lead.study.id, lead.member, c["one"].id,
        CodeText("First", "d", "u", "n", ({"text": "e", "kind": "typical"},), "#0072b2", "short", ("1st",), "Book"),
        seen_seq=c["one"].codebook_seq, parent_id=c["top"].id,
    ),
    "merge": lambda s, lead, c, d: actions.merge_codes(
        s, lead.study.id, lead.member, c["top"].id, c["other"].id, reason="x"
    ),
    "retire": lambda s, lead, c, d: actions.retire_code(s, lead.study.id, lead.member, c["top"].id, reason="x"),
    "restore": lambda s, lead, c, d: actions.restore_code(s, lead.study.id, lead.member, c["away"].id, reason="x"),
    "move": lambda s, lead, c, d: moving.move_code(
        s, lead.study.id, lead.member, c["one"].id, parent_id=c["other"].id, reason="x"
    ),
    "change dimension": lambda s, lead, c, d: moving.change_dimension(
        s, lead.study.id, lead.member, c["top"].id, d[1].id, reason="x"
    ),
    "promote": lambda s, lead, c, d: moving.promote_code(s, lead.study.id, lead.member, c["one"].id, reason="x"),
    "demote": lambda s, lead, c, d: moving.demote_category(s, lead.study.id, lead.member, c["top"].id, reason="x"),
    "split": lambda s, lead, c, d: splitting.split_code(
        s, lead.study.id, lead.member, c["top"].id, [CodeText("This"), CodeText("That")], reason="x"
    ),
    "add dimension": lambda s, lead, c, d: makers.make_dimension(s, lead, "Third"),
    "edit dimension": lambda s, lead, c, d: dimension_actions.edit_dimension(
        s, lead.study.id, lead.member, d[0].id, DimensionText("Cause", takes="many"), seen_seq=d[0].codebook_seq
    ),
    "order dimensions": lambda s, lead, c, d: dimension_actions.order_dimensions(
        s, lead.study.id, lead.member, [d[1].id, d[0].id]
    ),
    "retire dimension": lambda s, lead, c, d: dimension_actions.retire_dimension(
        s, lead.study.id, lead.member, d[1].id, reason="x"
    ),
}  # fmt: skip


@pytest.fixture
def dimensions(session, lead, cause):
    return [cause, makers.make_dimension(session, lead, "Symptom")]


@pytest.fixture
def codes(session, lead, dimensions):
    made = {name: makers.make_code(session, lead, dimensions[0], name, is_category=True) for name in ("top", "other")}
    for name in ("one", "two", "away"):
        made[name] = makers.make_code(session, lead, dimensions[0], name, parent_id=made["top"].id)
    actions.retire_code(session, lead.study.id, lead.member, made["away"].id, reason="unused")
    return made


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_undone_and_its_undo_too(session, lead, dimensions, codes, act):
    before = state(session, lead)
    ACTS[act](session, lead, codes, dimensions)
    done, after = seq(session, lead), state(session, lead)
    assert after != before

    undo(session, lead, done)
    assert state(session, lead) == before
    undoing = seq(session, lead)
    with pytest.raises(UndoneAlready):
        undo(session, lead, done)

    undo(session, lead, undoing)
    assert state(session, lead) == after
    assert whole_codebook(session, lead.study.id, seq=done).state == after
    assert whole_codebook(session, lead.study.id, seq=done - 1).state == before


def test_an_undo_is_one_act_of_several_revisions_with_its_reason_in_history_and_log(session, lead, dimensions, codes):
    ACTS["merge"](session, lead, codes, dimensions)
    done = seq(session, lead)
    undo(session, lead)
    newest = [code_history(session, lead.study.id, codes[name].id)[0] for name in ("top", "one", "two")]
    assert {(each.kind, each.reason, each.codebook_seq, each.undoes_seq) for each in newest} == {
        ("undone", "a slip", done + 1, done)
    }
    session.flush()
    events = session.scalars(select(StudyEvent).where(StudyEvent.kind == "code.undone")).all()
    assert {(event.subject_id, event.details["act"]) for event in events} == {
        (codes[name].id, done) for name in ("top", "one", "two")
    }


def test_later_acts_are_undone_first(session, lead, dimensions, codes):
    before = state(session, lead)
    ACTS["edit"](session, lead, codes, dimensions)
    first = seq(session, lead)
    ACTS["promote"](session, lead, codes, dimensions)
    with pytest.raises(StandsLater, match="“First” changed again after it"):
        undo(session, lead, first)
    undo(session, lead, first + 1)
    undo(session, lead, first)
    assert state(session, lead) == before


def test_what_has_codes_under_it_by_now_is_not_unmade(session, lead, dimensions, codes):
    made = makers.make_code(session, lead, dimensions[0], "New", is_category=True)
    done = seq(session, lead)
    makers.make_code(session, lead, dimensions[0], "Below", parent_id=made.id)
    with pytest.raises(StandsLater, match="“Below” rests on “New” by now"):
        undo(session, lead, done)


def test_what_another_was_merged_into_since_is_not_put_away_by_an_undo(session, lead, dimensions, codes):
    ACTS["restore"](session, lead, codes, dimensions)
    done = seq(session, lead)
    actions.merge_codes(session, lead.study.id, lead.member, codes["two"].id, codes["away"].id, reason="same")
    with pytest.raises(StandsLater, match="“two” rests on “away” by now"):
        undo(session, lead, done)


def test_a_name_that_was_taken_since_stands_in_the_way(session, lead, dimensions, codes):
    ACTS["retire"](session, lead, codes, dimensions)
    done = seq(session, lead)
    makers.make_code(session, lead, dimensions[0], "TOP")
    with pytest.raises(StandsLater, match="Another code is called “top” there by now"):
        undo(session, lead, done)


def test_a_parent_that_was_put_away_since_stands_in_the_way(session, lead, dimensions, codes):
    ACTS["move"](session, lead, codes, dimensions)
    done = seq(session, lead)
    ACTS["retire"](session, lead, codes, dimensions)
    with pytest.raises(StandsLater, match="“top”, under which “one” stood, is put away by now"):
        undo(session, lead, done)


def test_a_circle_that_would_come_of_it_stands_in_the_way(session, lead, dimensions, codes):
    def move(code, under):
        parent_id = under and codes[under].id
        moving.move_code(session, lead.study.id, lead.member, codes[code].id, parent_id=parent_id, reason="x")

    move("one", None)
    done = seq(session, lead)
    move("top", "one")
    with pytest.raises(StandsLater, match="“top”, under which “one” stood, stands under it by now"):
        undo(session, lead, done)


def test_a_dimension_in_which_codes_were_made_stays(session, lead, dimensions):
    third = makers.make_dimension(session, lead, "Third")
    done = seq(session, lead)
    makers.make_code(session, lead, third, "New")
    with pytest.raises(StandsLater, match="“New” was made in this dimension"):
        undo(session, lead, done)


def test_what_is_no_act_is_not_found_and_what_changed_nothing_is_said(session, lead, dimensions, codes):
    for wrong in (-1, 10**6, 2**70):
        with pytest.raises(NotFound):
            undo(session, lead, wrong)
    actions.name_version(session, lead.study.id, lead.member, name="v1")
    with pytest.raises(NotFound):
        undo(session, lead)
    one = whole_codebook(session, lead.study.id).codes[codes["one"].id]
    actions.edit_code(
        session, lead.study.id, lead.member, one.id, CodeText.of(one),
        seen_seq=one.codebook_seq, parent_id=one.parent_id,
    )  # fmt: skip
    with pytest.raises(NothingToUndo):
        undo(session, lead)


def test_promise_1_an_undo_neither_tells_of_a_private_code_nor_loses_it(session, lead, dimensions, codes):
    ada = makers.make_member(session, lead)
    hidden = makers.make_code(session, ada, dimensions[0], "Mine", disclosed="", parent_id=codes["top"].id)
    with pytest.raises(NotFound):
        undo(session, lead)
    ACTS["merge"](session, lead, codes, dimensions)
    done = seq(session, lead)
    now = whole_codebook(session, lead.study.id).codes[hidden.id]
    assert now.parent_id == codes["other"].id
    actions.edit_code(
        session, lead.study.id, ada.member, hidden.id, CodeText("Mine, reworded"),
        seen_seq=now.codebook_seq, parent_id=now.parent_id,
    )  # fmt: skip

    undo(session, lead, done)

    back = whole_codebook(session, lead.study.id).codes[hidden.id]
    assert (back.name, back.parent_id, back.status) == ("Mine, reworded", codes["top"].id, "active")


def test_what_only_its_name_is_shared_of_is_not_undone_by_others(session, lead, dimensions):
    ada = makers.make_member(session, lead)
    makers.make_code(session, ada, dimensions[0], "Shared", disclosed="name")
    with pytest.raises(policy.StillItsAuthors):
        undo(session, lead)
