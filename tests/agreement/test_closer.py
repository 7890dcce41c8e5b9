"""The closer look at a dimension: pairs, confusion of codes, evidence, silent repeats and what was skipped."""

import pytest
from sklearn.metrics import cohen_kappa_score
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.asked import Asked
from app.agreement.closer import CloserLook, closer_look
from app.agreement.page import agreement_page
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from tests import makers
from tests.agreement.conftest import Table, make_table
from tests.support.clients import ClientFor

CAUSES = [
    ("Config", "Config", "Config"), ("Code", "Code", "Load"), ("Load", "Load", "Load"), ("Config", "Code", "Config"),
    ("Code", "Code", "Code"), ("Load", "Config", "Load"), ("Config", "Config", "Code"), ("Load", "Load", "Load"),
]  # fmt: skip
PUSH, GATEWAY = "a bad config push", "The gateway returned 502"


def look(table: Table, coding_round: Round, *, by: Viewer | None = None, sets: bool = False) -> CloserLook:
    viewer, dimension = by or table.lead, table.impact if sets else table.cause
    page = agreement_page(table.session, viewer, coding_round, Asked(dimension=dimension.id))
    found = closer_look(table.session, viewer, page)
    assert found is not None
    return found


def coded_with(table: Table, coder: Viewer, coding_round: Round, incident: Incident, code: str, words: str) -> None:
    """On the root cause; words: the quote under it, "" where there is none."""
    hand_in_quoting(table, coder, makers.assignment_of(table.session, coder, coding_round, incident), code, words)


def hand_in_quoting(table: Table, coder: Viewer, assignment: Assignment, code: str, words: str) -> None:
    session = table.session
    where = {"dimension_id": table.cause.id, "code_id": table.codes[code].id}
    makers.act(session, coder, assignment, "toggle_code", **where)
    if words:
        start = makers.TEXT.index(words)
        span = {"start": start, "end": start + len(words), "quote": words}
        makers.act(session, coder, assignment, "add_evidence", **where, **span)
    makers.act(session, coder, assignment, "submit", incomplete=True)


def test_each_pair_of_coders_has_its_kappa_in_a_cell_that_leads_to_its_incidents(session: Session) -> None:
    table = make_table(session, coders=3)
    found = look(table, table.coded_round(CAUSES))

    assert found.pair_heat is not None
    cells = {(row, column): cell for row, r in enumerate(found.pair_heat.rows) for column, cell in enumerate(r.cells)}
    for row, column in ((1, 0), (2, 0), (2, 1)):
        kappa = cohen_kappa_score([said[column] for said in CAUSES], [said[row] for said in CAUSES])
        cell = cells[row, column]
        assert cell.number == f"{kappa:.2f}".removeprefix("0")
        assert cell.interval.startswith("[") and "n = 8" in cell.words and "%" in cell.words
        ids = sorted((table.coders[row].member.id, table.coders[column].member.id))
        assert f"of=pair&a={ids[0]}&b={ids[1]}" in cell.query
        assert cell.heat == 1 + sum(kappa > step for step in (0, 0.2, 0.4, 0.6, 0.8))
    assert len(found.pairs) == 3


def test_a_pair_that_shares_no_incident_says_why_its_cell_is_empty(session: Session) -> None:
    table = make_table(session, coders=3)
    coding_round, incidents = table.round_of(2)
    ada, ben, cat = table.coders
    table.submit(ada, coding_round, incidents[0], ["Config"])
    table.submit(ben, coding_round, incidents[0], ["Config"])
    table.submit(ben, coding_round, incidents[1], ["Code"])
    table.submit(cat, coding_round, incidents[1], ["Load"])
    found = look(table, table.settle(coding_round))

    assert found.pair_heat is not None
    empty = found.pair_heat.rows[2].cells[0]
    assert (empty.number, empty.query) == ("–", "")
    assert "These two raters rated no unit in common" in empty.words
    one_code = found.pair_heat.rows[1].cells[0]
    assert one_code.number == "–" and "Everyone used one and the same code" in one_code.words and one_code.query


def test_codes_that_were_taken_for_each_other_are_counted_the_most_frequent_first(session: Session) -> None:
    table = make_table(session, coders=3)
    found = look(table, table.coded_round(CAUSES))

    told = [(frozenset([each.first, each.second]), each.times) for each in found.confused]
    assert dict(told) == {
        frozenset(["Config", "Code"]): 4,
        frozenset(["Code", "Load"]): 2,
        frozenset(["Config", "Load"]): 2,
    }
    assert told[0][1] == 4 and found.confused[0].share == pytest.approx(0.5)
    assert found.confusion_heat is not None
    names = found.confusion_heat.columns
    row, column = sorted((names.index("Config"), names.index("Code")), reverse=True)
    cell = found.confusion_heat.rows[row].cells[column]
    assert (cell.number, cell.heat) == ("4", 6)
    diagonal = {row.name: row.cells[-1].number for row in found.confusion_heat.rows}
    assert diagonal == {"Config": "5", "Code": "4", "Load": "7"}


def test_of_sets_the_codes_that_stood_in_each_others_place_are_listed(table: Table) -> None:
    impacts = [(("Slow", "Down"), ("Slow", "Loss")), (("Slow",), ("Slow", "Down")), (("Loss",), ("Loss",))]
    found = look(table, table.coded_round([("Config", "Config")] * 3, impacts), sets=True)

    told = {frozenset([each.first, each.second]): each.times for each in found.confused}
    assert told == {frozenset(["Down", "Loss"]): 1, frozenset(["Down", "nothing in its place"]): 1}
    assert found.confusion_heat is None


def test_same_codes_are_compared_by_the_characters_of_their_evidence(table: Table) -> None:
    coding_round, incidents = table.round_of(4)
    ada, ben = table.coders
    for incident, (one, other) in zip(
        incidents, [(PUSH, PUSH), (PUSH, GATEWAY), (PUSH, ""), (PUSH, PUSH)], strict=True
    ):
        coded_with(table, ada, coding_round, incident, "Config", one)
        coded_with(table, ben, coding_round, incident, "Config" if incident != incidents[3] else "Load", other)
    evidence = look(table, table.settle(coding_round)).evidence

    assert (evidence.found.compared, evidence.found.disjoint, evidence.found.without) == (2, 1, 1)
    assert evidence.share.value == "50 %" and evidence.share.n == 2
    assert [line.share.value for line in evidence.pairs] == ["50 %"]


def repeated_round(table: Table) -> tuple[Round, dict[int, list[Assignment]]]:
    """Eight incidents of one coder, two of them twice; the second time the coder says Load on one of the two."""
    incidents = makers.make_incidents(table.session, table.lead, 8)
    coding_round = makers.make_round(table.session, table.lead, table.coders, incidents, repeats=0.25)
    of_round = select(Assignment).where(Assignment.round_id == coding_round.id).order_by(Assignment.order)
    assignments = table.session.scalars(of_round).all()
    mine = {c.member.id: [a for a in assignments if a.member_id == c.member.id] for c in table.coders}
    return coding_round, mine


def hand_in_all(table: Table, mine: dict[int, list[Assignment]]) -> None:
    for coder in table.coders:
        seconds = 0
        for assignment in mine[coder.member.id]:
            seconds += assignment.pass_ == 2
            said = "Load" if assignment.pass_ == 2 and seconds == 1 else "Config"
            makers.code_and_submit(table.session, coder, assignment, {table.cause.id: [table.codes[said]]})


def test_silent_repeats_tell_how_steady_each_coder_is(table: Table) -> None:
    coding_round, mine = repeated_round(table)
    hand_in_all(table, mine)
    repeats = look(table, table.settle(coding_round)).repeats

    assert [each.member.id for each in repeats] == [coder.member.id for coder in table.coders]
    for each in repeats:
        assert (each.found.repeats, each.found.apart, each.found.exposed) == (2, 1, 0)
        assert each.percent.value == "50 %" and each.percent.n == 2
        assert each.alpha.interval or each.alpha.sentence
        assert f"of=repeats&a={each.member.id}" in each.query


def test_a_repeat_with_something_seen_in_between_is_left_out_and_said(table: Table) -> None:
    coding_round, mine = repeated_round(table)
    ada = table.coders[0]
    again = next(each for each in mine[ada.member.id] if each.pass_ == 2)
    seen = table.session.get_one(Incident, again.incident_id)
    for assignment in mine[ada.member.id]:
        if assignment.pass_ == 2 and assignment.id == again.id:
            table.show_suggestion(ada, seen)
        makers.code_and_submit(table.session, ada, assignment, {table.cause.id: [table.codes["Config"]]})
    repeats = look(table, table.settle(coding_round)).repeats

    assert [(each.found.repeats, each.found.exposed) for each in repeats] == [(1, 1)]


def test_whether_coders_agree_on_what_to_code_at_all_stands_beside(table: Table) -> None:
    coding_round, incidents = table.round_of(4)
    ada, ben = table.coders
    for incident in incidents:
        table.submit(ada, coding_round, incident, ["Config"])
    for incident in incidents[:3]:
        table.submit(ben, coding_round, incident, ["Config"])
    skipped = makers.assignment_of(table.session, ben, coding_round, incidents[3])
    makers.act(table.session, ben, skipped, "skip", reason="not an incident")
    inclusion = look(table, table.settle(coding_round)).inclusion

    assert inclusion.found.skipped_by_some == (incidents[3].id,)
    assert inclusion.percent.value == "75 %" and inclusion.percent.n == 4
    assert "of=skipped" in inclusion.query


def test_who_still_codes_some_of_the_incidents_elsewhere_is_told_no_count_under_three(session: Session) -> None:
    table = make_table(session, coders=3)
    coding_round, incidents = table.round_of(len(CAUSES))
    for incident, causes in zip(incidents, CAUSES, strict=True):
        for coder, cause in zip(table.coders, causes, strict=True):
            table.submit(coder, coding_round, incident, [cause])
    table.settle(coding_round)
    newcomer = makers.make_member(session, table.lead)
    makers.make_round(session, table.lead, [newcomer], incidents[:1])

    whole, kept = look(table, coding_round), look(table, coding_round, by=newcomer)

    assert (whole.veiled, kept.veiled) == (False, True)
    assert [each.times for each in whole.confused] == [4, 2, 2] and [each.times for each in kept.confused] == [4]
    assert kept.confusion_heat is not None
    numbers = [cell.number for row in kept.confusion_heat.rows for cell in row.cells]
    assert numbers.count("<3") == 2 and "2" not in numbers and "·" not in numbers
    assert not [c for row in kept.confusion_heat.rows for c in row.cells if c.number == "<3" and c.query]


def test_what_the_choice_of_bootstrap_does_not_reach_is_said_beside_it(table: Table, client_for: ClientFor) -> None:
    coding_round, mine = repeated_round(table)
    for coder in table.coders:
        for assignment in mine[coder.member.id]:
            hand_in_quoting(table, coder, assignment, "Config", PUSH)
    table.settle(coding_round)
    address = f"/studies/{table.lead.study.slug}/agreement?round={coding_round.number}&interval=bootstrap"

    page = client_for(table.lead).get(address).text

    for heading in ("pairs", "evidence", "repeats"):
        told = page[page.index(f'id="{heading}"') :].split("</section>")[0]
        assert "bootstrap chosen above does not reach" in told
