"""Rounds at random: the page's figures are those that `tandem agreement` makes out of the exported ratings."""

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.agreement.figures import Row, round_figures
from app.agreement.lens import LIVE, lens_of
from app.agreement.ratings_report import COEFFICIENTS, pair_key
from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.moving import move_code
from app.codebook.queries import versions, whole_codebook
from app.codebook.splitting import split_code
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.exposures import declare_exposure
from app.export.actions import ratings_export
from app.export.scored_ratings import Scoring
from app.incidents.models import Incident
from app.problems import Problem
from app.rounds.models import Round
from app.studies.queries import members
from app.studies.viewer import Viewer
from tests import makers
from tests.cli.test_agreement_command import run

SEEDS = range(6)
NOT_ENOUGH = "(not enough information)"


@dataclass
class Chance:
    session: Session
    draw: random.Random
    lead: Viewer
    coders: list[Viewer]
    dimensions: list[DimensionEntry]
    codes: dict[int, list[CodeEntry]]

    def codes_a_round(self, coding_round: Round, incidents: list[Incident]) -> None:
        """Handed in, skipped or left; some of it taken back and handed in otherwise; some of it known to be exposed."""
        for coder in self.coders:
            for incident in incidents:
                fate = self.draw.choices(("submit", "again", "skip", "left"), (7, 2, 1, 1))[0]
                own = makers.assignment_of(self.session, coder, coding_round, incident)
                if self.draw.random() < 0.15:
                    declare_exposure(self.session, self.lead.study.id, coder.member.id, incident.id, "Told of it")
                if fate == "skip":
                    makers.act(self.session, coder, own, "skip", reason="Cannot be told")
                if fate in ("submit", "again"):
                    makers.code_and_submit(self.session, coder, own, self.answers())
                if fate == "again":
                    makers.act(self.session, coder, own, "take_back")
                    makers.code_and_submit(self.session, coder, own, {self.dimensions[0].id: "none_applies"})

    def answers(self) -> dict[int, Any]:
        """To one dimension at least."""
        given = [dimension for dimension in self.dimensions if self.draw.random() < 0.9] or self.dimensions
        return {dimension.id: self.answer(dimension, self.draw.random()) for dimension in given}

    def answer(self, dimension: DimensionEntry, drawn: float) -> Any:
        if drawn < 0.1:
            return "none_applies"
        if drawn < 0.2:
            return "not_enough_information"
        some = self.codes[dimension.id]
        return self.draw.sample(some, self.draw.randint(1, 3)) if dimension.takes_many else [self.draw.choice(some[:3])]

    def changes_the_codebook(self) -> None:
        """Merges, moves, a split, new names: what does not fit is left."""
        for _ in range(6):
            dimension = self.draw.choice(self.dimensions)
            one, other = self.draw.sample(self.codes[dimension.id], 2)
            what = self.draw.choice(("merge", "merge", "move", "move", "split", "retire"))
            try:
                with self.session.begin_nested():
                    self.change(what, one, other)
            except Problem:
                continue

    def change(self, what: str, one: CodeEntry, other: CodeEntry) -> None:
        session, study_id, lead = self.session, self.lead.study.id, self.lead.member
        if what == "merge":
            codebook.merge_codes(session, study_id, lead, one.id, other.id, reason="The same")
        elif what == "move":
            codes = whole_codebook(session, study_id).codes.values()
            above = [each.id for each in codes if each.is_category and each.dimension_id == one.dimension_id]
            move_code(session, study_id, lead, one.id, parent_id=self.draw.choice([None, *above]), reason="Belongs")
        elif what == "split":
            split_code(
                session, study_id, lead, one.id, [CodeText(f"{one.name} A"), CodeText(f"{one.name} B")], reason="Two"
            )
        else:
            codebook.retire_code(session, study_id, lead, one.id, reason="Nobody needs it")


def round_at_random(session: Session, seed: int) -> tuple[Chance, Round]:
    draw = random.Random(seed)
    lead = makers.make_study(session)
    coders = makers.make_coders(session, lead, draw.choice((2, 3, 3)))
    dimensions = [
        makers.make_dimension(session, lead, "Cause"),
        makers.make_dimension(session, lead, "Impact", takes="many"),
    ]
    codes = {}
    for dimension in dimensions:
        above = [makers.make_code(session, lead, dimension, f"{dimension.name} {at}", is_category=True) for at in "XY"]
        codes[dimension.id] = [
            makers.make_code(session, lead, dimension, f"{dimension.name} code {at}", parent_id=parent)
            for at, parent in enumerate([above[0].id, above[0].id, above[1].id, above[1].id, None])
        ]
    chance = Chance(session, draw, lead, coders, dimensions, codes)
    purpose = draw.choice(("reliability", "reliability", "calibration"))
    incidents = makers.make_incidents(session, lead, 9)
    coding_round = makers.make_round(
        session, lead, coders, incidents, purpose=purpose, arm="blind", code_sharing="shared"
    )
    chance.codes_a_round(coding_round, incidents)
    makers.move_round(session, lead, coding_round, "settling")
    chance.changes_the_codebook()
    codebook.name_version(session, lead.study.id, lead.member, name="later", notes="")
    chance.changes_the_codebook()
    return chance, coding_round


@pytest.mark.parametrize("seed", SEEDS)
def test_the_page_shows_what_the_command_prints_for_the_exported_ratings(session: Session, tmp_path: Path, seed: int):
    chance, coding_round = round_at_random(session, seed)
    later = versions(session, chance.lead.study.id)[0]
    names = {code.id: code.name for code in whole_codebook(session, chance.lead.study.id).codes.values()}
    raters = {each.id: each.name for each in members(session, chance.lead.study.id)}
    compared = 0
    for level in ("code", "category"):
        for version, asked in (("", ""), (later.name, str(later.id)), (LIVE, LIVE)):
            lens = lens_of(session, coding_round, level=level, asked_version=asked)
            figures = round_figures(session, coding_round, lens)
            for row in figures.rows:
                if row.lens == lens and row.report:
                    last = (row.was or row.kind) == "assisted"
                    file = tmp_path / f"{level}-{asked}-{last}.csv"
                    scoring = Scoring(level, version, last)
                    made = ratings_export(session, chance.lead.study, round_number=coding_round.number, scoring=scoring)
                    file.write_bytes(made.content)
                    check(row, printed(file, row, first=not last), names, raters)
                    compared += 1
    assert compared >= 12


def printed(file: Path, row: Row, *, first: bool) -> dict[str, Any] | None:
    """What the command prints of the dimension; None where the file has nothing of it."""
    columns = ("--unit", "unit", "--rater", "rater", "--value", "value", "--dimension", "dimension")
    where = ["--where", f"dimension={row.dimension.name}", "--where", "pass=1"]
    where += ["--where", "independent=yes"] if first else []
    sets = ["--sets"] if row.dimension.takes_many else []
    result = run(file, *columns, *where, *sets, "--not-enough", NOT_ENOUGH, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)["dimensions"]
    return found.get(row.dimension.name)


def check(row: Row, document: dict[str, Any] | None, names: dict[int, str], raters: dict[int, str]) -> None:
    report = row.report
    assert report is not None
    if document is None:
        assert report.ratings == 0 and report.alpha.value is None
        return
    assert (document["units"], document["raters"], document["ratings"]) == (report.units, report.raters, report.ratings)
    for name, key, _ in COEFFICIENTS:
        same(getattr(report, name), document.get(key), name)
    for (first, second), kappa in report.cohen.items():
        key, other = (pair_key(*map(raters.__getitem__, pair)) for pair in ((first, second), (second, first)))
        same(kappa, document["cohen"].get(key) or document["cohen"].get(other), key)
    codes = {names.get(code.code, "" if code.code == "(none applies)" else code.code): code for code in report.codes}
    assert codes.keys() == document["codes"].keys()
    for name, code in codes.items():
        written = document["codes"][name]
        assert (written["positives"], written["prevalence"]) == (code.positives, pytest.approx(code.prevalence))
        for measure in ("alpha", "kappa", "ac1"):
            same(getattr(code, measure), written[measure], f"{name} {measure}")
    if row.without_not_enough:
        same(row.without_not_enough.alpha, document["without_not_enough"]["alpha"], "without")


def same(mine: Any, written: dict[str, Any] | None, what: str) -> None:
    if mine is None or written is None:
        assert mine is None and written is None, what
        return
    of_page = asdict(mine)
    for part in ("value", "low", "high"):
        assert written[part] == pytest.approx(of_page[part], abs=1e-9), (what, part)
    assert (written["n"], written["undefined"]) == (of_page["n"], of_page["undefined"]), what


def test_a_version_or_level_that_is_not_there_is_refused(session: Session) -> None:
    chance, coding_round = round_at_random(session, 1)
    for scoring in (Scoring("theme"), Scoring(version="never")):
        with pytest.raises(Problem):
            ratings_export(session, chance.lead.study, round_number=coding_round.number, scoring=scoring)
