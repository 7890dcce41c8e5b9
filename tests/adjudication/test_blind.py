"""Under a blind settling nobody who rules learns who coded what before they asked for it."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.adjudication import actions, policy
from app.adjudication.blind import order_of_coders
from app.adjudication.disagreement_page import disagreement_page
from app.adjudication.queries import compared
from app.adjudication.ruling_models import NameOpening
from app.adjudication.settling_rules import rules_of, write_choice
from app.coding.models import Memo
from app.studies.models import StudyEvent
from tests.adjudication.conftest import make_table

HTMX = {"HX-Request": "true"}


def make_blind(table):
    rules = replace(rules_of(table.session, table.coding_round), blind=True)
    write_choice(table.session, table.lead, table.coding_round, rules)


@pytest.fixture
def hidden(apart):
    """Ada Lund and Ben Ode coded, wrote of one another, and Ada said so in a shared memo."""
    for viewer, name in ((apart.ada, "Ada Lund"), (apart.ben, "Ben Ode")):
        viewer.member.name = name
    apart.session.flush()
    make_blind(apart)
    memo = Memo(
        study_id=apart.lead.study.id, member_id=apart.ada.member.id, assignment_id=apart.assignment(apart.ada).id,
        sharing="shared", incident_id=apart.incident.id, subject_kind="incident", text="Ben and I saw it differently.",
    )  # fmt: skip
    apart.session.add(memo)
    place = (apart.coding_round, apart.incident.id, apart.cause.id)
    actions.comment(apart.session, apart.ben, *place, "@Ada Lund look at line 2, says Ben.")
    return apart


def names_in(page):
    return [name for name in ("Ada", "Lund", "Ben", "Ode", ">AL<", ">BO<") if re.search(rf"(?<!\w){name}(?!\w)", page)]


def test_no_name_is_anywhere_in_the_page_before_it_is_asked_for(hidden, client_for):
    for viewer in (hidden.lead, hidden.judge, hidden.reader):
        browser = client_for(viewer)
        closed = browser.get(hidden.address())
        opened = browser.post(hidden.address() + "/openings", headers=HTMX)
        page = browser.get(hidden.address())

        assert [names_in(each.text) for each in (closed, opened, page)] == [[], [], []]
        assert "Configuration" in page.text and "Coder A" in page.text and "Coder B" in page.text
        assert re.search(r"@Coder [AB]</b> look at line 2, says Coder [AB]\.", page.text)
        assert re.search(r"Coder [AB] and I saw it differently\.", page.text)


def test_no_member_of_a_coder_is_told_by_id_either(hidden, client_for):
    browser = client_for(hidden.judge)
    browser.post(hidden.address() + "/openings")

    page = browser.get(hidden.address()).text

    values = re.findall(r'name="participants" value="(\w+)"', page)
    assert {"A", "B"} <= set(values)
    assert not {str(hidden.ada.member.id), str(hidden.ben.member.id)} & set(values)


def test_asking_for_the_names_is_recorded_once_and_shows_them_to_who_asked(hidden, client_for):
    browser = client_for(hidden.judge)
    browser.post(hidden.address() + "/openings")

    for _ in range(2):
        assert browser.post(hidden.address() + "/names").status_code == 303

    page = browser.get(hidden.address())
    assert "Ada Lund" in page.text and "Ben Ode" in page.text and "Coder A" not in page.text
    asked = hidden.session.scalars(select(NameOpening).where(NameOpening.study_id == hidden.lead.study.id)).all()
    assert [row.member_id for row in asked] == [hidden.judge.member.id]
    kinds = hidden.session.scalars(select(StudyEvent.kind).where(StudyEvent.study_id == hidden.lead.study.id)).all()
    assert kinds.count("names.shown") == 1
    lead = client_for(hidden.lead)
    lead.post(hidden.address() + "/openings")
    assert names_in(lead.get(hidden.address()).text) == []


def test_looking_does_not_show_the_names(hidden, client_for):
    browser = client_for(hidden.judge)

    assert browser.get(hidden.address() + "/names").status_code == 405
    assert hidden.session.scalars(select(NameOpening.id)).all() == []


def test_a_coder_knows_their_own_answer_and_no_other_name(hidden, client_for):
    browser = client_for(hidden.ada)
    browser.post(hidden.address() + "/openings")

    main = browser.get(hidden.address()).text.split('<main class="bench"')[1]

    assert "Ada Lund" in main and "you" in main
    assert [name for name in names_in(main) if name in ("Ben", "Ode")] == []


def test_a_letter_takes_part_in_a_ruling_as_the_coder_who_stands_under_it(hidden):
    hidden.opens(hidden.judge)
    [first, _] = order_of_coders(hidden.session, hidden.coding_round, compared(hidden.session, hidden.coding_round)[0])

    ruling = hidden.rules(hidden.judge, hidden.config, participant_ids=["A"])

    page = disagreement_page(hidden.session, hidden.judge, hidden.coding_round, hidden.incident.id, hidden.cause.id)
    assert ruling.id == page.rulings[0].ruling.id
    assert [member.id for member in page.rulings[0].participants] == [first]
    assert page.rulings[0].basis == "discussed"


def test_names_come_back_when_nothing_of_the_incident_waits_any_more(hidden, client_for):
    hidden.opens(hidden.judge)
    hidden.rules(hidden.judge, hidden.config)

    assert "Ada Lund" in client_for(hidden.judge).get(hidden.address()).text


def test_names_stay_hidden_while_another_dimension_of_the_incident_waits(table, client_for):
    table.codes(table.ada, [table.config], [table.slow])
    table.codes(table.ben, [table.network], [table.down])
    table.steps_to("settling")
    make_blind(table)
    table.opens(table.judge)
    table.rules(table.judge, table.config)

    page = client_for(table.judge).get(table.address()).text

    assert table.ada.name not in page and table.ben.name not in page


def test_the_order_of_coders_is_drawn_for_each_incident(session):
    table = make_table(session, incidents=12)
    for at in range(12):
        table.codes(table.ada, [table.config], "", at=at)
        table.codes(table.ben, [table.network], "", at=at)
    table.steps_to("settling")
    found = compared(session, table.coding_round)
    named = {tuple(order_of_coders(session, table.coding_round, each)) for each in found}
    make_blind(table)
    drawn = {tuple(order_of_coders(session, table.coding_round, each)) for each in found}

    both = (table.ada.member.id, table.ben.member.id)
    assert named == {both}
    assert drawn == {both, both[::-1]}


def test_a_letter_that_nobody_stands_under_is_not_found(hidden):
    hidden.opens(hidden.judge)

    with pytest.raises(policy.NotFound):
        hidden.rules(hidden.judge, hidden.config, participant_ids=["Z"])


def test_a_mention_does_not_name_the_coder_who_calls_either(hidden, client_for):
    hidden.judge.member.name = "Ruth Hall"
    place = (hidden.coding_round, hidden.incident.id, hidden.cause.id)
    actions.comment(hidden.session, hidden.ben, *place, "@Ruth Hall Ada is right, says Ben Ode.")
    browser = client_for(hidden.judge)
    address = f"/studies/{hidden.lead.study.slug}/mentions"
    browser.post(address + "/openings")

    page = browser.get(address).text

    assert names_in(page) == []
    assert re.search(r"Coder [AB] is right, says Coder [AB]\.", page)


@pytest.fixture
def audited(session):
    """Ada Lund alone coded one incident, and her answer is drawn for an audit."""
    table = make_table(session)
    table.ada.member.name = "Ada Lund"
    rules = replace(rules_of(session, table.coding_round), audit_share=1.0, blind=True)
    write_choice(session, table.lead, table.coding_round, rules)
    table.codes(table.ada, [table.config], "")
    table.steps_to("settling")
    return table


def audit_pages(table, viewer, client_for):
    """Before it is opened, opened, and confirmed."""
    browser = client_for(viewer)
    closed = browser.get(table.address())
    browser.post(table.address() + "/openings")
    opened = browser.get(table.address())
    assert browser.post(table.address() + "/confirmations").status_code == 303
    return closed, opened, browser.get(table.address())


def test_a_single_coder_under_audit_stands_as_a_letter_also_when_it_is_confirmed(audited, client_for):
    closed, opened, confirmed = audit_pages(audited, audited.judge, client_for)

    assert [names_in(page.text) for page in (closed, opened, confirmed)] == [[], [], []]
    assert "Coder A" in opened.text and "Coder A" in confirmed.text and "Configuration" in opened.text
    browser = client_for(audited.judge)
    browser.post(audited.address() + "/names")
    assert "Ada Lund" in browser.get(audited.address()).text


def test_the_coder_of_an_audited_answer_is_named_once_it_is_ruled_on(audited, client_for):
    audited.opens(audited.judge)
    audited.rules(audited.judge, audited.network)

    assert "Ada Lund" in client_for(audited.judge).get(audited.address()).text


def test_where_settling_is_not_blind_an_audit_names_its_coder(audited, client_for):
    rules = replace(rules_of(audited.session, audited.coding_round), blind=False)
    write_choice(audited.session, audited.lead, audited.coding_round, rules)

    assert "Ada Lund" in audit_pages(audited, audited.judge, client_for)[1].text
