"""Figures at closing: stored with the hash of what they were made of, and held against what is there later."""

import json
from dataclasses import asdict

import pytest
from sqlalchemy import select, text

from app.adjudication.actions import change_phase
from app.agreement import stored_figures
from app.agreement.figures import round_figures
from app.agreement.lens import Lens
from app.agreement.stored_differences import inputs_that_differ
from app.agreement.stored_figures import check, inputs_in, stored_set, stored_sets, with_figures
from app.agreement.stored_form import hash_of
from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.moving import move_code
from app.methods.agreement.results import FORMULAS
from app.places import tandem_version
from app.problems import NotFound
from app.rounds.policy import StillBlind
from app.studies.models import StudyEvent
from tests import makers
from tests.agreement.conftest import Table, make_table

CAUSES = [("Config", "Config"), ("Code", "Code"), ("Load", "Config"), ("Code", "Load")]
IMPACTS = [(["Slow"], ["Slow"]), (["Down"], ["Down", "Loss"]), (["Loss"], ["Loss"]), (["Slow"], ["Down"])]
OPEN = "They are told about in the paper."


def close(table: Table, coding_round, reason=OPEN):
    change_phase(table.session, table.lead, coding_round.number, "closed", reason=reason)
    return stored_set(table.session, coding_round)


def checked(table: Table, coding_round, stored):
    names = {code.id: name for name, code in table.codes.items()}
    return check(table.session, coding_round, stored, lambda code_id: names.get(code_id, str(code_id)))


def test_closing_a_round_stores_every_figure_of_its_page(table):
    coding_round = table.coded_round(CAUSES, IMPACTS)
    stored = close(table, coding_round)

    rows = round_figures(table.session, coding_round).rows
    assert [(each["kind"], each["dimension"], each["level"]) for each in stored.figures] == [
        ("reliability", table.cause.id, "code"),
        ("reliability", table.impact.id, "code"),
    ]
    for row, figure in zip(rows, stored.figures, strict=True):
        assert figure["measures"]["alpha"] == asdict(row.report.alpha)
        assert figure["measures"]["percent"] == asdict(row.report.percent)
        assert figure["codes"] == [asdict(code) for code in row.report.codes]
        assert figure["raters"] == sorted(coder.member.id for coder in table.coders)
        assert (figure["units"], figure["differing"]) == (4, row.differing)
    assert stored.figures[1]["measures"]["alpha_masi"]["value"] == rows[1].report.alpha_masi.value
    assert (stored.formulas, stored.tandem_version) == (FORMULAS, tandem_version())
    assert (stored.codebook_version_id, stored.member_id) == (coding_round.codebook_version_id, table.lead.member.id)


def test_the_hash_is_of_the_sorted_ratings_with_their_purpose_and_version(table):
    stored = close(table, coding_round := table.coded_round(CAUSES, IMPACTS))
    inputs = inputs_in(stored)

    assert stored.inputs_sha256 == hash_of(inputs)
    assert (inputs["purpose"], inputs["version"]["name"]) == ("reliability", "v1")
    cause = inputs["rows"][0]
    assert cause["ratings"] == sorted(cause["ratings"]) and len(cause["ratings"]) == 8
    assert cause["ratings"][0][2:] == ["coded", [table.codes["Config"].id]]
    assert coding_round.number == inputs["round"]


def test_a_hash_does_not_depend_on_who_handed_in_first(session):
    hashes = set()
    for backwards in (False, True):
        table = make_table(session)
        coding_round, incidents = table.round_of(2)
        for incident in reversed(incidents) if backwards else incidents:
            for coder in table.coders:
                table.submit(coder, coding_round, incident, ["Code"], ["Slow"])
        table.settle(coding_round)
        inputs = inputs_in(close(table, coding_round))
        first = {incident.id: at for at, incident in enumerate(incidents)}
        said = [[first[unit], *rest[1:]] for row in inputs["rows"] for unit, *rest in row["ratings"]]
        hashes.add(json.dumps([[at, state] for at, state, _ in said]))
    assert len(hashes) == 1


def test_recomputed_just_now_it_is_the_same(table):
    coding_round = table.coded_round(CAUSES, IMPACTS)
    found = checked(table, coding_round, close(table, coding_round))

    assert found.is_same and found.same_hash and found.is_whole


def test_a_merge_later_changes_neither_inputs_nor_numbers_of_a_frozen_round(table):
    coding_round = table.coded_round(CAUSES, IMPACTS)
    stored = close(table, coding_round)
    one, other = table.codes["Code"], table.codes["Load"]
    codebook.merge_codes(table.session, table.lead.study.id, table.lead.member, one.id, other.id, reason="The same")

    assert checked(table, coding_round, stored).is_same


def test_codes_that_are_compared_otherwise_since_are_named(session):
    """Of a live codebook the categories are those of today, so that moving a code changes them."""
    table = make_table(session)
    other, people = (
        makers.make_code(session, table.lead, table.cause, n, is_category=True) for n in ("Tech", "People")
    )
    for name, parent in (("Config", people), ("Code", other), ("Load", other)):
        put(table, name, parent)
    coding_round = table.coded_round(CAUSES, purpose="calibration")
    stored = close(table, coding_round)
    assert [each["level"] for each in stored.figures] == ["code", "category", "code"]
    put(table, "Config", other)

    found = checked(table, coding_round, stored)

    assert not found.same_hash and not found.is_same and found.is_whole and not found.formulas
    assert ["“Config” as" in each.sentence and "Categories are others" in each.sentence for each in found.inputs] == [
        True
    ]
    assert {each.key[2] for each in found.numbers} == {"category"}


def put(table: Table, name: str, parent) -> None:
    code = table.codes[name]
    move_code(table.session, table.lead.study.id, table.lead.member, code.id, parent_id=parent.id, reason="Belongs")


def test_the_category_level_is_that_of_the_page(session):
    table = make_table(session)
    other = makers.make_code(session, table.lead, table.cause, "Tech", is_category=True)
    for name in ("Code", "Load"):
        put(table, name, other)
    coding_round = table.coded_round(CAUSES, IMPACTS)
    stored = close(table, coding_round)

    row = round_figures(session, coding_round, Lens("category")).rows[0]
    figure = next(each for each in stored.figures if each["level"] == "category")
    assert figure["measures"]["alpha"] == asdict(row.report.alpha)


def test_ratings_that_came_after_a_reopening_are_counted_and_the_set_of_then_stays(table):
    coding_round, incidents = table.round_of(3)
    for incident in incidents:
        for coder in table.coders:
            if (coder, incident) != (table.coders[0], incidents[2]):
                table.submit(coder, coding_round, incident, ["Code" if coder is table.coders[0] else "Load"])
    table.settle(coding_round)
    first = close(table, coding_round)
    for phase in ("settling", "running"):
        change_phase(table.session, table.lead, coding_round.number, phase, reason="One was missing.")
    table.submit(table.coders[0], coding_round, incidents[2], ["Load"])
    change_phase(table.session, table.lead, coding_round.number, "settling")

    found = checked(table, coding_round, first)
    second = close(table, coding_round)

    assert [each.sentence for each in found.inputs] == ["1 rating more than at the closing."]
    assert found.numbers and not found.formulas
    assert [each.id for each in stored_sets(table.session, coding_round)] == [second.id, first.id]
    assert first.inputs_sha256 != second.inputs_sha256
    assert checked(table, coding_round, second).is_same and not checked(table, coding_round, first).is_same


def test_numbers_that_formulas_make_otherwise_are_told_from_inputs_that_changed(table):
    coding_round = table.coded_round(CAUSES)
    stored = close(table, coding_round)
    table.session.expunge(stored)
    stored.figures = json.loads(json.dumps(stored.figures))
    stored.figures[0]["measures"]["alpha"]["value"] += 0.01

    found = checked(table, coding_round, stored)

    assert found.same_hash and not found.is_same
    assert [(each.measure, each.key[0]) for each in found.formulas] == [("alpha", "reliability")]


def test_inputs_that_were_tampered_with_do_not_bear_their_hash(table):
    coding_round = table.coded_round(CAUSES)
    stored = close(table, coding_round)
    table.session.expunge(stored)
    inputs = inputs_in(stored)
    inputs["rows"][0]["ratings"][0][3] = [table.codes["Load"].id]
    stored.inputs = stored_figures.zlib.compress(stored_figures.canonical(inputs))

    assert not checked(table, coding_round, stored).is_whole


def test_a_row_that_waits_for_pooling_is_stored_with_its_sentence_and_without_a_figure(table):
    coding_round, (incident,) = table.round_of(1, purpose="calibration", code_sharing="private")
    for coder in table.coders:
        assignment = makers.assignment_of(table.session, coder, coding_round, incident)
        makers.act(
            table.session, coder, assignment, "create_code", dimension_id=table.cause.id, name=f"New {coder.member.id}"
        )
        makers.act(table.session, coder, assignment, "submit", incomplete=True)
    table.settle(coding_round)
    stored = close(table, coding_round)

    assert "2 proposed codes wait" in stored.figures[-1]["sentence"]
    assert [each["dimension"] for each in with_figures(stored.figures)] == [table.impact.id]


def test_promise_1_nothing_is_stored_or_checked_while_a_round_runs(table):
    coding_round, _ = table.round_of(1)

    with pytest.raises(StillBlind):
        stored_figures.store_figures(table.session, table.lead, coding_round)
    with pytest.raises(NotFound):
        stored_set(table.session, coding_round)


def test_promise_7_storing_is_recorded_with_the_hash(table):
    stored = close(table, table.coded_round(CAUSES))
    event = table.session.scalars(select(StudyEvent).where(StudyEvent.kind == "figures.stored")).one()

    assert event.details == {"stored_figures_id": stored.id, "inputs_sha256": stored.inputs_sha256}


def test_stored_figures_refuse_rewriting(table):
    close(table, table.coded_round(CAUSES))
    for statement in ("UPDATE stored_figures SET formulas = 2", "DELETE FROM stored_figures"):
        with pytest.raises(Exception, match="append-only"), table.session.begin_nested():
            table.session.execute(text(statement))


def test_a_code_that_was_renamed_changes_nothing(table):
    coding_round = table.coded_round(CAUSES)
    stored = close(table, coding_round)
    code = table.codes["Config"]
    codebook.edit_code(
        table.session, table.lead.study.id, table.lead.member, code.id, CodeText("Settings"), seen_seq=10**9,
        reason="Clearer",
    )  # fmt: skip

    assert checked(table, coding_round, stored).is_same


def test_a_code_that_was_split_since_is_said_to_leave_its_answers_out():
    row = {"kind": "calibration", "dimension": 1, "takes": "one", "ratings": [], "category": [[7, 7], [8, 8]]}
    then, now = ({"rows": [row | {"code": code}]} for code in ([[7, 7], [8, 8]], [[7, 8], [8, None]]))

    found = inputs_that_differ(then, now, {7: "Config", 8: "Code defect"}.__getitem__)

    assert [each.sentence for each in found] == [
        "Codes are compared otherwise since: “Config” as “Code defect”; answers with “Code defect” are left out, "
        "because it was split and it is not settled which part each of them means."
    ]
