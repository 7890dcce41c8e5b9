"""Two codebooks side by side: the difference is whole, and each change has its name."""

import random
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.codebook import actions
from app.codebook.actions import CodeText
from app.codebook.comparing import CodebookDifference, applied, difference
from app.codebook.dimension_actions import DimensionText, edit_dimension, order_dimensions, retire_dimension
from app.codebook.queries import current_seq, visible_codebook, whole_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.problems import Problem
from tests.makers import make_code, make_dimension, make_study

WORDS = st.sampled_from(["", "Requests fail.", "Requests fail with 5xx.", "Slow"])
SMALL = st.integers(1, 3)


def entry(**how) -> CodeEntry:
    plain = {
        "id": 1, "dimension_id": 1, "parent_id": None, "name": "Errors", "definition": "", "use_when": "",
        "not_when": "", "examples": (), "colour": "", "position": 1, "status": "active", "merged_into_id": None,
        "is_category": False, "origin": "a_priori", "source": "", "created_by": None, "created_in_round": None,
        "codebook_seq": 1, "disclosed": "whole",
    }  # fmt: skip
    return CodeEntry(**{**plain, **how})


def dimension(**how) -> DimensionEntry:
    plain = {
        "id": 1, "name": "Symptom", "question": "", "takes": "one", "has_main": False, "openness": "open",
        "position": 1, "status": "active", "codebook_seq": 1,
    }  # fmt: skip
    return DimensionEntry(**{**plain, **how})


def codebook(*entries: CodeEntry, dimensions: tuple[DimensionEntry, ...] = (), seq: int = 1) -> Codebook:
    in_order = sorted(dimensions, key=lambda each: (each.position, each.id))
    return Codebook(
        seq,
        tuple(each for each in in_order if each.status == "active"),
        {each.id: each for each in sorted(entries, key=lambda each: each.id)},
        tuple(each for each in in_order if each.status != "active"),
    )


CODES = st.builds(
    entry,
    id=st.integers(1, 6),
    dimension_id=SMALL,
    parent_id=st.none() | st.integers(1, 6),
    name=WORDS,
    definition=WORDS,
    examples=st.lists(WORDS.map(lambda text: {"text": text}), max_size=2).map(tuple),
    position=SMALL,
    status=st.sampled_from(["active", "retired", "split"]),
    is_category=st.booleans(),
    codebook_seq=SMALL,
)
DIMENSIONS = st.builds(
    dimension,
    id=st.integers(1, 4),
    name=WORDS,
    question=WORDS,
    takes=st.sampled_from(["one", "many"]),
    position=SMALL,
    status=st.sampled_from(["active", "retired"]),
    codebook_seq=SMALL,
)
CODEBOOKS = st.builds(
    lambda codes, dimensions, seq: codebook(*codes, dimensions=tuple(dimensions), seq=seq),
    st.lists(CODES, unique_by=lambda each: each.id, max_size=6),
    st.lists(DIMENSIONS, unique_by=lambda each: each.id, max_size=4),
    st.integers(0, 9),
)


@settings(max_examples=300)
@given(CODEBOOKS, CODEBOOKS)
def test_the_difference_applied_to_the_first_gives_the_second(before, after):
    assert applied(difference(before, after), before) == after


@given(CODEBOOKS)
def test_a_codebook_does_not_differ_from_itself(one):
    found = difference(one, one)
    assert not any((*each.added, *each.gone, *each.changed) for each in (found.codes, found.dimensions))


def test_every_property_of_an_entry_is_compared():
    """Whatever property is added to an entry later: a difference in it alone is found, and told of or held."""
    for one in (entry(), dimension()):
        for field in fields(one):
            if field.name == "id":
                continue
            other = replace(one, **{field.name: "something else"})
            of = (
                difference(codebook(one), codebook(other)).codes
                if isinstance(one, CodeEntry)
                else difference(codebook(dimensions=(one,)), codebook(dimensions=(other,))).dimensions
            )
            assert [each.name for change in of.changed for each in change.alterations] == [field.name]


@pytest.mark.parametrize(
    ("how", "kinds"),
    [
        ({"status": "retired"}, ("retired",)),
        ({"status": "split"}, ("split",)),
        ({"status": "merged", "merged_into_id": 2}, ("merged",)),
        ({"parent_id": 2}, ("moved",)),
        ({"dimension_id": 2, "position": 7}, ("moved",)),
        ({"name": "Failures"}, ("renamed",)),
        ({"name": "Failures", "parent_id": 2, "definition": "They fail."}, ("moved", "renamed", "reworded")),
        ({"not_when": "It is slow."}, ("reworded",)),
        ({"examples": ({"text": "502"},)}, ("reworded",)),
        ({"colour": "#aa0000"}, ("changed",)),
        ({"is_category": True}, ("changed",)),
        ({"position": 4}, ("reordered",)),
        ({"codebook_seq": 9}, ()),
    ],
)
def test_what_became_of_a_code_has_its_names(how, kinds):
    found = difference(codebook(entry()), codebook(entry(**how)))
    assert [change.kinds for change in found.codes.changed] == [kinds]


def test_a_code_that_was_retired_before_was_restored():
    found = difference(codebook(entry(status="retired")), codebook(entry()))
    assert [change.kinds for change in found.codes.changed] == [("restored",)]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_to_a_codebook_the_difference_of_any_two_of_its_states_is_whole(session, seed):
    chance = random.Random(seed)
    lead = make_study(session)
    for name in ("Symptom", "Cause"):
        made = make_dimension(session, lead, name)
        for _ in range(3):
            make_code(session, lead, made)
    for _ in range(25):
        try:
            with session.begin_nested():
                do_something(session, lead, chance)
        except Problem:
            continue
    last = current_seq(session, lead.study.id)
    states = [visible_codebook(session, lead.study.id, lead.member.id, seq=seq) for seq in range(last + 1)]
    seen = set()
    for one, other in [(chance.choice(states), chance.choice(states)) for _ in range(40)]:
        found = difference(one, other)
        assert applied(found, one) == other
        seen |= kinds_of(found)
    assert applied(difference(states[0], states[-1]), states[0]) == whole_codebook(session, lead.study.id, seq=last)
    assert {"moved", "reworded", "merged"} & seen


def kinds_of(found: CodebookDifference) -> set[str]:
    return {kind for change in found.codes.changed for kind in change.kinds}


def do_something(session, lead, chance):
    study_id, codes = lead.study.id, whole_codebook(session, lead.study.id)
    code = chance.choice(list(codes.codes.values()))
    others = [each for each in codes.codes.values() if each.dimension_id == code.dimension_id and each.id != code.id]
    act = chance.choice(["edit", "edit", "move", "merge", "retire", "restore", "create", "ask", "order", "drop"])
    if act in ("edit", "move"):
        parent = chance.choice(others).id if act == "move" else code.parent_id
        words = CodeText(code.name, f"It says {chance.randrange(3)}.", use_when=chance.choice(["", "Often."]))
        actions.edit_code(
            session, study_id, lead.member, code.id, words, seen_seq=10**9, parent_id=parent, reason="Better"
        )
    elif act == "merge":
        actions.merge_codes(session, study_id, lead.member, code.id, chance.choice(others).id, reason="The same")
    elif act == "retire":
        actions.retire_code(session, study_id, lead.member, code.id, reason="Unused")
    elif act == "restore":
        actions.restore_code(session, study_id, lead.member, code.id, reason="Used")
    elif act == "create":
        make_code(session, lead, codes.dimensions[0], parent_id=chance.choice([None, *(each.id for each in others)]))
    elif act == "ask":
        text = DimensionText(codes.dimensions[0].name, f"What {chance.randrange(9)}?", openness="closed")
        edit_dimension(session, study_id, lead.member, codes.dimensions[0].id, text, seen_seq=10**9)
    elif act == "order":
        order_dimensions(session, study_id, lead.member, [each.id for each in reversed(codes.dimensions)])
    elif len(codes.dimensions) > 1 and chance.random() < 0.2:
        retire_dimension(session, study_id, lead.member, codes.dimensions[1].id, reason="Not asked")
