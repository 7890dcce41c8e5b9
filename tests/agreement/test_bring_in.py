"""Ratings from a file: what comes in, what is refused with its row, and that the figures stay those of the file."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app.agreement.bring_in import RatingsBroughtIn, RatingsPlan, UnusableRatings, bring_in_ratings
from app.agreement.figures import round_figures
from app.agreement.ratings_columns import RatingColumns
from app.agreement.ratings_sheet import UnreadableRatings
from app.cli import tandem
from app.codebook.queries import whole_codebook
from app.coding.models import Submission, SubmittedAnswer
from app.db.session import Database
from app.incidents.models import Incident
from app.problems import Invalid
from app.rounds.actions import change_phase
from app.rounds.imported import RoundNameTaken
from app.rounds.models import Round
from app.rounds.policy import NothingToCode
from app.rounds.queries import coders, round_named
from app.studies.actions import create_study
from app.studies.models import Membership, StudyEvent
from app.studies.viewer import LeadOnly, Viewer
from tests import makers
from tests.conftest import SHARED
from tests.support.databases import reading

__all__ = ["reading"]

CLOUD = SHARED / "data" / "cloud-reports" / "ratings.csv"
OPEN_CODING = SHARED / "data" / "open-coding" / "ratings.csv"
COLUMNS = RatingColumns("unit", "rater", "code")
FEW = "unit,rater,code\nINC-1,Ada,Config\nINC-1,Ben,config\nnew-1,Ada,\nnew-1,Ben,Load\nnew-2,Ada,\nnew-2,Ben,\n"
WORDS = {
    "percent": "percent",
    "alpha": "alpha",
    "alpha_masi": "alpha, MASI distance (Passonneau 2006)",
    "alpha_jaccard": "alpha, Jaccard distance",
    "ac1": "AC1",
    "light": "Light's kappa",
    "scott_pi": "Scott's pi",
    "fleiss": "Fleiss' kappa",
    "conger": "Conger's kappa",
    "brennan_prediger": "Brennan-Prediger",
}


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session)


def bring_in(session: Session, lead: Viewer, text: str = FEW, name: str = "Imported", **how: Any) -> RatingsBroughtIn:
    plan = RatingsPlan(name, how.pop("columns", COLUMNS), dimension_name=how.pop("dimension", "Cause"), **how)
    return bring_in_ratings(session, lead, text.encode(), plan, file_name="ratings.csv")


def counts(session: Session) -> list[int]:
    tables = (Round, Incident, Membership, Submission, SubmittedAnswer, StudyEvent)
    return [session.scalars(select(func.count()).select_from(table)).one() for table in tables]


def test_what_is_not_here_yet_is_made_and_what_is_here_is_matched(session: Session, lead: Viewer) -> None:
    (known,) = makers.make_incidents(session, lead, 1)

    done = bring_in(session, lead)

    assert (done.ratings, done.units, done.units_added, done.blank) == (6, 3, 2, 3)
    coding_round = round_named(session, lead.study.id, "Imported")
    assert (coding_round.purpose, coding_round.phase) == ("imported", "settling")
    assert [(one.name, one.kind) for one in coders(session, coding_round)] == [
        ("Ada", "placeholder"),
        ("Ben", "placeholder"),
    ]
    texts = {one.external_id: one.text for one in session.scalars(select(Incident))}
    assert texts == {"INC-1": known.text, "new-1": None, "new-2": None}
    kinds = session.scalars(select(StudyEvent.kind).order_by(StudyEvent.id)).all()
    assert kinds[-1] == "ratings.imported" and "dimension.added" in kinds and kinds.count("code.created") == 3


def test_a_blank_is_none_applies_and_spellings_stay_apart(session: Session, lead: Viewer) -> None:
    bring_in(session, lead)

    (row,) = round_figures(session, round_named(session, lead.study.id, "Imported")).rows

    assert row.kind == "imported" and "independence not known" in row.words
    assert row.report is not None and row.report.percent.value == pytest.approx(1 / 3)
    names = {code.name for code in whole_codebook(session, lead.study.id).codes.values()}
    assert names == {"Config", "config", "Load"}
    states = session.scalars(select(SubmittedAnswer.state).order_by(SubmittedAnswer.state)).all()
    assert states == ["coded"] * 3 + ["none_applies"] * 3
    assert set(session.scalars(select(Submission.independent))) == {False}


def test_a_code_that_is_here_is_taken_in_any_case_of_letters(session: Session, lead: Viewer) -> None:
    cause = makers.make_dimension(session, lead, "Cause")
    load = makers.make_code(session, lead, cause, "load")

    done = bring_in(session, lead)

    assert (done.codes_added, done.dimensions_added) == (2, 0)
    assert [code.id for code in whole_codebook(session, lead.study.id).codes.values() if code.name == "load"] == [
        load.id
    ]


def test_the_same_ratings_again_add_nothing_also_in_another_order_or_under_another_name(
    session: Session, lead: Viewer
) -> None:
    first = bring_in(session, lead)
    before = counts(session)
    head, *rows = FEW.strip().split("\n")

    again = bring_in(session, lead, "\n".join([head, *reversed(rows)]), "Other", independent=True)

    assert again.already_here and (again.round_number, again.round_name) == (first.round_number, "Imported")
    assert not again.said_independent
    assert counts(session) == before


def test_a_rater_of_an_earlier_file_is_the_same_member(session: Session, lead: Viewer) -> None:
    bring_in(session, lead)
    done = bring_in(session, lead, "unit,rater,code\nx,Ada,Load\nx,Cem,Load\n", "Second")
    assert done.raters_added == 1


def test_models_stand_apart_from_people(session: Session, lead: Viewer) -> None:
    bring_in(session, lead, FEW + "INC-1,gpt,Load\nnew-1,gpt,Load\nnew-2,gpt,Load\n", models=("gpt",))

    coding_round = round_named(session, lead.study.id, "Imported")
    rows = {row.kind: row.report for row in round_figures(session, coding_round).rows}

    assert list(rows) == ["imported", "with_models"]
    people, everybody = rows["imported"], rows["with_models"]
    assert people is not None and everybody is not None
    assert (people.raters, everybody.raters) == (2, 3)
    assert people.percent.value == pytest.approx(1 / 3) and everybody.percent.value == pytest.approx(2 / 9)
    assert [one.name for one in coders(session, coding_round) if one.kind == "model"] == ["gpt"]


def test_said_to_be_independent_stands_under_that_name_and_is_no_reliability(session: Session, lead: Viewer) -> None:
    bring_in(session, lead, independent=True)
    figures = round_figures(session, round_named(session, lead.study.id, "Imported"))
    assert figures.reliability == [] and "said to be independent" in figures.rows[0].words
    assert set(session.scalars(select(Submission.independent))) == {True}


@pytest.mark.parametrize(
    ("text", "how", "problem", "sentence"),
    [
        ("unit,rater,code\nu1,Ada,x\n,Ben,x\n", {}, UnreadableRatings, 'Row 3: column "unit" is blank'),
        ("unit,rater,code\nu1,Ada,x\nu1,Ada,y\n", {}, Invalid, "Row 3: rater"),
        ("unit,rater,code\nu1,Ada,x\nINC-1,Ada,y\nu2,Ben,y\n", {"strict": True}, UnusableRatings, "Rows 2, 4: this"),
        (f"unit,rater,code\nu1,Ada,{'x' * 121}\n", {}, UnusableRatings, "Row 2: the code is longer than 120"),
        ("unit,rater,code\nu1,Ada,a  b\nu1,Ben,a b\n", {}, UnusableRatings, "Row 3: the code reads as that in row 2"),
        ("unit,rater,code\nu1,Ada,a\0b\n", {}, UnusableRatings, "Row 2: the code has signs"),
        ("unit,rater,code\nu1,Ada,x\n", {"models": ("gpt",)}, Invalid, "no rater “gpt”"),
        ("unit,rater,code\n", {}, Invalid, "no ratings"),
        ("unit,rater,code\nu1,Ada,x\n", {"dimension": ""}, Invalid, "no column of dimensions"),
        ("unit,rater,code\nu1,Ada,x\n", {"dimension": "Impact"}, Invalid, "takes many here"),
        ("unit,rater,code\nu1,Ada,x\n", {"name": " "}, Invalid, "needs a name"),
    ],
)
def test_what_cannot_come_in_is_said_with_its_rows(
    session: Session, lead: Viewer, text: str, how: dict[str, Any], problem: type[Invalid], sentence: str
) -> None:
    makers.make_incidents(session, lead, 1)
    makers.make_dimension(session, lead, "Impact", takes="many")
    with pytest.raises(problem) as told, session.begin_nested():
        bring_in(session, lead, text, **how)
    assert sentence in told.value.sentence


def test_a_name_of_a_round_with_other_ratings_is_taken(session: Session, lead: Viewer) -> None:
    bring_in(session, lead)
    with pytest.raises(RoundNameTaken):
        bring_in(session, lead, FEW + "new-3,Ada,Load\n")


def test_only_the_lead_brings_ratings_in_and_nobody_codes_in_their_round(session: Session, lead: Viewer) -> None:
    with pytest.raises(LeadOnly):
        bring_in(session, makers.make_member(session, lead))
    done = bring_in(session, lead)
    with pytest.raises(NothingToCode):
        change_phase(session, lead, done.round_number, "running", reason="again")


def test_the_pages_of_the_study_show_the_round(session: Session, lead: Viewer, client_for: Any) -> None:
    makers.make_incidents(session, lead, 1)
    done = bring_in(session, lead, FEW + "INC-1,gpt,Load\n", models=("gpt",))
    session.commit()
    client, home = client_for(lead), f"/studies/{lead.study.slug}"

    shown = client.get(f"{home}/agreement?round={done.round_number}")

    assert shown.status_code == 200
    assert "independence not known" in shown.text and "model raters among them" in shown.text
    assert "not known: these ratings came in a file" in shown.text and "could change while coding" not in shown.text
    incident = session.scalars(select(Incident).where(Incident.external_id == "new-1")).one()
    (dimension,) = whole_codebook(session, lead.study.id).dimensions
    number = done.round_number
    for path in (
        "/",
        f"/rounds/{number}",
        f"/disagreements?round={number}",
        f"/disagreements/{number}/{incident.id}/{dimension.id}",
        f"/agreement/table.csv?round={number}",
        f"/incidents/{incident.id}",
        "/history",
        "/members",
        "/codebook",
    ):
        assert client.get(home + path).status_code == 200, path


@pytest.fixture
def url(own_database: URL) -> str:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url, pool_size=1)
    with database.transaction() as session:
        create_study(session, None, slug="rated", title="Rated")
    database.dispose()
    return url


def run(url: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(tandem, [str(one) for one in arguments], env={"TANDEM_DATABASE_URL": url})


def test_the_command_says_what_it_did_and_that_it_is_done_already(url: str, tmp_path: Path, reading: Session) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(FEW.replace("unit", "item_id"))
    typed = ("import", "ratings", "rated", file, "--round", "Before", "--dimension-name", "Cause")

    first, again = run(url, *typed, "--json"), run(url, *typed)

    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["ratings"] == 6 and "independence not known" in first.stderr
    assert again.exit_code == 0 and "here already, as round 1" in again.stderr
    assert len(reading.scalars(select(Round)).all()) == 1


@pytest.mark.parametrize(
    ("text", "more", "code", "sentence"),
    [
        (FEW, ("--unit", "nowhere"), 2, "no column"),
        (FEW, ("--code", "unit"), 2, "different columns"),
        ("a,rater,code\nx,y,z\n", (), 2, "which column is the unit"),
        (FEW, ("--strict",), 1, "Rows 2, 3, 4, 5, 6, 7: this study has no incident"),
        ("", ("--unit", "u"), 1, "empty"),
        ("unit,rater,code\nu1,Ada,x\n,Ben,x\n", (), 1, "Row 3"),
    ],
)
def test_what_is_wrong_ends_the_command_and_writes_nothing(
    url: str, tmp_path: Path, reading: Session, text: str, more: tuple[str, ...], code: int, sentence: str
) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(text)
    result = run(url, "import", "ratings", "rated", file, "--round", "R", "--dimension-name", "Cause", *more)
    assert result.exit_code == code, result.output
    assert sentence in " ".join(result.stderr.replace("│", " ").split())
    assert reading.scalars(select(Round)).all() == [] and reading.scalars(select(Incident)).all() == []


@pytest.mark.parametrize(("more", "told"), [((), "not known"), (("--independent",), "yes")])
def test_an_export_says_of_imported_ratings_what_is_known(
    url: str, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    file, out = tmp_path / "ratings.csv", tmp_path / "out.csv"
    file.write_text(FEW)
    run(url, "import", "ratings", "rated", file, "--round", "R", "--dimension-name", "Cause", *more)
    for form in ("ratings", "dataset"):
        assert run(url, "export", form, "rated", "-o", out).exit_code == 0
        with out.open(newline="", encoding="utf-8-sig") as written:
            rows = list(csv.DictReader(written))
        assert len(rows) == 6 and {row["independent"] for row in rows} == {told}


def figures_of_file(url: str, file: Path, code: str, *more: str) -> dict[tuple[str, str, str], list[float | None]]:
    typed = ("agreement", file, "--unit", "item_id", "--rater", "rater", "--value", code, "--json", *more)
    result = run(url, *typed)
    assert result.exit_code == 0, result.output
    told = {}
    for name, measured in json.loads(result.stdout)["dimensions"].items():
        for key, words in WORDS.items():
            if key in measured:
                told[name, words, ""] = numbers(measured[key])
        for pair, one in measured["cohen"].items():
            told[name, "Cohen's kappa", " | ".join(sorted(pair.split("|")))] = numbers(one)
    return told


def figures_of_round(url: str, name: str, words: str, tmp_path: Path) -> dict[tuple[str, str, str], list[float | None]]:
    out = tmp_path / "agreement.json"
    result = run(url, "export", "agreement", "rated", "--round", name, "--format", "json", "-o", out)
    assert result.exit_code == 0, result.output
    return {
        (row["dimension"], row["measure"], " | ".join(sorted((row["of"] or "").split(" | ")))): numbers(row)
        for row in json.loads(out.read_text())["figures"]
        if words in row["row"] and "of the code" not in row["measure"]
    }


def numbers(measured: dict[str, Any]) -> list[float | None]:
    return [measured[name] for name in ("value", "low", "high", "n")]


def check_same(there: dict[Any, list[float | None]], here: dict[Any, list[float | None]]) -> None:
    assert there.keys() == here.keys()
    for key, figures in there.items():
        assert here[key] == pytest.approx(figures, abs=1e-9), key


@pytest.mark.real_data
@pytest.mark.skipif(not CLOUD.exists(), reason="shared/data/cloud-reports/ratings.csv is not there")
def test_the_real_cloud_ratings_have_the_figures_of_their_file(url: str, tmp_path: Path) -> None:
    with CLOUD.open(newline="") as file:
        rows = list(csv.DictReader(file))
    models = sorted({row["rater"] for row in rows} - {"human"})
    people = tmp_path / "people.csv"
    with people.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in rows if row["rater"] == "human")
    named = [word for model in models for word in ("--model-rater", model)]

    result = run(url, "import", "ratings", "rated", CLOUD, "--round", "Cloud", "--sets", "--json", *named)

    assert result.exit_code == 0, result.output
    done = json.loads(result.stdout)
    assert (done["units_added"], done["raters_added"], len(done["models"])) == (460, 13, 12)
    dimension = ("--dimension", "dimension", "--sets")
    everybody = figures_of_file(url, CLOUD, "code", *dimension)
    assert len(everybody) > 3 * 78 and all(everybody[one, WORDS["alpha_masi"], ""][0] for one, _, _ in everybody)
    check_same(everybody, figures_of_round(url, "Cloud", "model raters among them", tmp_path))
    alone = figures_of_file(url, people, "code", *dimension)
    check_same(alone, figures_of_round(url, "Cloud", "independence not known", tmp_path))


@pytest.mark.real_data
@pytest.mark.skipif(not OPEN_CODING.exists(), reason="shared/data/open-coding/ratings.csv is not there")
def test_the_real_open_coding_has_the_figures_of_its_rounds_and_keeps_its_blanks(
    url: str, tmp_path: Path, reading: Session
) -> None:
    """The file names its round in the ids only, so each round is a file and a command."""
    header, *lines = OPEN_CODING.read_text(encoding="utf-8").splitlines(keepends=True)
    blank = 0
    for number in range(1, 7):
        file = tmp_path / f"round-{number}.csv"
        file.write_text(
            "".join([header, *(line for line in lines if line.startswith(f"r{number}-"))]), encoding="utf-8"
        )
        typed = (
            "import",
            "ratings",
            "rated",
            file,
            "--round",
            f"Round {number}",
            "--dimension-name",
            "Fault",
            "--json",
        )
        result = run(url, *typed)
        assert result.exit_code == 0, result.output
        blank += json.loads(result.stdout)["blank"]
        there = {("Fault", *key[1:]): one for key, one in figures_of_file(url, file, "open_code").items()}
        check_same(there, figures_of_round(url, f"Round {number}", "independence not known", tmp_path))
    states = reading.scalars(select(SubmittedAnswer.state)).all()
    assert blank == states.count("none_applies") == 120 and len(states) == 2409
