"""A round looked at by category, under other codebooks and by cohort, against figures made by nltk."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.agreement.by_cohort import alpha_by_cohort, cohorts_of
from app.agreement.figured_rows import looked_at
from app.agreement.figures import POST_HOC, RoundFigures, Row, round_figures
from app.agreement.lens import LIVE, PLAIN, Lens, lens_of
from app.agreement.ratings import ratings
from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.models import CodebookVersion
from app.codebook.splitting import split_code
from app.curation.post_hoc_statement import post_hoc_lines
from app.db.session import Database
from app.db.shared import SHARED, Shared
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import StillBlind
from app.rounds.queries import incidents_of, round_by_number
from tests import makers
from tests.agreement.conftest import Table, make_table
from tests.agreement.test_figures import CAUSES, coined_round, nltk_alpha, row_of

CATEGORY = {"Config": "Change", "Code": "Change", "Load": "Load"}


def merge(table: Table, code: str, into: str) -> None:
    study_id, member = table.lead.study.id, table.lead.member
    codebook.merge_codes(table.session, study_id, member, table.codes[code].id, table.codes[into].id, reason="same")


def name_version(table: Table, name: str) -> CodebookVersion:
    return codebook.name_version(table.session, table.lead.study.id, table.lead.member, name=name)


def under(table: Table, coding_round: Round, version: CodebookVersion | str, **look: str) -> Lens:
    asked = version if isinstance(version, str) else str(version.id)
    return lens_of(table.session, coding_round, asked_version=asked, **look)


def as_said(**become: str | None) -> list[tuple[str | None, ...]]:
    return [tuple(become.get(name, name) for name in pair) for pair in CAUSES]


def value_of(figures: RoundFigures, table: Table, kind: str) -> float | None:
    headline = row_of(figures, table, kind).headline
    assert headline is not None
    return headline.value


def under_a_category(table: Table) -> None:
    """Config and Code stand under Change before anything is coded."""
    change = makers.make_code(table.session, table.lead, table.cause, "Change", is_category=True)
    for name in ("Config", "Code"):
        table.codes[name] = makers.make_code(table.session, table.lead, table.cause, f"{name} put", parent_id=change.id)


def put_in_cohorts(table: Table, coding_round: Round, names: Sequence[str | None]) -> None:
    for incident, name in zip(incidents_of(table.session, coding_round), names, strict=True):
        incident.cohort = name
    table.session.flush()


def test_by_category_codes_of_one_category_agree_and_it_stays_reliability(table: Table) -> None:
    under_a_category(table)
    coding_round = table.coded_round(CAUSES)

    figures = round_figures(table.session, coding_round, Lens("category"))

    row = row_of(figures, table, "reliability")
    assert row.is_reliability and row.words == "Reliability (by category)"
    assert value_of(figures, table, "reliability") == pytest.approx(nltk_alpha(as_said(**CATEGORY)))
    assert value_of(round_figures(table.session, coding_round), table, "reliability") == pytest.approx(
        nltk_alpha(CAUSES)
    )


def test_a_category_made_after_the_round_does_not_touch_its_own_figures(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    before = round_figures(table.session, coding_round, Lens("category"))
    merge(table, "Load", "Code")

    after = round_figures(table.session, coding_round, Lens("category"))

    assert value_of(after, table, "reliability") == value_of(before, table, "reliability")
    assert value_of(after, table, "reliability") == pytest.approx(nltk_alpha(CAUSES))


@pytest.mark.parametrize("version", ["named", LIVE])
def test_promise_9_a_figure_under_another_version_is_post_hoc_and_the_reliability_row_stays(
    table: Table, version: str
) -> None:
    coding_round = table.coded_round(CAUSES)
    before = row_of(round_figures(table.session, coding_round), table, "reliability")
    merge(table, "Load", "Code")
    lens = under(table, coding_round, name_version(table, "Merged") if version == "named" else version)

    figures = round_figures(table.session, coding_round, lens)

    row = row_of(figures, table, POST_HOC)
    assert row_of(figures, table, "reliability").report == before.report
    assert not row.is_reliability and row not in figures.reliability and row in figures.apart
    scored = "Merged" if version == "named" else "the live codebook"
    assert row.words == f"Scored under {scored}: post hoc, not a reliability estimate"
    assert value_of(figures, table, POST_HOC) == pytest.approx(nltk_alpha(as_said(Load="Code")))


def test_what_was_no_reliability_keeps_its_name_under_another_version(table: Table) -> None:
    coding_round = table.coded_round(CAUSES, purpose="calibration")
    merge(table, "Load", "Code")
    lens = under(table, coding_round, name_version(table, "Merged"))

    row = row_of(round_figures(table.session, coding_round, lens), table, POST_HOC)

    assert row.words == "Calibration: not a reliability estimate; scored under Merged: post hoc"


def test_the_rounds_own_version_named_by_its_id_is_its_own(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    own = coding_round.codebook_version_id

    assert lens_of(table.session, coding_round, asked_version=str(own)) == PLAIN


def test_the_live_codebook_is_a_live_rounds_own(table: Table) -> None:
    coding_round = table.coded_round(CAUSES, purpose="calibration")

    assert coding_round.codebook_version_id is None
    assert lens_of(table.session, coding_round, asked_version=LIVE) == PLAIN


def test_a_code_split_by_the_version_is_left_out_as_missing_and_never_guessed(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    parts = [CodeText("A bad push"), CodeText("Drift")]
    split_code(table.session, table.lead.study.id, table.lead.member, table.codes["Config"].id, parts, reason="two")
    lens = under(table, coding_round, name_version(table, "Split"))

    row = row_of(round_figures(table.session, coding_round, lens), table, POST_HOC)

    assert row.headline is not None
    assert row.headline.value == pytest.approx(nltk_alpha(as_said(Config=None)))
    assert row.unresolved == sum(pair.count("Config") for pair in CAUSES)
    assert f"{row.unresolved} answers are left out: with a code that is not in that codebook" in row.words


def test_a_code_that_an_older_version_does_not_have_is_left_out(table: Table) -> None:
    older = name_version(table, "Older")
    table.codes["Load"] = makers.make_code(table.session, table.lead, table.cause, "Overload")
    coding_round = table.coded_round(CAUSES)

    row = row_of(round_figures(table.session, coding_round, under(table, coding_round, older)), table, POST_HOC)

    assert row.headline is not None
    assert row.headline.value == pytest.approx(nltk_alpha(as_said(Load=None)))
    assert row.unresolved == sum(pair.count("Load") for pair in CAUSES)


def test_the_page_and_the_statement_of_a_version_give_the_same_post_hoc_figure(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    makers.move_round(table.session, table.lead, coding_round, "closed")
    merge(table, "Load", "Code")
    version = name_version(table, "Merged")

    row = row_of(round_figures(table.session, coding_round, under(table, coding_round, version)), table, POST_HOC)
    stated = [line for lines in post_hoc_lines(table.session, version) for line in lines.lines]

    assert row.headline is not None and row.report is not None
    drawn = next(line for line in stated if line.dimension == "Root cause").whisker
    assert drawn is not None
    assert (drawn.value, drawn.low, drawn.high) == (row.headline.value, row.headline.low, row.headline.high)


def test_private_new_codes_are_scored_under_no_version_until_they_are_pooled(table: Table) -> None:
    coding_round, coined = coined_round(table, ["Quota", "Quota limit"])
    waiting = name_version(table, "Waiting")

    row = row_of(round_figures(table.session, coding_round, under(table, coding_round, waiting)), table, POST_HOC)
    assert row.report is None and "it is not settled what each of them means" in row.sentence

    study_id, member = table.lead.study.id, table.lead.member
    codebook.merge_codes(table.session, study_id, member, coined[1], coined[0], reason="the same idea")
    pooled = name_version(table, "Pooled")
    figures = round_figures(table.session, coding_round, under(table, coding_round, pooled))
    assert value_of(figures, table, POST_HOC) == pytest.approx(nltk_alpha([("Quota", "Quota"), *CAUSES[1:]]))
    assert row_of(figures, table, POST_HOC).words.startswith("Mapped after coding: not a reliability estimate")
    still = round_figures(table.session, coding_round, under(table, coding_round, waiting))
    assert row_of(still, table, POST_HOC).report is None


def test_one_cohort_takes_only_its_incidents(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    put_in_cohorts(table, coding_round, ["GenAI"] * 6 + ["Classic"] * 4)

    figures = round_figures(table.session, coding_round, Lens(cohorts=("GenAI",)))

    row = row_of(figures, table, "reliability")
    assert value_of(figures, table, "reliability") == pytest.approx(nltk_alpha(CAUSES[:6]))
    assert row.headline is not None and row.headline.n == 6 and len(row.incident_ids) == 6
    assert row.words == "Reliability (cohort GenAI)"
    assert (figures.incidents, figures.assignments, figures.not_handed_in) == (6, 12, 0)
    assert figures.beside[0].coded == 12


def test_alpha_by_cohort_is_that_of_the_cohort_alone(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    put_in_cohorts(table, coding_round, ["GenAI"] * 5 + [None] + ["Classic"] * 4)
    figures = round_figures(table.session, coding_round)

    found = alpha_by_cohort(table.session, figures, row_of(figures, table, "reliability"))

    assert cohorts_of(table.session, coding_round) == [("Classic", 4), ("GenAI", 5), ("", 1)]
    assert [(each.name, each.incidents, each.alpha.n) for each in found] == [
        ("Classic", 4, 4), ("GenAI", 5, 5), ("No cohort", 1, 1),
    ]  # fmt: skip
    assert found[0].alpha.value == pytest.approx(nltk_alpha(CAUSES[6:]))
    assert found[1].alpha.value == pytest.approx(nltk_alpha(CAUSES[:5]))


def test_without_two_cohorts_there_is_nothing_to_set_beside_each_other(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    figures = round_figures(table.session, coding_round)

    assert alpha_by_cohort(table.session, figures, figures.rows[0]) == []


def test_whoever_counts_something_else_of_a_row_counts_the_same_ratings(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    put_in_cohorts(table, coding_round, ["GenAI"] * 6 + ["Classic"] * 4)
    merge(table, "Load", "Code")
    lens = under(table, coding_round, name_version(table, "Merged"), cohorts=("GenAI",))  # type: ignore[arg-type]

    for row in round_figures(table.session, coding_round, lens).rows:
        chosen, code_of = looked_at(table.session, coding_round, row)
        rated = ratings(row.dimension, *chosen, code_of)
        assert row.report is not None
        assert (rated.patterns.units, rated.patterns.ratings) == (row.report.units, row.report.ratings)
        assert {code.code for code in row.report.codes} == set(rated.patterns.values)


def test_figures_are_shared_between_looks_but_never_between_lenses(table: Table) -> None:
    table.session.info[SHARED] = Shared()
    coding_round = table.coded_round(CAUSES)
    put_in_cohorts(table, coding_round, ["GenAI"] * 6 + ["Classic"] * 4)
    merge(table, "Load", "Code")
    lens = under(table, coding_round, name_version(table, "Merged"))
    looks = [PLAIN, Lens("category"), Lens(cohorts=("GenAI",)), Lens(cohorts=("Classic",)), lens]

    first = [round_figures(table.session, coding_round, look) for look in looks]
    again = [round_figures(table.session, coding_round, look) for look in looks]

    assert [[id(row) for row in each.rows] for each in first] == [[id(row) for row in each.rows] for each in again]
    assert [each.lens for each in again] == looks
    apart = [row_of(each, table, "reliability").words for each in again[:4]]
    assert len(set(apart)) == 4
    # The table belongs to one test; nothing that it shares may outlive it.
    del table.session.info[SHARED]


def test_a_lens_does_not_open_a_running_round(table: Table) -> None:
    coding_round, _ = table.round_of(2)

    for lens in (Lens("category"), Lens(cohorts=("GenAI",)), under(table, coding_round, LIVE)):
        with pytest.raises(StillBlind):
            round_figures(table.session, coding_round, lens)


@pytest.mark.parametrize("asked", ["99999", "x", "-1", "9" * 30])
def test_a_version_that_there_is_not_is_not_found(table: Table, asked: str) -> None:
    coding_round = table.coded_round(CAUSES[:2])

    with pytest.raises(NotFound):
        lens_of(table.session, coding_round, asked_version=asked)


def test_another_studys_version_is_not_found(session: Session, table: Table) -> None:
    coding_round = table.coded_round(CAUSES[:2])
    version = name_version(make_table(session), "Elsewhere")

    with pytest.raises(NotFound):
        lens_of(session, coding_round, asked_version=str(version.id))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(merges=st.lists(st.permutations(["Config", "Code", "Load"]), max_size=2), by_category=st.booleans())
def test_promise_9_whatever_is_merged_nothing_scored_under_it_is_called_reliability(
    session: Session, merges: list[list[str]], by_category: bool
) -> None:
    table = make_table(session)
    coding_round = table.coded_round(CAUSES[:4])
    before = [row.report for row in round_figures(session, coding_round).rows]
    gone: set[str] = set()
    for code, into, _ in merges:
        if not gone & {code, into}:
            merge(table, code, into)
            gone.add(code)
    level = "category" if by_category else "code"

    for version in (LIVE, name_version(table, "Then")):
        lens = under(table, coding_round, version, level=level)
        figures = round_figures(session, coding_round, lens)
        scored: list[Row] = [row for row in figures.rows if row.lens.is_post_hoc]
        assert len(scored) == len(figures.codebook.dimensions)
        assert all("post hoc" in row.words and not row.is_reliability for row in scored)
        assert all(not row.lens.is_post_hoc and "post hoc" not in row.words for row in figures.reliability)
    assert [row.report for row in round_figures(session, coding_round).rows] == before


def test_a_later_look_sees_what_changed_since(own_database: URL) -> None:
    """Each page asks once how a round stands; the next one asks again."""
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        table = make_table(session)
        number = table.coded_round(CAUSES).number

    def look() -> float | None:
        with database.reading() as session:
            coding_round = round_by_number(session, table.lead.study.id, number)
            lens = lens_of(session, coding_round, asked_version=LIVE)
            once, again = (round_figures(session, coding_round, lens) for _ in range(2))
            assert [id(row) for row in once.rows] == [id(row) for row in again.rows]
            return value_of(once, table, POST_HOC)

    assert look() == pytest.approx(nltk_alpha(CAUSES))
    with database.transaction() as session:
        merge(replace(table, session=session), "Load", "Code")
    assert look() == pytest.approx(nltk_alpha(as_said(Load="Code")))
    database.dispose()
