"""The real cloud reports, a person's labels and twelve recorded model runs, as a study whose model is a local server.

One person labelled these reports, and a test of whether a model may stand in needs two: recorded runs of other models
are brought in as further coders. They are stand-ins, said to be such here and in docs/replays.md: figures that rest on
them check the machinery and say nothing of people.
"""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from app.suggestions.opening import open_suggestions
from app.suggestions.validity_figures import DimensionValidity
from tests import makers
from tests.conftest import SHARED
from tests.support import fitness_by_hand
from tests.support.fitness_by_hand import Figures

FOLDER = SHARED / "data" / "cloud-reports"
CLOUDS = ("aws", "azure", "gcp")
HUMAN = "human"
SERVICE, SYMPTOM, CAUSE = "service_category", "user_symptom_category", "root_cause_category"
NUMBER = re.compile(rf"Report ((?:{'|'.join(CLOUDS)})-\d+)\.")

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


def reports(said: Said, cloud: str) -> dict[str, str]:
    """item -> what was told of it. The rows stand in the order of the ratings, and bear the same number and label."""
    with (FOLDER / f"{cloud}_label.csv").open(encoding="utf-8", newline="") as lines:
        head, *rows = csv.reader(lines)
    told_at, label_at = head.index("description"), head.index(f"label_{SYMPTOM}")
    labels = said[HUMAN][SYMPTOM]
    items = [item for item in labels if item.startswith(f"{cloud}-")]
    for item, row in zip(items, rows, strict=True):
        assert item == f"{cloud}-{row[0]}", item
        assert labels[item] == {code.strip().casefold() for code in row[label_at].split(",")}, item
    return {item: row[told_at] for item, row in zip(items, rows, strict=True)}


@dataclass
class ReportStudy:
    """coders: rater of the file -> the member who says what that rater said. model says of each dimension one thing."""

    lead: Viewer
    coders: dict[str, Viewer]
    incidents: dict[str, Incident]
    dimensions: dict[str, DimensionEntry]
    codes: dict[tuple[str, str], CodeEntry]
    coding_round: Round

    def reply(self, said: Mapping[str, Mapping[str, frozenset[str]]], item: str) -> dict[str, Any]:
        """What was recorded of one model, in the form in which a model answers here."""
        return {
            f"d{dimension.id}": {
                "quotes": [], "reasoning": "As it was recorded.", "new_codes": [],
                "codes": [f"c{self.codes[name, code].id}" for code in sorted(said[name][item])],
            }
            for name, dimension in self.dimensions.items()
        }  # fmt: skip

    def code(self, session: Session, rater: str, said: Said) -> dict[str, str]:
        """The coder hands in every report, opening first what is to be seen first. Returns the arm of each item."""
        coder = self.coders[rater]
        item_of = {incident.id: item for item, incident in self.incidents.items()}
        mine = (
            Assignment.study_id == self.coding_round.study_id,
            Assignment.round_id == self.coding_round.id,
            Assignment.member_id == coder.member.id,
        )
        arms = {}
        for assignment in session.scalars(select(Assignment).where(*mine).order_by(Assignment.order)).all():
            item = item_of[assignment.incident_id]
            arms[item] = assignment.arm
            if assignment.arm == "before":
                open_suggestions(session, coder, assignment.id, None)
            answers: dict[int, Sequence[CodeEntry] | str] = {
                dimension.id: [self.codes[name, code] for code in sorted(said[rater][name][item])] or "none_applies"
                for name, dimension in self.dimensions.items()
            }
            makers.code_and_submit(session, coder, assignment, answers)
        return arms

    def differences(
        self, one: DimensionValidity, said: Said, model: str, blind: Sequence[str], *, epsilon: float
    ) -> tuple[Figures, list[str]]:
        """What another hand makes of one dimension, and where the app differs from it."""
        [name] = [name for name, dimension in self.dimensions.items() if dimension.id == one.dimension.id]
        names = {viewer.member.id: rater for rater, viewer in self.coders.items()}
        spelt = {entry.id: code for (of, code), entry in self.codes.items() if of == name}
        people = {rater: {item: said[rater][name][item] for item in blind} for rater in self.coders}
        machine = {item: said[model][name][item] for item in self.incidents}
        used = {code for of in (*people.values(), machine) for codes in of.values() for code in codes}
        theirs = fitness_by_hand.figures(people, machine, codes=used, labelled=set(blind), sets=True, epsilon=epsilon)
        mine = fitness_by_hand.told(one, rater=names.__getitem__, code=spelt.__getitem__)
        return theirs, list(fitness_by_hand.apart(mine, theirs))


def make_report_study(
    session: Session,
    lead: Viewer,
    said: Said,
    told: Mapping[str, str],
    *,
    raters: Sequence[str],
    models: Sequence[str],
    dimensions: Sequence[str],
    **plan: Any,
) -> ReportStudy:
    """Every code that a coder or one of the models gave is in the codebook."""
    coders = dict(zip(raters, makers.make_coders(session, lead, len(raters)), strict=True))
    incidents = brought_in(session, lead, told)
    asked = {name: makers.make_dimension(session, lead, name, takes="many") for name in dimensions}
    codes = {
        (name, code): makers.make_code(session, lead, dimension, code)
        for name, dimension in asked.items()
        for code in sorted({code for rater in (*raters, *models) for i in told for code in said[rater][name][i]})
    }
    wanted = {"purpose": "reliability", "arm": "before", "blind_share": 0.75, "seed": 5, **plan}
    coding_round = makers.make_round(session, lead, list(coders.values()), list(incidents.values()), **wanted)
    return ReportStudy(lead, coders, incidents, asked, codes, coding_round)


def brought_in(session: Session, lead: Viewer, told: Mapping[str, str]) -> dict[str, Incident]:
    """Each text begins with the number of its report, by which the server knows what was recorded of it."""
    lines = [["incident", "description"], *([item, f"Report {item}. {text}"] for item, text in told.items())]
    content = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    uploaded = upload(session, lead, file_name="reports.csv", content=content.encode())
    import_incidents(session, lead, uploaded, guess_mapping(table_of(uploaded)), source="clouds")
    session.flush()
    incidents = session.scalars(select(Incident).where(Incident.study_id == lead.study.id)).all()
    found = {match.group(1): one for one in incidents if (match := NUMBER.search(one.text or ""))}
    assert found.keys() == told.keys(), f"{len(found)} of {len(told)} reports came in"
    return {item: found[item] for item in told}


def item_in(request: Mapping[str, Any]) -> str:
    found = NUMBER.search(request["messages"][1]["content"])
    assert found is not None
    return found.group(1)


def written(reply: Mapping[str, Any]) -> str:
    return json.dumps(reply)
