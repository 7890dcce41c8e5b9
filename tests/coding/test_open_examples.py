"""Examples out of an incident are kept from whoever still has to code it, on every way to a codebook."""

import pytest
from sqlalchemy.orm import Session

from app.codebook import actions
from app.codebook.actions import CodeText
from app.codebook.queries import visible_codebook, whole_codebook
from app.codebook.withholding import open_incidents
from tests import makers
from tests.coding.conftest import Bench

QUOTE = "The gateway returned 502"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """Its code Config has two examples: one out of the first incident, one out of the second."""
    code = whole_codebook(bench.session, bench.lead.study.id).codes[bench.config.id]
    first, second = bench.incidents[:2]
    examples = (
        {"kind": "typical", "text": QUOTE, "incident_id": first.id},
        {"kind": "close_call", "text": "We rolled the push back.", "incident_id": second.id},
        {"kind": "atypical", "text": "Out of a book"},
    )
    actions.edit_code(
        bench.session, bench.lead.study.id, bench.lead.member, code.id, CodeText(code.name, examples=examples),
        seen_seq=code.codebook_seq, parent_id=code.parent_id,
    )  # fmt: skip
    return bench


def kinds(session: Session, viewer, code_id: int) -> list[str]:
    code = visible_codebook(session, viewer.study.id, viewer.member.id).codes[code_id]
    return [example["kind"] for example in code.examples]


def test_an_example_is_hidden_until_its_incident_was_handed_in(bench):
    session, ada = bench.session, bench.ada
    reader = makers.make_member(session, bench.lead, role="reader")
    assert kinds(session, ada, bench.config.id) == ["atypical"]
    assert kinds(session, reader, bench.config.id) == ["typical", "close_call", "atypical"]

    bench.ada_toggles(bench.cause, bench.network)
    assert kinds(session, ada, bench.config.id) == ["atypical"]
    bench.ada_does("submit", incomplete=True)
    assert kinds(session, ada, bench.config.id) == ["typical", "atypical"]
    bench.ada_does("take_back")
    assert kinds(session, ada, bench.config.id) == ["atypical"]
    makers.move_round(session, bench.lead, bench.coding_round, "closed")
    assert kinds(session, ada, bench.config.id) == ["typical", "close_call", "atypical"]


def test_incidents_of_planned_rounds_and_of_second_passes_are_open(bench):
    session, ada = bench.session, bench.ada
    bench.ada_toggles(bench.cause, bench.network)
    bench.ada_does("submit", incomplete=True)
    first = bench.incidents[0]
    assert first.id not in open_incidents(session, bench.lead.study.id, ada.member.id)
    makers.make_round(session, bench.lead, [ada], [first], phase="planned")
    assert first.id in open_incidents(session, bench.lead.study.id, ada.member.id)


def test_who_rewrites_a_code_leaves_the_examples_that_were_not_shown(bench):
    session, ada = bench.session, bench.ada
    seen = visible_codebook(session, bench.lead.study.id, ada.member.id).codes[bench.config.id]
    actions.edit_code(
        session, bench.lead.study.id, ada.member, seen.id, CodeText("Configuration", examples=seen.examples),
        seen_seq=seen.codebook_seq, parent_id=seen.parent_id,
    )  # fmt: skip
    whole = whole_codebook(session, bench.lead.study.id).codes[seen.id]
    assert sorted(example["kind"] for example in whole.examples) == ["atypical", "close_call", "typical"]
