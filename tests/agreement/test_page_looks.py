"""The page of agreement through its address: levels, versions, cohorts, rounds beside each other, precision."""

import csv
import re
from html import unescape
from io import StringIO

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.lens import LIVE
from app.codebook import actions as codebook
from app.export.actions import agreement_export
from app.rounds.models import Assignment, Round
from app.rounds.queries import incidents_of
from tests import makers
from tests.agreement.conftest import Table
from tests.agreement.test_figures import nltk_alpha
from tests.agreement.test_lens import merge, name_version, put_in_cohorts, under_a_category
from tests.agreement.test_routes import CAUSES, IMPACTS, text_of, url, written
from tests.support.clients import ClientFor

COHORTS = ["GenAI"] * 5 + ["Classic"] * 3
MEASURES_BESIDE = ("Fleiss’ κ", "Conger’s κ", "Scott’s π", "Brennan-Prediger")


def look(table: Table, client_for: ClientFor, more: str = "", *, status: int = 200) -> Response:
    answer = client_for(table.lead).get(url(table, more))
    assert answer.status_code == status
    return answer


def rows_of(html: str) -> list[str]:
    return [text_of(f"<main{row}</main>") for row in re.findall(r'<tr[^>]*(><th scope="row">.*?)</tr>', html, re.S)]


def lines_of(answer: Response) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.text)))


def card(html: str, heading: str) -> str:
    """From a heading up to the next one."""
    return text_of(f"<main>{html[html.index(f'id={chr(34)}{heading}{chr(34)}') :].split('<h2')[0]}</main>")


def rescored(table: Table) -> tuple[Round, str]:
    """A reliability round, and the version after a merger: (round, its query)."""
    coding_round = table.coded_round(CAUSES, IMPACTS)
    merge(table, "Load", "Code")
    return coding_round, f"?round={coding_round.number}&version={name_version(table, 'Merged').id}"


def test_promise_9_scored_under_another_version_it_is_named_post_hoc_apart_from_the_reliability_row(
    table: Table, client_for: ClientFor
) -> None:
    _, query = rescored(table)

    told = text_of(look(table, client_for, query).text)

    reliability, apart = told.split("Not reliability", 1)
    assert re.search(rf"Root cause {re.escape(written(nltk_alpha(CAUSES)))} \[", reliability)
    assert "post hoc" not in reliability.split("Reliability Round")[1]
    assert apart.strip().startswith("Scored under Merged: post hoc, not a reliability estimate")
    become = [tuple("Code" if name == "Load" else name for name in pair) for pair in CAUSES]
    assert re.search(rf"Root cause {re.escape(written(nltk_alpha(become)))} \[", apart)
    assert "Only a fresh round coded under Merged can be its reliability" in apart
    assert "These ratings cannot count: they were not coded under Merged" in apart


def test_promise_9_the_table_that_leaves_follows_the_look_and_names_it(table: Table, client_for: ClientFor) -> None:
    coding_round, query = rescored(table)
    put_in_cohorts(table, coding_round, COHORTS)

    lines = lines_of(look(table, client_for, f"/table.csv{query}&level=category&cohort=GenAI"))

    scored = {(line["row"].split(" (")[0], line["scored_under"]) for line in lines}
    assert scored == {
        ("Reliability", "v1"),
        ("Scored under Merged: post hoc, not a reliability estimate", "Merged, post hoc"),
    }
    assert {(line["codebook_version"], line["level"], line["cohort"], line["arm"]) for line in lines} == {
        ("v1", "category", "GenAI", "never")
    }
    assert {line["submissions"] for line in lines} == {"first ones of the first pass, none exposed"}
    assert {(line["incidents"], line["pairable_ratings"]) for line in lines} == {("5", "10")}


def test_the_table_holds_the_rounds_that_stand_beside_each_other(table: Table, client_for: ClientFor) -> None:
    first = table.coded_round(CAUSES, purpose="calibration")
    second = table.coded_round(CAUSES)

    lines = lines_of(look(table, client_for, f"/table.csv?round={second.number}&beside={first.number}"))

    assert [line["round"] for line in lines] == sorted((line["round"] for line in lines), reverse=True)
    assert {line["round"] for line in lines} == {str(first.number), str(second.number)}


def test_by_category_the_reliability_row_is_named_with_its_level(table: Table, client_for: ClientFor) -> None:
    under_a_category(table)
    coding_round = table.coded_round(CAUSES)

    told = text_of(look(table, client_for, f"?round={coding_round.number}&level=category").text)

    assert "Reliability (by category) Round 1" in told
    assert re.search(r"Level category", told)
    assert "Change" in told and "Config put" not in told


def test_links_and_forms_of_the_page_keep_the_look(table: Table, client_for: ClientFor) -> None:
    other = table.coded_round(CAUSES, purpose="calibration")
    coding_round, query = rescored(table)
    put_in_cohorts(table, coding_round, COHORTS)

    page = look(table, client_for, f"{query}&level=category&cohort=GenAI&beside={other.number}&width=0.1").text

    rows = [link for link in re.findall(r'href="[^"]*/agreement\?([^"]*)"', page) if "dimension" in link]
    assert len(rows) >= 4
    for link in rows:
        for kept in ("level=category", "cohort=GenAI", f"beside={other.number}", "width=0.1", query.split("&")[1]):
            assert kept in link.replace("&amp;", "&").split("&"), link
    for form in re.findall(r"<form[^>]*/agreement[^>]*>.*?</form>", page, re.S):
        names = set(re.findall(r'name="(\w+)"', form))
        assert {"round", "level", "version", "cohort", "beside", "width"} <= names, form
    assert f"table.csv?round={coding_round.number}&amp;level=category" in page


def test_one_cohort_for_all_of_the_page(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round(CAUSES)
    put_in_cohorts(table, coding_round, COHORTS)

    page = look(table, client_for, f"?round={coding_round.number}&cohort=GenAI").text

    assert "Reliability (cohort GenAI)" in text_of(page)
    assert re.search(r"^Root cause .*\] 5 incidents behind Root cause 1 incident differs", rows_of(page)[0])
    differing = re.findall(r'href="([^"]*&amp;of=differ)"', page)  # of the first dimension first
    behind = client_for(table.lead).get(unescape(differing[0])).text
    assert len(re.findall(r'<th scope="row"><a [^>]*><code class="id">', behind)) == 1
    by_cohort = [row for row in rows_of(page) if row.startswith(("Classic", "GenAI"))]
    assert [row.split(" n = ")[1] for row in by_cohort] == ["3", "5"]
    assert written(nltk_alpha(CAUSES[:5])) in by_cohort[1] and written(nltk_alpha(CAUSES[5:])) in by_cohort[0]
    assert re.search(r"Cohort GenAI", card(page, "rests-on"))


def test_without_cohorts_none_is_offered(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES)

    page = look(table, client_for).text

    assert 'name="cohort"' not in page and "by cohort" not in page


def test_rounds_beside_each_other_are_not_pooled_and_each_figure_keeps_its_name(
    table: Table, client_for: ClientFor
) -> None:
    first = table.coded_round(CAUSES[::-1] + CAUSES, purpose="calibration")
    second = table.coded_round(CAUSES)

    page = look(table, client_for, f"?round={second.number}&beside={first.number}").text

    table_beside = page[page.index("Table of rounds beside each other") :].split("</table>")[0]
    row = next(row for row in rows_of(table_beside) if row.startswith("Root cause"))
    both, alone = written(nltk_alpha(CAUSES + CAUSES)), written(nltk_alpha(CAUSES))
    assert re.search(rf"Calibration {both} \[[^]]+\], n = 16 Reliability {alone} \[[^]]+\], n = 8$", row), row
    heads = re.findall(r'<th scope="col">(.*?)</th>', table_beside)
    assert [text_of(f"<main>{head}</main>").split(" ")[1] for head in heads[1:]] == [
        str(first.number), str(second.number),
    ]  # fmt: skip


def test_over_rounds_the_drawing_says_what_its_table_says(table: Table, client_for: ClientFor) -> None:
    first = table.coded_round(CAUSES, purpose="calibration")
    nothing = table.coded_round([("Config", "Config")] * 2)
    second = table.coded_round(CAUSES)

    page = look(table, client_for, f"?round={second.number}&beside={first.number}&beside={nothing.number}").text

    drawn = page[page.index('id="trend"') :]
    label = re.search(r'role="img" aria-label="([^"]+)"', drawn)
    behind = rows_of(drawn[drawn.index("Table behind it") :].split("</table>")[0])
    assert label is not None and len(behind) == 3
    for number, row in zip((first.number, nothing.number, second.number), behind, strict=True):
        assert row.startswith(f"{number} ·")
        assert f"round {number}, " in label.group(1)
    assert "Everyone used one and the same code" in behind[1]
    assert drawn.count('class="dot"') == 2
    alpha = nltk_alpha(CAUSES)
    assert f'cy="{round(186 - alpha * 176, 1)}"' in drawn


@pytest.mark.parametrize("phase", ["running", "planned"])
def test_promise_1_a_round_that_is_not_open_stands_beside_no_other(
    table: Table, client_for: ClientFor, phase: str
) -> None:
    done = table.coded_round(CAUSES)
    incidents = makers.make_incidents(table.session, table.lead, 2)
    other = makers.make_round(table.session, table.lead, table.coders, incidents, phase=phase)

    for address in ("", "/table.csv"):
        look(table, client_for, f"{address}?round={done.number}&beside={other.number}", status=404)
    assert f'value="{other.number}"' not in look(table, client_for).text


@pytest.mark.parametrize(
    "query",
    ["level=x", "version=x", "version=999999", "cohort=Nowhere", "beside=x", "beside=99", "width=7",
     "arm=x", "interval=x", f"cohort={'x' * 400}", f"version={10**30}"],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_not_found(table: Table, client_for: ClientFor, query: str) -> None:
    table.coded_round(CAUSES)

    for address in ("", "/table.csv"):
        look(table, client_for, f"{address}?{query}", status=404)


def test_a_look_goes_on_to_a_round_that_was_not_asked_this_dimension(table: Table, client_for: ClientFor) -> None:
    first = table.coded_round(CAUSES)
    later = makers.make_dimension(table.session, table.lead, "Mitigation")

    page = look(table, client_for, f"?round={first.number}&dimension={later.id}")

    assert "Root cause, code by code" in page.text


def test_the_rest_of_the_measures_stands_behind_one_press_with_their_intervals(
    table: Table, client_for: ClientFor
) -> None:
    table.coded_round(CAUSES, IMPACTS)

    for dimension, wanted in (
        (table.cause, MEASURES_BESIDE),
        (table.impact, ("Alpha, Jaccard distance", "Alpha, nominal")),
    ):
        page = look(table, client_for, f"?dimension={dimension.id}").text
        details = page[page.index('class="card-body further"') :].split("</details>")[0]
        found = {row.split(" .")[0].split(" –")[0]: row for row in rows_of(details)}
        for measure in wanted:
            assert re.search(r"[.\d]+ \[[^]]+\] 8$", found[measure]), found


def test_with_three_coders_scotts_pi_does_not_apply(session: Session, client_for: ClientFor) -> None:
    from tests.agreement.conftest import make_table

    table = make_table(session, coders=3)
    table.coded_round([(a, b, a) for a, b in CAUSES])

    page = look(table, client_for).text

    assert "Scott’s π – does not apply –" in rows_of(page)


def test_the_panel_says_how_many_more_incidents_narrow_the_interval(table: Table, client_for: ClientFor) -> None:
    from app.methods.agreement import agreement_of, more_units

    table.coded_round(CAUSES)
    found = agreement_of([dict(enumerate(pair)) for pair in CAUSES], sets=False).alpha

    for width in (0.1, 0.4):
        told = card(look(table, client_for, f"?width={width}").text, "more-incidents")
        more = more_units(found, width)
        number = re.search(r"About ([\d,]+) more double-coded incidents would bring the interval to a width of", told)
        assert more is not None and number is not None
        assert more <= int(number.group(1).replace(",", "")) <= more * 1.1
        assert f"a width of {written(width)}." in told and "from 8 incidents" in told


def test_an_interval_that_is_narrow_enough_needs_no_more(table: Table, client_for: ClientFor) -> None:
    table.coded_round([("Config", "Config"), ("Code", "Code"), ("Load", "Load")] * 14)

    told = card(look(table, client_for, "?width=0.4").text, "more-incidents")

    assert "The interval is no wider than .40 already" in told


def test_where_there_is_no_interval_the_panel_says_why(table: Table, client_for: ClientFor) -> None:
    table.coded_round([("Config", "Config")] * 3)

    page = look(table, client_for, "?width=0.1").text

    assert "There is no interval to narrow: Everyone used one and the same code" in card(page, "more-incidents")
    assert "So there is no alpha here" in card(page, "plain-words")


def test_the_panel_says_what_limits_a_figure(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES)

    told = card(look(table, client_for).text, "plain-words")

    assert "Of 8 incidents, each said alike or not moves percent agreement by up to 12 points" in told
    assert "Two coders rated" in told
    assert "3 codes have no figure alone" in told


def test_what_a_figure_rests_on_stands_beside_it(table: Table, client_for: ClientFor) -> None:
    coding_round, incidents = table.round_of(3)
    for coder in table.coders:
        for incident in incidents[:2]:
            table.submit(coder, coding_round, incident, ["Config" if incident is incidents[0] else "Code"])
    table.submit(table.coders[0], coding_round, incidents[2], ["Config"])
    table.settle(coding_round)

    told = card(look(table, client_for).text, "rests-on")

    for words in (
        "Incidents 2 that two or more coders rated, of 3 incidents", "Ratings 4 that can be paired, of 5", "Coders 2",
        "Coded under v1, frozen", "Level code", "Cohort all", "Suggestions never", "Handed in 5 of 6",
        "Submissions first ones of the first pass, none exposed", "in 50 % of ratings", "Missing A missing rating",
        "Interval 95 %, Clopper-Pearson",
    ):  # fmt: skip
        assert words in told, told


def test_a_code_that_is_not_open_is_named_under_no_version(
    session: Session, table: Table, client_for: ClientFor
) -> None:
    settled = table.coded_round(CAUSES)
    running, others = table.round_of(1, code_sharing="private", purpose="calibration")
    first = table.coders[0]
    assignment = makers.assignment_of(session, first, running, others[0])
    makers.act(session, first, assignment, "create_code", dimension_id=table.cause.id, name="Hush-hush")
    version = name_version(table, "With it")

    for more in (f"?version={LIVE}", f"?version={version.id}", f"/table.csv?version={version.id}&level=category"):
        assert "Hush-hush" not in look(table, client_for, f"{more}&round={settled.number}").text


def test_the_export_of_agreement_stays_the_rounds_own(table: Table) -> None:
    table.coded_round(CAUSES)
    codebook.merge_codes(
        table.session, table.lead.study.id, table.lead.member, table.codes["Load"].id, table.codes["Code"].id,
        reason="same",
    )  # fmt: skip

    file = agreement_export(table.session, table.lead.study, format="csv", round_number=None)

    lines = list(csv.DictReader(StringIO(file.content.decode())))
    assert lines and {line["scored_under"] for line in lines} == {"v1"} and "post hoc" not in file.content.decode()


def two_arms(table: Table) -> tuple[Round, dict[str, list[tuple[str, str]]]]:
    """A round of which half the incidents never show suggestions: (round, arm -> what the coders said)."""
    coding_round = table.coded_round(CAUSES, purpose="calibration", arm="before", blind_share=0.5)
    arms = dict(
        table.session.execute(
            select(Assignment.incident_id, Assignment.arm).where(Assignment.round_id == coding_round.id)
        ).all()
    )
    said: dict[str, list[tuple[str, str]]] = {"blind": [], "before": []}
    for incident, pair in zip(incidents_of(table.session, coding_round), CAUSES, strict=True):
        said[arms[incident.id]].append(pair)
    return coding_round, said


def test_one_arm_for_all_of_the_page_and_each_arm_beside_the_other(table: Table, client_for: ClientFor) -> None:
    coding_round, said = two_arms(table)

    page = look(table, client_for, f"?round={coding_round.number}&arm=blind").text

    assert "(suggestions never)" in text_of(page)
    assert "Suggestions never" in card(page, "rests-on")
    assert "Handed in 8 of 8" in card(page, "rests-on")
    by_arm = {row.split(" ")[0]: row for row in rows_of(page[page.index('id="by-arm"') :].split("</table>")[0])}
    for name, arm in (("Never", "blind"), ("From", "before")):
        assert written(nltk_alpha(said[arm])) in by_arm[name] and by_arm[name].endswith("n = 4")
    links = re.findall(r'href="[^"]*/agreement/incidents\?([^"]*)"', page)
    assert links and all("arm=blind" in link for link in links)


def test_the_table_that_leaves_names_the_arm_and_counts_its_incidents(table: Table, client_for: ClientFor) -> None:
    coding_round, said = two_arms(table)

    told = lines_of(look(table, client_for, f"/table.csv?round={coding_round.number}&arm=before"))

    lines = [line for line in told if line["dimension"] == "Root cause"]
    assert {(line["arm"], line["incidents"]) for line in lines} == {("from the start", "4")}
    alpha = next(line for line in lines if line["measure"] == "alpha")
    assert float(alpha["value"]) == pytest.approx(nltk_alpha(said["before"]))


def test_of_a_round_with_one_arm_none_is_offered(table: Table, client_for: ClientFor) -> None:
    table.coded_round(CAUSES)

    page = look(table, client_for).text

    assert 'name="arm"' not in page and "by when suggestions appear" not in page


def test_intervals_by_bootstrap_are_kept_in_the_link_and_named_beside_the_figures(
    table: Table, client_for: ClientFor
) -> None:
    from app.methods.agreement import agreement_of

    coding_round = table.coded_round(CAUSES)
    put_in_cohorts(table, coding_round, COHORTS)
    query = f"?round={coding_round.number}&interval=bootstrap"
    given = [{at: table.codes[name].id for at, name in enumerate(pair)} for pair in CAUSES]
    made = agreement_of(given, sets=False, resamples=2000, seed=20).alpha

    page = look(table, client_for, query).text
    lines = lines_of(look(table, client_for, f"/table.csv{query}"))

    assert "percentile bootstrap over units, 2000 resamples, seed 20" in card(page, "rests-on")
    assert f"[{written(made.low or 0)}, {written(made.high or 0)}]" in rows_of(page)[0]
    alpha = next(line for line in lines if (line["dimension"], line["measure"]) == ("Root cause", "alpha"))
    assert (float(alpha["low"]), float(alpha["high"])) == pytest.approx((made.low, made.high))
    assert alpha["interval_method"].startswith("percentile bootstrap over units, 2000 resamples, seed 20")
    links = [link for link in re.findall(r'href="[^"]*/agreement\?([^"]*)"', page) if "dimension" in link]
    assert links and all("interval=bootstrap" in link for link in links)
    by_jackknife = look(table, client_for).text
    assert "jackknife" in card(by_jackknife, "rests-on") and "does not reach" not in by_jackknife
    assert "bootstrap chosen above does not reach" in card(page, "pairs-head")
    assert "Coded at all: the bootstrap chosen above does not reach its intervals" in card(page, "beside")


def test_the_page_opens_on_the_newest_round_in_which_something_was_rated(table: Table, client_for: ClientFor) -> None:
    def opened() -> str:
        return re.search(r"<title>[^<]*round (\d+)", look(table, client_for).text).group(1)

    empty, _ = table.round_of(1, purpose="calibration")
    table.settle(empty)
    assert opened() == str(empty.number)
    calibration = table.coded_round(CAUSES, purpose="calibration")
    nothing_in_it, _ = table.round_of(1)
    table.settle(nothing_in_it)
    assert opened() == str(calibration.number)
    reliability = table.coded_round(CAUSES)
    table.coded_round(CAUSES, purpose="calibration")
    assert opened() == str(reliability.number)


def test_kappa_bears_the_name_of_as_many_raters_as_it_is_of(table: Table, client_for: ClientFor) -> None:
    coding_round = table.coded_round(CAUSES, IMPACTS)

    told = look(table, client_for, f"?round={coding_round.number}&dimension={table.impact.id}").text

    assert "Light’s" not in told and told.count("Cohen’s κ") > 2
