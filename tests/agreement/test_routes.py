"""The agreement page and its table: who sees what, and that no figure stands alone."""

import csv
import re
from io import StringIO

import pytest
from nltk.metrics.agreement import AnnotationTask
from sqlalchemy.orm import Session

from app.codebook import actions as codebook
from app.studies.viewer import Viewer
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import ClientFor

CAUSES = [
    ("Config", "Config"), ("Code", "Code"), ("Load", "Load"), ("Config", "Code"),
    ("Code", "Code"), ("Load", "Config"), ("Config", "Config"), ("Load", "Load"),
]  # fmt: skip
IMPACTS = [((name,), (name,)) for name in ("Slow", "Down", "Slow", "Loss")] + [(("Slow", "Down"), ("Down",))] * 4
SECRET = "Flux capacitor drift"


def url(table: Table, more: str = "") -> str:
    return f"/studies/{table.lead.study.slug}/agreement{more}"


def text_of(html: str) -> str:
    """What a reader reads: the main part without tags."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def written(value: float) -> str:
    return f"{value:.2f}".removeprefix("0").replace("-", "−")


def everybody(session: Session, table: Table) -> list[Viewer]:
    others = [makers.make_member(session, table.lead, role=role) for role in ("adjudicator", "reader", "coder")]
    return [table.lead, *table.coders, *others]


def test_the_page_shows_the_figures_that_nltk_gives(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round(CAUSES, IMPACTS)

    page = client_for(table.lead).get(url(table, f"?round={coding_round.number}"))

    rows = [(str(rater), unit, said[rater]) for unit, said in enumerate(CAUSES) for rater in (0, 1)]
    task = AnnotationTask(data=rows)
    told = text_of(page.text)
    assert page.status_code == 200
    assert re.search(rf"Root cause {re.escape(written(task.alpha()))} \[", told)
    assert f"{100 * task.avg_Ao():.0f} % [" in told
    assert f" {written(task.kappa())} [" in told
    assert "codebook v1 frozen" in told


def test_promise_9_no_coefficient_stands_without_interval_and_n(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round(CAUSES, IMPACTS)
    client = client_for(table.lead)

    for dimension in (table.cause, table.impact):
        page = client.get(url(table, f"?round={coding_round.number}&dimension={dimension.id}")).text
        rows = [text_of(f"<main{row}</main>") for row in re.findall(r'<tr[^>]*(><th scope="row">.*?)</tr>', page, re.S)]
        assert sum("[" in row for row in rows) >= 3
        for row in rows:
            intervals = re.findall(r"\[[^\]]+\]", row)
            bare = re.findall(r"\.\d\d|1\.00", re.sub(r"\[[^\]]+\]", "", row))
            shares = re.findall(r"\d+ % \[", row)  # prevalence is a count, not a coefficient
            assert len(intervals) == len(bare) + len(shares), row
            assert not bare or " 8" in row, row

    lines = list(csv.DictReader(StringIO(client.get(url(table, f"/table.csv?round={coding_round.number}")).text)))
    assert lines
    for line in lines:
        assert line["n"]
        assert bool(line["value"]) == bool(line["low"]) == bool(line["high"])
        assert line["value"] or line["undefined"]
        assert line["codebook_version"] == "v1"
        assert (line["incidents"], line["raters"], line["ratings"]) == ("8", "2", "16")
        assert line["missing"].startswith("A missing rating is left out")


def test_promise_9_an_undefined_figure_says_why(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round([("Config", "Config")] * 3)

    told = text_of(client_for(table.lead).get(url(table, f"?round={coding_round.number}")).text)

    assert "Everyone used one and the same code" in told
    assert "nan" not in told.lower().split()
    assert "100 %" in told


def test_promise_9_what_is_not_reliability_stands_under_its_own_name(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES, purpose="calibration")

    told = text_of(client_for(table.lead).get(url(table)).text)

    assert "Not reliability" in told
    assert "Not reliability Calibration: not a reliability estimate" in told
    assert "first submissions, first pass, none exposed" not in told


def test_promise_1_nothing_of_a_running_round_reaches_these_pages(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    settled = table.coded_round(CAUSES)
    coding_round, incidents = table.round_of(3, code_sharing="private", purpose="calibration")
    for coder in table.coders:
        for incident in incidents:
            table.submit(coder, coding_round, incident, ["Config"])
    first = table.coders[0]
    assignment = makers.assignment_of(session, first, coding_round, incidents[0])
    makers.act(session, first, assignment, "take_back")
    makers.act(session, first, assignment, "create_code", dimension_id=table.cause.id, name=SECRET)
    makers.act(session, first, assignment, "submit", incomplete=True)

    before = None
    for viewer in everybody(session, table):
        client = client_for(viewer)
        for more in (f"?round={coding_round.number}", f"/table.csv?round={coding_round.number}"):
            assert client.get(url(table, more)).status_code == 404
        page = client.get(url(table))
        assert page.status_code == 200
        assert SECRET not in page.text
        assert f"(round {coding_round.number}) is still running" in text_of(page.text)
        assert f"incidents?round={coding_round.number}&amp;" not in page.text
        table_csv = client.get(url(table, f"/table.csv?round={settled.number}")).text
        before = before or table_csv
        assert table_csv == before and SECRET not in table_csv


def test_a_planned_round_is_not_spoken_of(session: Session, table: Table, client_for: ClientFor) -> None:
    incidents = makers.make_incidents(session, table.lead, 2)
    makers.make_round(session, table.lead, table.coders, incidents, phase="planned", name="Hush-hush")

    assert "Hush-hush" not in client_for(table.coders[0]).get(url(table)).text
    assert client_for(table.coders[0]).get(url(table, "?round=1")).status_code == 404


@pytest.mark.parametrize("more", ["?round=99", "?round=x", "?dimension=99999", f"?round={10**30}", "?dimension=-1"])
def test_what_does_not_exist_is_not_found(table: Table, client_for: ClientFor, more: str) -> None:
    table.coded_round(CAUSES[:2])

    assert client_for(table.lead).get(url(table, more)).status_code == 404


def test_another_studys_dimension_and_members_are_not_found(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    table.coded_round(CAUSES[:2])
    stranger = makers.make_study(session)
    elsewhere = makers.make_dimension(session, stranger)

    assert client_for(stranger).get(url(table)).status_code == 404
    assert client_for(table.lead).get(url(table, f"?dimension={elsewhere.id}")).status_code == 404


def test_a_rare_code_is_counted_and_given_no_figure(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round(CAUSES)

    told = text_of(client_for(table.lead).get(url(table, f"?round={coding_round.number}")).text)

    assert "Too few: seen 5 times" in told


def test_the_plain_words_compare_the_lower_end_with_the_thresholds(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES)

    told = text_of(client_for(table.lead).get(url(table)).text)

    assert "two coders said the same in 75 % of pairs (n = 8 incidents)" in told
    assert "The lower end is below .667" in told


def test_where_nearly_all_is_one_code_the_gap_between_ac1_and_alpha_is_explained(
    table: Table, client_for: ClientFor
) -> None:
    table.coded_round([("Config", "Config")] * 16 + [("Config", "Code"), ("Code", "Config")])

    told = text_of(client_for(table.lead).get(url(table)).text)

    assert "lie apart because one answer makes up 94 % of the ratings" in told


def test_the_rows_lead_to_the_incidents_that_differ_and_to_codes(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round(CAUSES)

    page = client_for(table.lead).get(url(table)).text

    assert f"/agreement/incidents?round={coding_round.number}&amp;dimension={table.cause.id}" in page
    assert "of=differ" in page
    assert f"/codebook/codes/{table.codes['Config'].id}" in page


def test_a_code_of_another_running_round_blocks_the_figure_and_is_not_named(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    """Coined in one round, used by its author in another one, which settles first."""
    settled, incidents = table.round_of(2, purpose="calibration")
    running, others = table.round_of(1, code_sharing="private", purpose="calibration")
    first, second = table.coders
    assignment = makers.assignment_of(session, first, running, others[0])
    coined = makers.act(session, first, assignment, "create_code", dimension_id=table.cause.id, name=SECRET)
    here = makers.assignment_of(session, first, settled, incidents[0])
    makers.act(session, first, here, "toggle_code", dimension_id=table.cause.id, code_id=coined.code_id)
    makers.act(session, first, here, "submit", incomplete=True)
    table.submit(second, settled, incidents[0], ["Config"])
    table.settle(settled)

    for viewer in everybody(session, table):
        client = client_for(viewer)
        page = client.get(url(table, f"?round={settled.number}")).text
        assert "No figure yet: 1 proposed code waits to be pooled (a code that is not open yet)" in text_of(page)
        assert SECRET not in page + client.get(url(table, f"/table.csv?round={settled.number}")).text


def test_formulas_do_not_leave_in_the_table(session: Session, table: Table, client_for: ClientFor) -> None:
    evil = makers.make_code(session, table.lead, table.cause, "=1+1")
    table.codes[evil.name] = evil
    coding_round = table.coded_round([("=1+1", "=1+1"), ("Code", "Code")])

    lines = list(csv.DictReader(StringIO(client_for(table.lead).get(url(table, "/table.csv")).text)))

    assert {line["round"] for line in lines} == {str(coding_round.number)}
    assert "'=1+1" in {line["of"] for line in lines}


def test_the_table_names_merged_codes_as_they_were_coded(session: Session, table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES)
    codebook.merge_codes(
        session, table.lead.study.id, table.lead.member, table.codes["Load"].id, table.codes["Code"].id, reason="same"
    )

    lines = list(csv.DictReader(StringIO(client_for(table.lead).get(url(table, "/table.csv")).text)))

    assert {"Load", "Code", "Config"} <= {line["of"] for line in lines}
