"""Several suggestions accepted at once: those with sure evidence alone, and each undone on its own."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.codebook.tree import CodeEntry
from app.coding.acts import ActNotYours, StaleAct
from app.coding.models import Act, CodeApplication
from app.problems import NotFound
from app.suggestions import queries, standing
from app.suggestions.deciding import Acting
from app.suggestions.deciding_together import accept_together
from app.suggestions.models import SuggestionDecision
from app.suggestions.policy import NothingTogether, has_sure_evidence
from tests import makers
from tests.suggestions.conftest import INVENTED, SAID, SECRET_NAME, Table
from tests.support.clients import HTMX, ClientFor

EXACT = {"paragraph": 1, "text": SAID}
FOLDED = {"paragraph": 1, "text": "“The gateway  returned 502”"}
ALIKE = {"paragraph": 1, "text": "a bad confg push. We roled the push back"}


@pytest.fixture
def errors(table: Table) -> CodeEntry:
    return makers.make_code(table.session, table.lead, table.symptom, "Errors")


def said(*codes: CodeEntry, quotes: tuple[Mapping[str, Any], ...] = (EXACT,), new: str = "") -> dict[str, Any]:
    named = [{"name": new, "definition": ""}] if new else []
    return {"quotes": list(quotes), "reasoning": "", "codes": [f"c{one.id}" for one in codes], "new_codes": named}


def ask(table: Table, cause: dict[str, Any], symptom: dict[str, Any]) -> None:
    table.ask(otherwise={f"d{table.cause.id}": cause, f"d{table.symptom.id}": symptom})
    table.ada_opens()


def take(table: Table, *, acting: Acting | None = None, wanted: set[int] | None = None) -> int:
    acting = acting or Acting(uuid4(), table.newest_act(), "tab")
    ids = {one.id for one in table.suggestions()} if wanted is None else wanted
    return len(accept_together(table.session, table.ada, table.adas.id, ids, acting))


def applied(table: Table) -> dict[int, str]:
    rows = table.session.scalars(select(CodeApplication).where(CodeApplication.assignment_id == table.adas.id))
    return {row.code_id: row.origin for row in rows}


def test_those_whose_every_quote_stands_in_the_text_are_taken_and_no_other(table: Table, errors: CodeEntry) -> None:
    ask(table, said(table.network, quotes=(EXACT, FOLDED)), said(table.slow, errors, new=SECRET_NAME))
    assert {quote["status"] for quote in table.of_cause().quotes} == {"exact", "folded"}

    assert take(table) == 3
    assert applied(table) == dict.fromkeys((table.network.id, table.slow.id, errors.id), "accepted")


@pytest.mark.parametrize("quotes", [(), (ALIKE,), (EXACT, ALIKE), (EXACT, {"paragraph": 1, "text": INVENTED})])
def test_promise_4_one_without_sure_evidence_is_decided_about_alone(
    table: Table, errors: CodeEntry, quotes: tuple[Mapping[str, Any], ...]
) -> None:
    ask(table, said(table.network, quotes=quotes), said(table.slow, errors))

    assert take(table) == 2 and table.network.id not in applied(table)


@pytest.mark.parametrize("status", ["exact", "folded", "pieces", "fuzzy", "not_found"])
def test_what_is_sure(status: str) -> None:
    assert has_sure_evidence([{"status": status}]) is (status in ("exact", "folded"))
    assert not has_sure_evidence([{"status": status}, {"status": "not_found"}]) and not has_sure_evidence([])


def test_nothing_that_the_coder_answered_is_replaced(table: Table, errors: CodeEntry) -> None:
    ask(table, said(table.network), said(table.slow, errors))
    table.ada_does("toggle_code", dimension_id=table.cause.id, code_id=table.config.id)
    table.ada_does("answer", dimension_id=table.symptom.id, state="none_applies")

    with pytest.raises(NothingTogether):
        take(table)
    assert applied(table) == {table.config.id: "own"}


def test_each_is_an_act_and_a_decision_and_is_undone_on_its_own(table: Table, errors: CodeEntry) -> None:
    ask(table, said(table.network), said(table.slow, errors))
    take(table)
    decisions = table.session.scalars(select(SuggestionDecision)).all()
    assert [one.decision for one in decisions] == ["accepted"] * 3
    assert {one.code_id for one in decisions} == set(applied(table))

    for left in (2, 1, 0):
        table.ada_does("undo")
        assert len(applied(table)) == left
    for back in (1, 2, 3):
        table.ada_does("redo")
        assert len(applied(table)) == back
    assert set(applied(table).values()) == {"accepted"}


def test_what_was_undone_may_be_taken_together_again(table: Table, errors: CodeEntry) -> None:
    ask(table, said(), said(table.slow, errors))
    take(table)
    for _ in range(2):
        table.ada_does("undo")

    assert take(table) == 2 and len(applied(table)) == 2


def test_promise_5_the_same_again_changes_nothing(table: Table, errors: CodeEntry) -> None:
    ask(table, said(table.network), said(table.slow, errors))
    acting = Acting(uuid4(), table.newest_act(), "tab", 9)
    assert take(table, acting=acting) == 3 and table.newest_act() == acting.act_id
    acts = table.session.scalars(select(Act.id)).all()

    assert take(table, acting=acting) == 0
    assert table.session.scalars(select(Act.id)).all() == acts


def test_promise_6_on_an_old_state_none_is_taken(table: Table, errors: CodeEntry) -> None:
    ask(table, said(table.network), said(table.slow, errors))
    before = table.newest_act()
    table.ada_does("write_memo", text="In another tab")

    with pytest.raises(StaleAct):
        take(table, acting=Acting(uuid4(), before))
    assert applied(table) == {}


def test_promise_3_what_is_not_opened_or_not_named_is_not_taken(table: Table, errors: CodeEntry) -> None:
    table.ask(otherwise={f"d{table.cause.id}": said(table.network), f"d{table.symptom.id}": said(table.slow, errors)})
    table.ada_opens(table.symptom)
    first, *_ = [one.id for one in table.suggestions() if one.dimension_id == table.symptom.id]

    assert take(table, wanted={first, table.of_cause().id}) == 1
    with pytest.raises(NothingTogether):
        take(table, wanted={table.of_cause().id})


def test_another_coders_assignment_and_act_are_refused(table: Table, errors: CodeEntry) -> None:
    ask(table, said(table.network), said(table.slow, errors))
    acting = Acting(uuid4(), table.newest_act())
    ids = {one.id for one in table.suggestions()}
    with pytest.raises(NotFound):
        accept_together(table.session, table.ben, table.adas.id, ids, acting)
    take(table, acting=acting)
    bens = makers.assignment_of(table.session, table.ben, table.coding_round, table.incidents[0])
    with pytest.raises(ActNotYours):
        accept_together(table.session, table.ben, bens.id, ids, acting)


def test_the_page_names_what_it_takes_and_takes_it_by_a_plain_form(
    table: Table, errors: CodeEntry, client_for: ClientFor
) -> None:
    ask(table, said(table.network), said(table.slow, errors, new=SECRET_NAME))
    ada = client_for(table.ada)
    page = ada.get(f"{table.desk_url}/suggestions").text
    assert "Accept all with evidence" in page
    form = {"act_id": str(uuid4()), "after_act_id": "", "suggestion_id": [str(one.id) for one in table.suggestions()]}

    assert ada.post(f"{table.desk_url}/suggestions/acceptances", data=form).status_code == 303
    assert len(applied(table)) == 3
    assert "Accept all with evidence" not in ada.get(f"{table.desk_url}/suggestions").text
    again = form | {"act_id": str(uuid4())}
    assert ada.post(f"{table.desk_url}/suggestions/acceptances", data=again).status_code == 409


def test_a_script_gets_the_answers_and_every_suggestion_with_the_act_that_was_saved(
    table: Table, errors: CodeEntry, client_for: ClientFor
) -> None:
    ask(table, said(table.network), said(table.slow, errors))
    form = {"act_id": str(uuid4()), "after_act_id": "", "suggestion_id": [str(one.id) for one in table.suggestions()]}
    answer = client_for(table.ada).post(f"{table.desk_url}/suggestions/acceptances", data=form, headers=HTMX)

    assert answer.status_code == 200 and answer.headers["Act-Saved"] == form["act_id"]
    assert answer.text.count("is-agreed") >= 3 and f'data-last-act="{form["act_id"]}"' in answer.text


def test_each_decision_is_paired_with_what_its_own_suggestion_became(table: Table, errors: CodeEntry) -> None:
    """Taken together, undone, taken again and alone: one act to a decision, in the same order, for all who ask."""
    ask(table, said(table.network), said(table.slow, errors))
    take(table)
    table.ada_does("undo")
    take(table)
    of = standing.of_assignment(table.adas)
    rows = standing.decisions_in(table.session, of)
    became = queries.became(table.session, table.adas)
    codes = {one.id: one.code_id for one in table.suggestions()}
    applied_to = {row.id: row.code_id for row in table.session.scalars(select(CodeApplication))}

    assert len(rows) == 4 and len(set(became.values())) == len(became) == 4
    standing_now = [row for row in rows if became[row.id] in applied_to]
    assert len(standing_now) == 3 == len({row.suggestion_id for row in standing_now})
    assert all(applied_to[became[row.id]] == codes[row.suggestion_id] for row in standing_now)
    whole = standing.of_rounds(table.lead.study.id, [table.coding_round.id])
    assert standing.became_of(table.session, whole, standing.decisions_in(table.session, whole)) == became
