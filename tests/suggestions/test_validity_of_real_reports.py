"""The recorded model answers on the real cloud reports, served over HTTP as if live, through the whole machinery.

One human labelled these reports, and a test of whether a model may stand in needs two: recorded runs of two other
models are brought in as further coders. They are stand-ins, said to be such here and in docs/replays.md: the figures
check the machinery and say nothing of people.
"""

import csv
import json
import re
from collections import defaultdict

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.figures import NONE_APPLIES
from app.codebook.tree import CodeEntry, DimensionEntry
from app.db.session import Database
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.llm.openai_model import OpenAIModel
from app.rounds.models import Assignment
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import RunIncident
from app.suggestions.opening import open_suggestions
from app.suggestions.validity_figures import validity_of
from tests import makers
from tests.conftest import SHARED
from tests.support import fitness_by_hand
from tests.support.openai_server import OpenAIServer, Says

FOLDER = SHARED / "data" / "cloud-reports"
HUMAN, STAND_INS, MODEL = "human", ("claude-4-0", "gpt-4o-0"), "gemini-2.5-0"
DIMENSIONS = {"service_category": "many", "user_symptom_category": "many", "root_cause_category": "many"}
REPORTS = 44
NUMBER = re.compile(r"Report (azure-\d+)\.")

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="shared/data/cloud-reports is not there"),
]

Said = dict[str, dict[str, dict[str, frozenset[str]]]]  # rater -> dimension -> item -> codes


def ratings() -> Said:
    """Of the file: a row a code, a row without a code says that none applies. Case tells none apart."""
    found: defaultdict[str, defaultdict[str, defaultdict[str, set[str]]]]
    found = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    with (FOLDER / "ratings.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["rater"]][row["dimension"]][row["item_id"]] |= {row["code"].casefold()} - {""}
    return {
        rater: {name: {item: frozenset(codes) for item, codes in of.items()} for name, of in by_dimension.items()}
        for rater, by_dimension in found.items()
    }


def reports(said: Said) -> dict[str, str]:
    """item -> what was told of it, of the cloud whose root causes the models were asked for. Its rows bear no number:
    they stand in the order of the ratings."""
    with (FOLDER / "azure_label.csv").open(encoding="utf-8", newline="") as lines:
        told = [row["description"] for row in csv.DictReader(lines)]
    items = [item for item in said[HUMAN]["root_cause_category"] if item.startswith("azure-")]
    return dict(zip(items, told, strict=True))


def brought_in(session: Session, lead: Viewer, told: dict[str, str]) -> dict[str, Incident]:
    """Each text begins with the number of its report, by which the server knows what was recorded of it."""
    lines = [["incident", "description"], *([item, f"Report {item}. {text}"] for item, text in told.items())]
    content = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    uploaded = upload(session, lead, file_name="reports.csv", content=content.encode())
    import_incidents(session, lead, uploaded, guess_mapping(table_of(uploaded)), source="clouds")
    session.flush()
    incidents = session.scalars(select(Incident).where(Incident.study_id == lead.study.id)).all()
    return {match.group(1): one for one in incidents if (match := NUMBER.search(one.text or ""))}


def test_figures_of_recorded_answers_served_as_if_live_equal_another_hands(session: Session, database: Database):
    said = ratings()
    told = dict(list(reports(said).items())[:REPORTS])
    items = list(told)
    lead = makers.make_study(session)
    coders = dict(zip((HUMAN, *STAND_INS), makers.make_coders(session, lead, 3), strict=True))
    incidents = brought_in(session, lead, told)
    assert len(incidents) == len(items) == REPORTS
    dimensions: dict[str, DimensionEntry] = {
        name: makers.make_dimension(session, lead, name, takes=takes) for name, takes in DIMENSIONS.items()
    }
    codes: dict[tuple[str, str], CodeEntry] = {
        (name, code): makers.make_code(session, lead, dimension, code)
        for name, dimension in dimensions.items()
        for code in sorted({code for rater in (*coders, MODEL) for i in items for code in said[rater][name][i]})
    }
    coding_round = makers.make_round(
        session, lead, list(coders.values()), list(incidents.values()),
        purpose="reliability", arm="before", blind_share=0.75, seed=5,
    )  # fmt: skip

    def recorded(request) -> str:
        item = NUMBER.search(request["messages"][1]["content"]).group(1)
        return json.dumps(
            {
                f"d{dimension.id}": {
                    "quotes": [], "reasoning": "As it was recorded.", "new_codes": [],
                    "codes": [f"c{codes[name, code].id}" for code in sorted(said[MODEL][name][item])],
                }
                for name, dimension in dimensions.items()
            }
        )  # fmt: skip

    run = ask_for_suggestions(session, lead, coding_round, model="small")
    session.flush()
    with OpenAIServer(otherwise=Says(recorded)) as server:
        model = OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small", timeout_seconds=60)
        for row in session.scalars(select(RunIncident).where(RunIncident.run_id == run.id)).all():
            suggest_for_incident(database, model, study_id=run.study_id, run_id=run.id, incident_id=row.incident_id)
        assert len(server.taken) == REPORTS
    session.expire_all()

    arms: dict[str, str] = {}
    for rater, coder in coders.items():
        for item, incident in incidents.items():
            assignment: Assignment = makers.assignment_of(session, coder, coding_round, incident)
            arms[item] = assignment.arm
            if assignment.arm == "before":
                open_suggestions(session, coder, assignment.id, None)
            answers = {
                dimension.id: [codes[name, code] for code in sorted(said[rater][name][item])] or "none_applies"
                for name, dimension in dimensions.items()
            }
            makers.code_and_submit(session, coder, assignment, answers)
    makers.move_round(session, lead, coding_round, "settling")
    found = validity_of(session, lead, coding_round, run, epsilon=0.2)

    blind = [item for item in items if arms[item] == "blind"]
    rest = [item for item in items if arms[item] != "blind"]
    assert (len(blind), found.done, found.exposed, found.sentence) == (33, REPORTS, 3 * len(rest), "")
    for name, dimension in dimensions.items():
        one = found.of(dimension.id)
        people = {str(coders[rater].member.id): {i: said[rater][name][i] for i in blind} for rater in coders}
        machine = {item: said[MODEL][name][item] for item in items}
        tested = fitness_by_hand.alternative_annotator(people, machine, epsilon=0.2)

        assert one.people is not None and one.test is not None
        assert one.people.value == pytest.approx(fitness_by_hand.alpha(people, sets=True)), name
        for beside in one.with_people:
            pair = {"model": {i: machine[i] for i in blind}, "coder": people[str(beside.member_id)]}
            assert beside.alpha.value == pytest.approx(fitness_by_hand.alpha(pair, sets=True)), name
        assert (one.test.winning_rate, one.test.tested) == (tested.winning_rate, 3)
        assert one.test.advantage.value == pytest.approx(tested.advantage)
        assert {str(h.rater): h.p for h in one.test.humans} == pytest.approx(tested.p_values)
        compared = 0
        names = {entry.id: code for (of, code), entry in codes.items() if of == name}
        for share in one.shares:
            if share.code == NONE_APPLIES:
                continue
            code = names[int(share.code)]
            labels = [sum(code in of[i] for of in people.values()) / 3 for i in blind]
            own = [float(code in machine[i]) for i in blind]
            others = [float(code in machine[i]) for i in rest]
            if len(set(labels)) > 1:
                expected = fitness_by_hand.corrected(labels, own, others)
                got = share.corrected
                assert (got.value, got.low, got.high, got.tuning) == pytest.approx(tuple(expected), abs=1e-9), code
                compared += 1
            assert share.people.value == pytest.approx(sum(labels) / 33)
            assert share.model.value == pytest.approx(sum(own + others) / REPORTS)
        assert compared >= 3
