"""Similar incidents as a run: a row in the ledger for each look-up, and no incident named."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.adjudication.settled import final_codes_of_study
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.looking_up import suggest_from_similar
from app.suggestions.similar import METHOD, NAME, CodedIncident
from app.suggestions.similar_source import read_coded_incidents_by
from tests import makers
from tests.suggestions.conftest import Table


@pytest.fixture
def settled(table: Table) -> Iterator[list[int]]:
    """What other incidents were finally coded as; the wiring of the app is put back afterwards."""
    others = makers.make_incidents(table.session, table.lead, 2)
    found = [CodedIncident(one.id, one.text or "", {table.cause.id: {table.network.id}}) for one in others]

    def read(session: Session, study_id: int) -> list[CodedIncident]:
        return found

    read_coded_incidents_by(read)
    yield [one.id for one in others]
    read_coded_incidents_by(final_codes_of_study)


def test_each_look_up_is_in_the_ledger_like_a_call(table: Table, settled: list[int]) -> None:
    run = ask_for_suggestions(table.session, table.lead, table.coding_round, model="")
    table.session.flush()
    for _ in range(2):
        suggest_from_similar(table.database, study_id=run.study_id, run_id=run.id)
    table.session.expire_all()

    calls = table.calls()
    assert [(one.model_asked, one.model_answered, one.outcome, one.cost_usd) for one in calls] == [
        (NAME, METHOD, "valid", 0)
    ] * 2
    assert not any(one.input_tokens or one.output_tokens or one.requests for one in calls)
    assert {one.model_call_id for one in table.suggestions()} == {calls[0].id}
    assert [row.state for row in table.rows(run)] == ["done", "done"] and run.state == "done"
    table.ada_opens(table.cause)
    (offered,) = table.suggestions()
    assert offered.code_id == table.network.id and "similar settled incidents have" in offered.reasoning
    assert not any(f"INC-{one}" in offered.reasoning + calls[0].raw_answer for one in settled)
