"""The recorded model answers on the real cloud reports, served over HTTP as if live, through the whole machinery.

A tenth of what `python -m bench.validity_of_real_reports` does with all reports and runs. Two of the three coders are
stand-ins: recorded runs of other models (see tests/support/real_reports.py).
"""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.session import Database
from app.llm.openai_model import OpenAIModel
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import RunIncident
from app.suggestions.validity_figures import validity_of
from tests import makers
from tests.support.openai_server import OpenAIServer, Says
from tests.support.real_reports import (
    CAUSE,
    FOLDER,
    HUMAN,
    SERVICE,
    SYMPTOM,
    item_in,
    make_report_study,
    ratings,
    reports,
    written,
)

RATERS, MODEL = (HUMAN, "claude-4-0", "gpt-4o-0"), "gemini-2.5-0"
REPORTS = 44

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="shared/data/cloud-reports is not there"),
]


def test_figures_of_recorded_answers_served_as_if_live_equal_another_hands(session: Session, database: Database):
    said = ratings()
    told = dict(list(reports(said, "azure").items())[:REPORTS])
    study = make_report_study(
        session, makers.make_study(session), said, told,
        raters=RATERS, models=[MODEL], dimensions=(SERVICE, SYMPTOM, CAUSE),
    )  # fmt: skip
    run = ask_for_suggestions(session, study.lead, study.coding_round, model="small")
    session.flush()
    recorded = Says(lambda request: written(study.reply(said[MODEL], item_in(request))))
    with OpenAIServer(otherwise=recorded) as server:
        model = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small", timeout_seconds=60)
        for row in session.scalars(select(RunIncident).where(RunIncident.run_id == run.id)).all():
            suggest_for_incident(database, model, study_id=run.study_id, run_id=run.id, incident_id=row.incident_id)
        assert len(server.taken) == REPORTS
    session.expire_all()

    arms = [study.code(session, rater, said) for rater in RATERS]
    makers.move_round(session, study.lead, study.coding_round, "settling")
    found = validity_of(session, study.lead, study.coding_round, run, epsilon=0.2)

    blind = [item for item, arm in arms[0].items() if arm == "blind"]
    assert arms == [arms[0]] * 3
    assert (len(blind), found.done, found.exposed, found.sentence) == (33, REPORTS, 3 * (REPORTS - 33), "")
    for dimension in study.dimensions.values():
        one = found.of(dimension.id)
        theirs, apart = study.differences(one, said, MODEL, blind, epsilon=0.2)

        assert apart == [], dimension.name
        assert theirs["alpha, people: n"] == 33 and one.test is not None and one.test.tested == 3
        assert len(theirs) > 100 and (one.labelled, one.predicted) == (33, REPORTS - 33)
