"""The files of the journey: the one that comes in, as the csv module reads it, and those that go out."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from app.export import qdc
from tests.browser.journey_plan import BEN, DIMENSIONS, RULED, RULED_CODES, RUTH, Place, Plan, Reply, same

Row = dict[str, str]


class Incidents:
    """The rows of the file, without any of the app's own reading."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8-sig", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.descriptions = [column for column in self.rows[0] if column.endswith("_description")]
        self.told = {row["incident_id"]: row for row in self.rows if any(self.paragraphs(row))}

    def paragraphs(self, row: Row) -> list[str]:
        return [row[column] for column in self.descriptions if row[column].strip()]

    @property
    def untold(self) -> int:
        """Rows in which nothing is written of what happened."""
        return len(self.rows) - len(self.told)

    def text_of(self, label: str) -> str:
        """Joined as the mapping says: each column under its name."""
        row = self.told[label]
        return "\n\n".join(f"{_heading(c)}\n{row[c]}" for c in self.descriptions if row[c].strip())

    def cohorts(self) -> Counter[str]:
        return Counter(row["provider"] for row in self.told.values())


def _heading(column: str) -> str:
    return column.replace("_", " ").capitalize()


def check_dataset(content: bytes, plan: Plan, incidents: Incidents) -> None:
    """Every row of the long file is in the plan, and the other way round."""
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    said = Counter(_said(row) for row in rows)
    assert said == Counter([*_planned(plan), *_planned_final(plan)])
    for row in rows:
        told = incidents.told[row["incident"]]
        assert (row["cohort"], row["title"]) == (told["provider"], " ".join(told["Incident_Title"].split()))
        text = incidents.text_of(row["incident"])
        assert all(quote in text for quote in json.loads(row["quotes"]))
    counts = Counter((row["rater"], row["dimension"]) for row in rows if row["state"] == "coded" and not row["basis"])
    for coder in (RUTH, BEN):
        for dimension in DIMENSIONS:
            codes = sum(len(plan.last[coder][at, dimension].codes) for at in range(len(plan.labels)))
            assert counts[coder, dimension] == codes


def _said(row: Row) -> tuple[str, ...]:
    columns = ("incident", "dimension", "rater", "state", "code", "origin", "independent", "basis", "quotes")
    return tuple(row[column] for column in columns)


def _planned(plan: Plan) -> Iterator[tuple[str, ...]]:
    for coder, replies in plan.last.items():
        for (at, dimension), reply in replies.items():
            independent = "no" if coder == BEN and at in plan.changed else "yes"
            for code, origin, quotes in _codes(reply):
                place = (plan.labels[at], dimension, coder)
                yield (*place, reply.state, code, origin, independent, "", json.dumps(quotes, ensure_ascii=False))


def _codes(reply: Reply) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(code, origin, quotes); an answer without codes is one line as well."""
    if not reply.codes:
        yield "", "", ()
    for code in reply.codes:
        yield code, reply.origin, reply.quotes


def _planned_final(plan: Plan) -> Iterator[tuple[str, ...]]:
    for place, reply in plan.last[RUTH].items():
        if place == RULED:
            yield from _final(plan, place, Reply("coded", RULED_CODES), "discussed")
        elif same(reply, plan.last[BEN][place]):
            yield from _final(plan, place, reply, "unanimous")


def _final(plan: Plan, place: Place, reply: Reply, basis: str) -> Iterator[tuple[str, ...]]:
    at, dimension = place
    for code in reply.codes or ("",):
        said = [plan.last[coder][place] for coder in (RUTH, BEN)]
        ways = {each.origin for each in said if code in each.codes}
        origin = "; ".join(one for one in ("own", "accepted", "revised") if one in ways)
        yield (plan.labels[at], dimension, "(final)", reply.state, code, origin, "", basis, "[]")


def check_codebook(content: bytes, new_code: str) -> None:
    """Valid by the official schema; the dimensions with their codes, the new one among them."""
    root = etree.fromstring(content)
    etree.XMLSchema(etree.parse(str(qdc.SCHEMA))).assertValid(root)
    space = {"q": qdc.NAMESPACE}
    tops = root.findall("q:Codes/q:Code", space)
    assert [top.get("name") for top in tops] == list(DIMENSIONS)
    mitigation = tops[DIMENSIONS.index("Mitigation")]
    assert new_code in [code.get("name") for code in mitigation.iterfind(".//q:Code", space)]
    guids = [code.get("guid") for code in root.iterfind(".//q:Code", space)]
    assert len(set(guids)) == len(guids) > 41


def table_of_figures(content: bytes) -> dict[tuple[str, str, str], Row]:
    """(row, dimension, measure) -> its line in the table that the agreement page gives away."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    return {(row["row"], row["dimension"], row["measure"]): row for row in rows}
