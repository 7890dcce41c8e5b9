"""Moving a code, changing what it answers, and making a category of it."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.codebook import actions, moving, policy
from app.codebook.actions import CodeText
from app.codebook.models import CodeRevision
from app.codebook.queries import code_history, whole_codebook
from app.codebook.revisions import ChangedMeanwhile
from app.codebook.tree import CodeEntry, DimensionEntry
from app.problems import NotFound
from app.studies.viewer import Viewer
from tests import makers


def tree(session: Session, lead: Viewer, dimension: DimensionEntry) -> list[tuple[str, int]]:
    codebook = whole_codebook(session, lead.study.id)
    return [(code.name, depth) for code, depth in codebook.tree_of(dimension.id)]


def move(session: Session, lead: Viewer, code: CodeEntry, under: CodeEntry | None, **more) -> None:
    parent_id = under.id if under else None
    moving.move_code(session, lead.study.id, lead.member, code.id, parent_id=parent_id, reason="why", **more)


@pytest.fixture
def three(session: Session, lead: Viewer, cause: DimensionEntry) -> list[CodeEntry]:
    return [makers.make_code(session, lead, cause, name) for name in ("One", "Two", "Three")]


def test_a_code_moves_before_another_and_nothing_else_is_revised(session, lead, cause, three):
    one, two, three_ = three
    before = session.scalar(select(func.count()).select_from(CodeRevision))

    move(session, lead, three_, None, before_id=two.id)

    assert tree(session, lead, cause) == [("One", 0), ("Three", 0), ("Two", 0)]
    assert session.scalar(select(func.count()).select_from(CodeRevision)) == before + 1
    newest = code_history(session, lead.study.id, three_.id)[0]
    assert (newest.kind, newest.reason) == ("moved", "why")
    move(session, lead, one, None)
    assert tree(session, lead, cause) == [("Three", 0), ("Two", 0), ("One", 0)]
    move(session, lead, one, None, before_id=three_.id)
    assert tree(session, lead, cause) == [("One", 0), ("Three", 0), ("Two", 0)]


def test_a_code_moves_between_two_others_as_often_as_one_likes(session, lead, cause, three):
    _, two, three_ = three
    for _ in range(60):
        move(session, lead, three_, None, before_id=two.id)
        move(session, lead, two, None, before_id=three_.id)
    assert tree(session, lead, cause) == [("One", 0), ("Two", 0), ("Three", 0)]


def test_a_code_moves_under_another_with_what_stands_under_it(session, lead, cause, three):
    one, two, three_ = three
    move(session, lead, two, one)
    move(session, lead, three_, two)
    move(session, lead, two, None, before_id=one.id)

    assert tree(session, lead, cause) == [("Two", 0), ("Three", 1), ("One", 0)]


def test_a_move_is_refused_where_it_cannot_stand(session, lead, cause, three):
    one, two, three_ = three
    elsewhere = makers.make_code(session, lead, makers.make_dimension(session, lead), "Slow")
    move(session, lead, two, one)
    with pytest.raises(policy.GoesInCircles):
        move(session, lead, one, two)
    with pytest.raises(policy.GoesInCircles):
        move(session, lead, one, one)
    with pytest.raises(policy.OtherDimension):
        move(session, lead, one, elsewhere)
    with pytest.raises(moving.NotBeside):
        move(session, lead, three_, None, before_id=two.id)
    with pytest.raises(moving.StandsThere):
        move(session, lead, two, one)
    makers.make_code(session, lead, cause, "three", parent_id=one.id)
    with pytest.raises(policy.NameTaken):
        move(session, lead, three_, one)
    with pytest.raises(ChangedMeanwhile):
        move(session, lead, two, None, seen_seq=two.codebook_seq)


def test_a_code_answers_another_dimension_with_what_stands_under_it(session, lead, cause, three):
    one, two, three_ = three
    symptom = makers.make_dimension(session, lead, "Symptom")
    move(session, lead, two, one)
    move(session, lead, three_, two)
    actions.retire_code(session, lead.study.id, lead.member, three_.id, reason="unused")

    moving.change_dimension(session, lead.study.id, lead.member, one.id, symptom.id, reason="seen, not caused")

    assert tree(session, lead, cause) == []
    assert tree(session, lead, symptom) == [("One", 0), ("Two", 1)]
    actions.restore_code(session, lead.study.id, lead.member, three_.id, reason="used")
    assert tree(session, lead, symptom) == [("One", 0), ("Two", 1), ("Three", 2)]
    with pytest.raises(moving.SameDimension):
        moving.change_dimension(session, lead.study.id, lead.member, one.id, symptom.id, reason="again")


def test_a_name_that_is_taken_in_the_other_dimension_is_refused(session, lead, cause, three):
    symptom = makers.make_dimension(session, lead, "Symptom")
    makers.make_code(session, lead, symptom, "ONE")
    with pytest.raises(policy.NameTaken):
        moving.change_dimension(session, lead.study.id, lead.member, three[0].id, symptom.id, reason="seen")


def test_promise_1_what_is_a_coders_alone_stays_where_its_author_answers_with_it(session, lead, cause, three):
    ada = makers.make_member(session, lead)
    symptom = makers.make_dimension(session, lead, "Symptom")
    hidden = actions.create_code(
        session, lead.study.id, ada.member, cause.id, CodeText("Mine"),
        origin="coding", parent_id=three[0].id, disclosed="",
    )  # fmt: skip
    with pytest.raises(NotFound):
        move(session, lead, hidden, None)
    moving.change_dimension(session, lead.study.id, lead.member, three[0].id, symptom.id, reason="seen")

    assert ("Mine", 0) in tree(session, lead, cause)
    assert tree(session, lead, symptom) == [("One", 0)]


def test_a_code_becomes_a_category_and_a_code_again(session, lead, cause, three):
    study_id, member, one = lead.study.id, lead.member, three[0]
    moving.promote_code(session, study_id, member, one.id, reason="groups")
    assert whole_codebook(session, study_id).codes[one.id].is_category
    with pytest.raises(moving.IsCategory):
        moving.promote_code(session, study_id, member, one.id, reason="groups")
    moving.demote_category(session, study_id, member, one.id, reason="no")
    assert not whole_codebook(session, study_id).codes[one.id].is_category
    with pytest.raises(moving.IsCode):
        moving.demote_category(session, study_id, member, one.id, reason="no")
    assert [r.kind for r in code_history(session, study_id, one.id)] == ["demoted", "promoted", "created"]


def test_a_merge_that_would_put_two_of_a_name_under_one_parent_is_refused(session, lead, cause):
    one = makers.make_code(session, lead, cause, "One", is_category=True)
    two = makers.make_code(session, lead, cause, "Two", is_category=True)
    for parent in (one, two):
        makers.make_code(session, lead, cause, "Retry storm", parent_id=parent.id)
    with pytest.raises(policy.NameTaken, match="“Retry storm” stands there already"):
        actions.merge_codes(session, lead.study.id, lead.member, one.id, two.id, reason="the same")


def test_promise_1_a_move_to_the_end_does_not_tell_that_a_code_out_of_sight_stands_there(session, lead, cause, three):
    ada = makers.make_member(session, lead)
    actions.create_code(
        session, lead.study.id, ada.member, cause.id, CodeText("Mine"), origin="coding", disclosed=""
    )  # fmt: skip
    with pytest.raises(moving.StandsThere):
        move(session, lead, three[2], None)
