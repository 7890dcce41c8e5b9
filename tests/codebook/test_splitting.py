"""Splitting a code: several new ones in its place, and nothing guessed of what it was applied to."""

import pytest

from app.codebook import policy, splitting
from app.codebook.actions import CodeText, merge_codes
from app.codebook.queries import code_history, visible_codebook, whole_codebook
from app.codebook.revisions import ChangedMeanwhile
from tests import makers


def split(session, lead, code, *names, **more):
    parts = [CodeText(name, f"What {name} is") for name in names]
    return splitting.split_code(session, lead.study.id, lead.member, code.id, parts, reason="two things", **more)


def test_a_split_code_is_put_away_and_its_parts_stand_in_its_place(session, lead, cause):
    top = makers.make_code(session, lead, cause, "Load", is_category=True)
    old = makers.make_code(session, lead, cause, "Overload", parent_id=top.id)
    below = makers.make_code(session, lead, cause, "Retry storm", parent_id=old.id)
    behind = makers.make_code(session, lead, cause, "Drift", parent_id=top.id)

    parts = split(session, lead, old, "Overload", "Too many retries")

    book = whole_codebook(session, lead.study.id)
    assert (book.codes[old.id].status, book.living(old.id)) == ("split", None)
    assert book.parts_of(old.id) == parts
    assert [code.split_from_id for code in parts] == [old.id, old.id]
    assert book.codes[below.id].parent_id == top.id
    names = [(code.name, depth) for code, depth in book.tree_of(cause.id)]
    assert names == [("Load", 0), ("Overload", 1), ("Too many retries", 1), ("Retry storm", 1), ("Drift", 1)]
    assert {code.codebook_seq for code in parts} == {book.codes[old.id].codebook_seq} == {book.codebook_seq}
    assert code_history(session, lead.study.id, old.id)[0].kind == "split"
    assert behind.id in visible_codebook(session, lead.study.id, lead.member.id).codes


def test_what_was_merged_into_a_split_code_is_unresolved_with_it(session, lead, cause):
    older = makers.make_code(session, lead, cause, "Older")
    old = makers.make_code(session, lead, cause, "Old")
    merge_codes(session, lead.study.id, lead.member, older.id, old.id, reason="the same")
    split(session, lead, old, "One", "Two")

    assert whole_codebook(session, lead.study.id).living(older.id) is None


def test_a_split_is_refused_with_too_few_parts_or_names_that_are_taken(session, lead, cause):
    old = makers.make_code(session, lead, cause, "Old")
    makers.make_code(session, lead, cause, "There")
    makers.make_code(session, lead, cause, "Below", parent_id=old.id)
    with pytest.raises(splitting.TooFewParts):
        split(session, lead, old, "One")
    with pytest.raises(splitting.TooManyParts):
        split(session, lead, old, *(f"Part {n}" for n in range(21)))
    with pytest.raises(policy.NameTaken):
        split(session, lead, old, "One", "there")
    with pytest.raises(policy.NameTaken, match="Two of the new codes"):
        split(session, lead, old, "One", "one")
    with pytest.raises(policy.NameTaken, match="moves up"):
        split(session, lead, old, "One", "Below")
    with pytest.raises(policy.NoName):
        split(session, lead, old, "One", " ")
    with pytest.raises(ChangedMeanwhile):
        split(session, lead, old, "One", "Two", seen_seq=old.codebook_seq - 1)
    assert whole_codebook(session, lead.study.id).codes[old.id].is_active


def test_promise_1_parts_of_a_code_that_is_its_authors_alone_are_too(session, lead, cause):
    ada = makers.make_member(session, lead)
    mine = makers.make_code(session, ada, cause, "Mine", disclosed="", created_in_round=7)
    parts = split(session, ada, mine, "This", "That")

    book = whole_codebook(session, lead.study.id)
    assert {(book.codes[part.id].disclosed, part.created_in_round) for part in parts} == {("", 7)}
    assert not {part.id for part in parts} & set(visible_codebook(session, lead.study.id, lead.member.id).codes)


def test_a_code_that_was_split_is_not_changed_further(session, lead, cause):
    old = makers.make_code(session, lead, cause, "Old")
    split(session, lead, old, "One", "Two")
    with pytest.raises(policy.NotActive):
        split(session, lead, old, "Three", "Four")
