"""After a change of the codebook: which incidents it makes stale and why, and the round that codes it again."""

import re

import pytest
from sqlalchemy import select

from app.adjudication.actions import change_phase
from app.codebook.actions import CodeText, edit_code, merge_codes, name_version, retire_code
from app.codebook.splitting import split_code
from app.coding.models import Exposure
from app.curation import stale_actions
from app.curation.stale import diff, stale_incidents, unreviewed
from app.curation.stale_actions import RecodingPlan
from app.curation.stale_page import Span, stale_page
from app.findings.awaiting import awaiting
from app.problems import NotAllowed
from app.rounds.models import Round
from app.rounds.queries import incident_ids_of
from tests import makers
from tests.curation.comparing import Quotes, make_quotes

WIDER = "Also where a limit was set."


@pytest.fixture
def quotes(session) -> Quotes:
    """Final causes: INC-1 Configuration, INC-2 not settled, INC-3 Network. Symptom of INC-1: Slow answers, Outage."""
    made = make_quotes(session)
    made.table.steps_to("settling")
    return made


def rewords(quotes: Quotes, code, definition: str = WIDER) -> None:
    table = quotes.table
    words = CodeText(code.name, definition)
    edit_code(
        quotes.session, table.lead.study.id, table.lead.member, code.id, words, seen_seq=10**9, reason="Two read it so."
    )


def found(quotes: Quotes, viewer=None, *, since: int | None = None) -> dict[int, list[tuple[str, str, str]]]:
    """Number of the incident -> (how, kind of change, code that changed)."""
    quotes.session.expire_all()
    numbers = {incident.id: incident.number for incident in quotes.table.incidents}
    viewer = viewer or quotes.table.lead
    every = stale_incidents(quotes.session, viewer, diff(quotes.session, viewer, since, None))
    return {
        numbers[each.incident_id]: [(one.how, one.change.kind, one.change.code.name) for one in each.reasons]
        for each in every
    }


def address(quotes: Quotes, *more: str) -> str:
    return "/".join((f"/studies/{quotes.table.lead.study.slug}/codebook/stale", *more))


def test_nothing_is_stale_as_long_as_nothing_changed(quotes: Quotes):
    assert found(quotes) == {} and unreviewed(quotes.session, quotes.table.lead) == 0


def test_who_bears_a_reworded_code_must_be_looked_at_and_its_siblings_may_be(quotes: Quotes):
    table = quotes.table
    rewords(quotes, table.config)
    assert found(quotes) == {
        1: [("bears", "reworded", "Configuration")],
        3: [("sibling", "reworded", "Configuration")],
    }
    assert unreviewed(quotes.session, table.lead) == 1
    assert "1 incident to look at again" in [each.words for each in awaiting(quotes.session, table.lead)]
    assert not any("look at again" in each.words for each in awaiting(quotes.session, table.ada))


def test_what_was_coded_after_the_change_is_not_stale_by_it(quotes: Quotes):
    table = quotes.table
    rewords(quotes, table.config)
    later = makers.make_round(
        quotes.session, table.lead, [table.ada], table.incidents[:1], coders_per_incident=1, purpose="recoding"
    )
    quotes.quotes(table.ada, table.config, coding_round=later)
    quotes.hands_in(table.ada, coding_round=later)
    assert 1 in found(quotes), "as long as the round runs the old answer is final"
    change_phase(quotes.session, table.lead, later.number, "settling")
    assert 1 not in found(quotes) and unreviewed(quotes.session, table.lead) == 0


def test_a_later_revision_that_says_nothing_new_makes_nothing_stale_again(quotes: Quotes):
    table = quotes.table
    rewords(quotes, table.config)
    later = makers.make_round(
        quotes.session, table.lead, [table.ada], table.incidents[:1], coders_per_incident=1, purpose="recoding"
    )
    quotes.quotes(table.ada, table.config, coding_round=later)
    quotes.hands_in(table.ada, coding_round=later)
    change_phase(quotes.session, table.lead, later.number, "settling")
    assert unreviewed(quotes.session, table.lead) == 0

    synonym = CodeText(table.config.name, WIDER, synonyms=("Setting",))
    study_id, member = table.lead.study.id, table.lead.member
    edit_code(quotes.session, study_id, member, table.config.id, synonym, seen_seq=10**9, reason="Found.")

    assert 1 not in found(quotes) and unreviewed(quotes.session, table.lead) == 0
    rewords(quotes, table.config, "Only where a limit was set.")
    assert ("bears", "reworded", "Configuration") in found(quotes)[1]


def test_a_round_frozen_under_the_old_wording_leaves_its_incidents_stale(quotes: Quotes):
    table = quotes.table
    version = name_version(quotes.session, table.lead.study.id, table.lead.member, name="v1")
    later = makers.make_round(
        quotes.session, table.lead, [table.ada], table.incidents[1:2], coders_per_incident=1, version_id=version.id
    )
    rewords(quotes, table.config)
    quotes.quotes(table.ada, table.config, coding_round=later, at=1)
    quotes.hands_in(table.ada, coding_round=later, at=1)
    change_phase(quotes.session, table.lead, later.number, "settling")
    assert ("bears", "reworded", "Configuration") in found(quotes)[2]


def test_a_split_code_is_a_worklist_until_each_of_its_incidents_is_settled_anew(quotes: Quotes):
    table = quotes.table
    parts = [CodeText("Wrong value"), CodeText("Wrong rollout")]
    study_id, lead = table.lead.study.id, table.lead
    _, rollout = split_code(quotes.session, study_id, lead.member, table.config.id, parts, reason="Two things.")
    assert found(quotes)[1] == [("bears", "split", "Configuration")]
    assert found(quotes)[3] == [("sibling", "split", "Configuration")]
    assert unreviewed(quotes.session, lead) == 1
    quotes.opens(lead, table.config)
    assert [entry.name for entry in quotes.page(lead, table.config).around] == ["Wrong value", "Wrong rollout"]
    stale_actions.open_stale(quotes.session, lead, Span())
    reasons = stale_page(quotes.session, lead, Span()).lines[0].reasons
    assert reasons == ("Bears “Configuration”, which was split: choose one of “Wrong value”, “Wrong rollout”",)

    quotes.moves(lead, table.config, quotes.ids(lead, table.config, at=0), rollout)

    assert quotes.final(table.cause) == {("coded", False, "recoded")}
    assert 1 not in found(quotes) and unreviewed(quotes.session, lead) == 0


def test_a_retired_code_and_one_that_others_were_merged_into_are_told(quotes: Quotes):
    table = quotes.table
    study_id, member = table.lead.study.id, table.lead.member
    retire_code(quotes.session, study_id, member, table.network.id, reason="no use")
    merge_codes(quotes.session, study_id, member, table.human.id, table.config.id, reason="the same")
    assert found(quotes)[3][0] == ("bears", "retired", "Network")
    assert found(quotes)[1][0] == ("bears", "merged", "Human procedure")
    assert unreviewed(quotes.session, table.lead) == 1, "who merged codes has said that they mean the same"


def test_incidents_like_a_new_code_are_found_by_its_words_the_most_alike_first(session):
    quotes = make_quotes(session, incidents=3)
    table = quotes.table
    texts = ("The disk was full, and the disk stayed full.", "A disk failed.", "Nothing of that kind.")
    more = [makers.make_incidents(session, table.lead, 1, text=text)[0] for text in texts]
    second = makers.make_round(session, table.lead, [table.ada], more, coders_per_incident=1)
    for incident in more:
        own = makers.assignment_of(session, table.ada, second, incident)
        makers.code_and_submit(session, table.ada, own, {table.cause.id: [table.human]})
    table.steps_to("settling")
    change_phase(session, table.lead, second.number, "settling")
    makers.make_code(session, table.lead, table.cause, "Storage", definition="A disk that is full or failing.")
    ranks = {
        each.incident_id: reason.rank
        for each in stale_incidents(session, table.lead, diff(session, table.lead, None, None))
        for reason in each.reasons
        if reason.how == "similar"
    }
    assert set(ranks) == {more[0].id, more[1].id} and ranks[more[0].id] > ranks[more[1].id] > 0


def test_between_two_versions_only_what_changed_there_counts(quotes: Quotes):
    table = quotes.table
    study_id, lead = table.lead.study.id, table.lead
    rewords(quotes, table.config)
    first = name_version(quotes.session, study_id, lead.member, name="v1")
    rewords(quotes, table.network)
    name_version(quotes.session, study_id, lead.member, name="v2")
    rewords(quotes, table.human)
    versions = {one.name: one.id for one in stale_page(quotes.session, lead, Span()).versions}
    shown = stale_page(quotes.session, lead, Span(versions["v1"], versions["v2"]))
    assert [line.change.code.name for line in shown.changes] == ["Network"]
    assert 1 in found(quotes) and found(quotes, since=first.codebook_seq)[3][0] == ("bears", "reworded", "Network")


def test_promise_1_what_runs_or_is_coded_by_the_lead_just_now_is_neither_told_nor_counted(quotes: Quotes):
    table = quotes.table
    rewords(quotes, table.config)
    makers.make_round(quotes.session, table.lead, [table.lead], table.incidents[:1], coders_per_incident=1)
    assert set(found(quotes)) == {3} and unreviewed(quotes.session, table.lead) == 0
    assert set(found(quotes, table.judge)) == {1, 3}
    table.steps_to("running", reason="One was forgotten.")
    assert found(quotes, table.judge) == {}


def test_promise_3_final_codes_are_listed_once_opened_and_the_opening_is_recorded(quotes: Quotes, client_for):
    table = quotes.table
    rewords(quotes, table.config)
    client = client_for(table.lead)
    before = client.get(address(quotes)).text
    assert "List the incidents" in before and "INC-1" not in before and "Bears" not in before
    assert quotes.session.scalars(select(Exposure.id)).all() == []
    opening = client.post(address(quotes, "openings"))
    assert opening.status_code == 303 and not opening.content
    after = client.get(address(quotes)).text
    assert "INC-1" in after and "Bears “Configuration”, which was reworded since" in after
    kinds = quotes.session.execute(select(Exposure.member_id, Exposure.kind, Exposure.incident_id)).all()
    assert sorted(each.incident_id for each in kinds) == [quotes.incident(0).id, quotes.incident(2).id]
    assert {(each.member_id, each.kind) for each in kinds} == {(table.lead.member.id, "final_code")}


def test_one_press_makes_a_recoding_round_whose_answers_supersede_the_final_codes(quotes: Quotes, client_for):
    table = quotes.table
    rewords(quotes, table.config)
    client = client_for(table.lead)
    client.post(address(quotes, "openings"))
    fields = {"incident_ids": [quotes.incident(0).id], "coder_ids": [table.ben.member.id], "name": "Again"}
    fields |= {"coders_per_incident": 1, "form_key": "once"}

    made = client.post(address(quotes, "rounds"), data=fields)
    again = client.post(address(quotes, "rounds"), data=fields)

    assert (made.status_code, again.status_code) == (303, 303)
    coding_round = quotes.session.scalars(select(Round).where(Round.purpose == "recoding")).one()
    assert made.headers["location"].endswith(f"/rounds/{coding_round.number}")
    assert coding_round.phase == "planned" and incident_ids_of(quotes.session, coding_round) == {quotes.incident(0).id}
    assert "Configuration" in coding_round.plan["reason"] and coding_round.plan["how_chosen"] == "stale"
    listing = client.get(address(quotes)).text
    assert "in Again, planned" in listing
    shown = client.get(f"/studies/{table.lead.study.slug}/rounds/{coding_round.number}").text
    assert "stale after a change of the codebook" in shown

    change_phase(quotes.session, table.lead, coding_round.number, "running")
    quotes.quotes(table.ben, table.network, (4, 11), coding_round=coding_round)
    quotes.hands_in(table.ben, coding_round=coding_round)
    change_phase(quotes.session, table.lead, coding_round.number, "settling")
    assert quotes.final(table.cause) == {("Network", False, "single_coder")}


def test_the_round_is_proposed_for_all_who_code_but_who_was_told_what_is_final(quotes: Quotes, client_for):
    table = quotes.table
    rewords(quotes, table.config)
    client = client_for(table.lead)
    client.post(address(quotes, "openings"))
    page = client.get(address(quotes)).text
    chosen = re.findall(r'name="coder_ids" value="(\d+)" checked', page)
    assert set(chosen) == {str(each.member.id) for each in (table.ada, table.ben, table.judge)}
    one = re.findall(r'name="incident_ids" value="(\d+)" checked', page)
    pressed = client.post(
        address(quotes, "rounds"), data={"incident_ids": one, "coder_ids": chosen, "coders_per_incident": 1}
    )
    assert pressed.status_code == 303


def test_the_form_says_what_is_missing_and_keeps_what_was_chosen(quotes: Quotes, client_for):
    table = quotes.table
    rewords(quotes, table.config)
    client = client_for(table.lead)
    client.post(address(quotes, "openings"))
    one, ada = quotes.incident(0).id, table.ada.member.id
    for fields, sentence in (
        ({"coder_ids": [ada], "coders_per_incident": 1}, "Choose at least one incident"),
        ({"incident_ids": [one], "coders_per_incident": 1}, "The round has no coders."),
        ({"incident_ids": [one], "coder_ids": [ada], "coders_per_incident": 5}, "Coders per incident must be"),
        ({"incident_ids": [one], "coder_ids": [table.reader.member.id], "coders_per_incident": 1}, "no coder of this"),
        ({"incident_ids": [10**6], "coder_ids": [ada], "coders_per_incident": 1}, "cannot be coded"),
        ({"incident_ids": [one], "coder_ids": [ada], "name": "x" * 121}, "longer than 120"),
    ):
        refused = client.post(address(quotes, "rounds"), data=fields)
        assert refused.status_code == 422 and sentence in refused.text, fields
    assert quotes.session.scalars(select(Round.id).where(Round.purpose == "recoding")).all() == []


def test_only_the_lead_looks_at_it_and_versions_of_other_studies_are_not_found(quotes: Quotes, client_for):
    table = quotes.table
    other = makers.make_study(quotes.session)
    version = name_version(quotes.session, other.study.id, other.member, name="v1")
    for who in (table.judge, table.ada, table.reader):
        client = client_for(who)
        assert client.get(address(quotes)).status_code == client.post(address(quotes, "openings")).status_code == 403
        with pytest.raises(NotAllowed):
            plan = RecodingPlan("", [quotes.incident(0).id], [table.ada.member.id])
            stale_actions.plan_recoding(quotes.session, who, Span(), plan)
    lead = client_for(table.lead)
    assert lead.get(f"{address(quotes)}?from={version.id}").status_code == 404
    for odd in ("from=x", "to=-1", "from=99999999999999999999"):
        assert lead.get(f"{address(quotes)}?{odd}").status_code in (200, 404, 422)


def test_closing_a_round_warns_of_what_is_unreviewed(quotes: Quotes, client_for):
    table = quotes.table
    client = client_for(table.lead)
    here = f"/studies/{table.lead.study.slug}"
    slot = f'hx-get="{here}/codebook/stale/waiting"'
    assert slot in client.get(f"{here}/rounds/{table.coding_round.number}").text
    closing = client.post(f"{here}/rounds/{table.coding_round.number}/phases", data={"phase": "closed"})
    assert "without a ruling" in closing.text and slot in closing.text
    assert "bears a final code" not in client.get(address(quotes, "waiting")).text
    rewords(quotes, table.config)
    assert "1 incident bears a final code that was reworded" in client.get(address(quotes, "waiting")).text
    assert "1 incident to look at again" in client.get(f"{here}/").text
    assert slot in client.get(f"{here}/export").text and slot not in client_for(table.ada).get(f"{here}/export").text
