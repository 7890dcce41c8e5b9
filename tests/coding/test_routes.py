"""The coder's queue and the desk, by plain forms and by the page's script."""

from uuid import uuid4

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.coding.models import Act, AssignmentWork, Evidence
from app.studies.viewer import Viewer
from tests import makers
from tests.coding.conftest import Bench
from tests.support.clients import ClientFor, client_for

__all__ = ["client_for"]  # a fixture
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def ada(client_for: ClientFor, bench: Bench) -> TestClient:
    return client_for(bench.ada)


def desk_url(bench: Bench) -> str:
    return f"/studies/{bench.lead.study.slug}/assignments/{bench.adas.id}"


def newest_act(bench: Bench) -> str:
    found = bench.session.scalar(
        select(AssignmentWork.last_act_id).where(AssignmentWork.assignment_id == bench.adas.id)
    )
    return str(found or "")


def send(client: TestClient, bench: Bench, kind: str, *, script: bool = False, shows: str = "", **fields: object):
    posted = {"kind": kind, "act_id": str(uuid4()), "after_act_id": newest_act(bench), "tab": "t", **fields}
    headers: dict[str, str | bytes] = dict(SCRIPT) if script else {}
    if shows:
        headers["Dimensions-To-Show"] = shows.encode()
    return client.post(f"{desk_url(bench)}/acts", data=posted, headers=headers, follow_redirects=False)


def read(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(text)


def pressed(page: LexborHTMLParser) -> list[str]:
    return [" ".join(chip.text().split()) for chip in page.css("button.code-chip[aria-pressed=true]")]


def test_the_queue_shows_own_incidents_with_how_far_one_is(ada, bench):
    bench.ada_does("skip", reason="No text")

    page = read(ada.get(f"/studies/{bench.lead.study.slug}/coding").text)

    assert "1 of 2" in page.css_first(".own-round").text()
    assert sorted(word.text().strip() for word in page.css("#queue td .standing")) == ["Pending", "Skipped"]
    assert page.css_first("a.button-main").attributes["href"] != desk_url(bench)


def test_the_queue_can_be_narrowed_to_what_is_flagged(ada, bench):
    bench.ada_does("flag", note="Look at this")

    page = read(ada.get(f"/studies/{bench.lead.study.slug}/coding?show=flagged").text)

    assert [link.attributes["href"] for link in page.css("#queue th a")] == [desk_url(bench)]


def test_a_coder_without_rounds_is_told_who_plans_them(client_for, bench):
    late = makers.make_member(bench.session, bench.lead)

    assert "Nothing is assigned to you yet" in client_for(late).get(f"/studies/{bench.lead.study.slug}/coding").text


def test_a_reader_finds_no_queue_and_no_desk(client_for, bench):
    reader = client_for(makers.make_member(bench.session, bench.lead, role="reader"))

    assert reader.get(f"/studies/{bench.lead.study.slug}/coding").status_code == 404
    assert reader.get(desk_url(bench)).status_code == 404
    assert send(reader, bench, "flag", note="x").status_code == 404


def test_somebody_elses_assignment_is_not_found(client_for, bench):
    ben = client_for(bench.ben)

    assert ben.get(desk_url(bench)).status_code == 404
    answer = send(ben, bench, "toggle_code", dimension_id=bench.cause.id, code_id=bench.config.id)
    assert answer.status_code == 404
    assert newest_act(bench) == ""


def test_the_desk_shows_the_text_and_a_card_for_each_dimension(ada, bench):
    page = read(ada.get(desk_url(bench)).text)

    assert page.css_first("[data-text-root] p").text() == makers.TEXT
    assert [card.css_first("h2").text() for card in page.css("[data-dimension]")] == ["Root cause", "Symptom"]
    assert page.css_first("[data-dimension].is-focused h2").text() == "Root cause"
    assert newest_act(bench) == ""


def test_a_pressed_chip_is_saved_by_a_plain_form(ada, bench):
    answer = send(ada, bench, "toggle_code", dimension_id=bench.cause.id, code_id=bench.config.id)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{desk_url(bench)}?dimension={bench.cause.id}#")
    assert pressed(read(ada.get(answer.headers["location"]).text)) == ["1 Configuration"]


def test_every_form_of_the_desk_can_be_sent_as_it_stands(ada, bench):
    bench.ada_toggles(bench.symptom, bench.slow)
    page = read(ada.get(desk_url(bench)).text)
    form = next(f for f in page.css("form[data-act=toggle_code]") if f.css_first(f"#code-{bench.network.id}"))
    fields = {field.attributes["name"]: field.attributes["value"] for field in form.css("input[type=hidden]")}

    answer = ada.post(form.attributes["action"], data={**fields, "code_id": bench.network.id})

    assert answer.status_code == 303
    assert bench.adas_card(bench.cause).applied_ids == {bench.network.id}


def test_the_script_gets_the_answers_and_what_goes_with_them(ada, bench):
    answer = send(ada, bench, "toggle_code", script=True, dimension_id=bench.cause.id, code_id=bench.config.id)

    page = read(answer.text)
    assert answer.status_code == 200
    assert answer.headers["act-saved"] == newest_act(bench) == page.css_first("#answers").attributes["data-last-act"]
    assert {"answers", "incident-text", "incident-head", "saved", "answered-count"} <= {
        part.attributes.get("id") for part in page.body.css("body > *")
    }
    assert "Draft" in page.css_first("#incident-head").text()


def parts_of(answer) -> set[str | None]:
    return {part.attributes.get("id") for part in read(answer.text).body.css("body > *")}


def test_an_act_on_a_dimension_is_answered_with_that_one_alone_where_the_script_says_so(ada, bench):
    bench.ada_toggles(bench.symptom, bench.slow)
    code = {"dimension_id": bench.cause.id, "code_id": bench.config.id}

    answer = send(ada, bench, "toggle_code", script=True, shows=f"{bench.cause.id}", **code)
    both = send(ada, bench, "toggle_code", script=True, shows=f"{bench.symptom.id},{bench.cause.id}", **code)

    around = {"incident-state", "saved", "submit-count", "answered-count", "other-refusal", "submit-refusal"}
    assert parts_of(answer) == {f"dimension-{bench.cause.id}"} | around
    assert pressed(read(answer.text)) == ["1 Configuration"]
    assert read(answer.text).css_first("#submit-count").text() == "2 of 2"
    assert parts_of(both) == {f"dimension-{bench.cause.id}", f"dimension-{bench.symptom.id}"} | around
    assert pressed(read(both.text)) == ["1 Slow answers"]


def test_the_text_is_sent_again_when_its_quotes_changed_and_not_else(ada, bench):
    place = {"dimension_id": bench.cause.id, "code_id": bench.config.id}
    shows = str(bench.cause.id)

    quoted = send(ada, bench, "add_evidence", script=True, shows=shows, quote=makers.TEXT[:9], **place)
    beside = send(
        ada,
        bench,
        "toggle_code",
        script=True,
        shows=str(bench.symptom.id),
        dimension_id=bench.symptom.id,
        code_id=bench.slow.id,
    )
    gone = send(ada, bench, "toggle_code", script=True, shows=shows, **place)

    assert read(quoted.text).css_first("#incident-text mark").text() == makers.TEXT[:9]
    assert "¶ 1" in read(quoted.text).css_first(f"#dimension-{bench.cause.id}").text()
    assert "incident-text" not in parts_of(beside)
    assert read(gone.text).css_first("#incident-text") is not None
    assert read(gone.text).css_first("#incident-text mark") is None


@pytest.mark.parametrize("shows", ["x", "1,", "-1", "١", "9" * 5000])
def test_what_is_no_list_of_dimensions_is_answered_whole(ada, bench, shows):
    act = {"dimension_id": bench.cause.id, "code_id": bench.config.id}

    answer = send(ada, bench, "toggle_code", script=True, shows=shows, **act)

    assert answer.status_code == 200
    assert "answers" in parts_of(answer)


def test_an_act_that_may_change_more_than_dimensions_is_answered_whole(ada, bench):
    shows = str(bench.cause.id)
    again = {"act_id": str(uuid4()), "after_act_id": "", "dimension_id": bench.cause.id, "code_id": bench.config.id}
    send(ada, bench, "toggle_code", script=True, shows=shows, **again)

    repeated = send(ada, bench, "toggle_code", script=True, shows=shows, **again)
    memo = send(ada, bench, "write_memo", script=True, shows=shows, text="Odd", sharing="shared")

    assert "answers" in parts_of(repeated)
    assert "answers" in parts_of(memo)


def test_the_same_act_sent_twice_is_saved_once(ada, bench):
    again = {"act_id": str(uuid4()), "after_act_id": "", "dimension_id": bench.cause.id, "code_id": bench.config.id}
    for _ in range(2):
        answer = send(ada, bench, "toggle_code", script=True, **again)

    assert answer.headers["act-saved"] == again["act_id"]
    assert "1 Configuration" in pressed(read(answer.text))
    assert len(bench.session.scalars(select(Act)).all()) == 1


def test_offsets_of_the_browser_become_code_points(ada, bench):
    start = makers.TEXT.index("40 minutes")
    units = start + 1  # the emoji before it counts twice in a browser
    answer = send(
        ada, bench, "add_evidence", script=True, dimension_id=bench.cause.id, code_id=bench.config.id,
        start=units, end=units + 10, quote="40 minutes",
    )  # fmt: skip

    evidence = bench.session.scalars(select(Evidence)).one()
    assert (evidence.start, evidence.end, evidence.quote) == (start, start + 10, "40 minutes")
    page = read(answer.text)
    assert page.css_first("mark.quote").text() == "40 minutes"
    assert page.css_first("mark.quote").attributes["data-tag"] == "RC"
    assert page.css_first("[data-text-root] p").text() == makers.TEXT
    assert "Configuration" in page.css_first(".margin-note").text()


@pytest.mark.parametrize("script", [False, True])
def test_a_quote_that_is_not_at_its_place_is_refused(ada, bench, script):
    answer = send(
        ada, bench, "add_evidence", script=script, dimension_id=bench.cause.id, code_id=bench.config.id,
        start=4, end=14, quote="40 minutes",
    )  # fmt: skip

    assert answer.status_code == 422
    assert "not what the incident says" in answer.text
    assert bench.session.scalars(select(Evidence)).all() == []


def test_a_pasted_quote_is_found_in_the_text(ada, bench):
    answer = send(
        ada, bench, "add_evidence", dimension_id=bench.cause.id, code_id=bench.config.id, quote=" a bad config push "
    )

    evidence = bench.session.scalars(select(Evidence)).one()
    assert answer.status_code == 303
    assert makers.TEXT[evidence.start : evidence.end] == evidence.quote == "a bad config push"


def test_a_pasted_quote_that_the_text_does_not_hold_is_refused_and_kept_as_typed(ada, bench):
    bench.ada_toggles(bench.cause, bench.config)

    answer = send(
        ada, bench, "add_evidence", dimension_id=bench.cause.id, code_id=bench.config.id, quote="a rogue penguin"
    )

    page = read(answer.text)
    assert answer.status_code == 422
    field = page.css_first(f"#quote-{bench.cause.id}-words")
    assert field.text().strip() == "a rogue penguin"
    assert field.attributes["aria-invalid"] == "true"


def test_a_code_is_created_where_the_dimension_is_open(ada, bench):
    answer = send(
        ada, bench, "create_code", script=True, dimension_id=bench.cause.id, name="Expired certificate", definition=""
    )

    assert "3 Expired certificate" in pressed(read(answer.text))


@pytest.mark.parametrize("script", [False, True])
def test_a_name_that_cannot_be_used_comes_back_as_typed(ada, bench, script):
    answer = send(ada, bench, "create_code", script=script, dimension_id=bench.cause.id, name="x" * 121)

    field = read(answer.text).css_first(f"#find-{bench.cause.id}")
    assert answer.status_code == 422
    assert field.attributes["value"] == "x" * 121
    assert field.attributes["aria-invalid"] == "true"


def test_a_skip_without_reason_is_refused(ada, bench):
    answer = send(ada, bench, "skip", reason=" ")

    assert answer.status_code == 422
    assert read(answer.text).css_first("#skip-reason").attributes["aria-invalid"] == "true"


@pytest.mark.parametrize("script", [False, True])
def test_an_act_built_on_an_old_state_is_shown_both(ada, bench, script):
    bench.ada_toggles(bench.cause, bench.network)

    answer = send(
        ada, bench, "toggle_code", script=script, after_act_id="", dimension_id=bench.cause.id, code_id=bench.config.id
    )

    page = read(answer.text)
    assert answer.status_code == 409
    words = page.css_first("#collision").text()
    assert "apply or remove “Configuration”" in words
    assert "Root cause: Network" in words
    assert page.css_first("#collision a").attributes["href"] == desk_url(bench)


def test_what_collided_can_be_done_again_on_top_of_what_is_stored(ada, bench):
    bench.ada_toggles(bench.cause, bench.network)
    stale = send(ada, bench, "toggle_code", after_act_id="", dimension_id=bench.cause.id, code_id=bench.config.id)
    form = read(stale.text).css_first("#collision form")
    fields = {field.attributes["name"]: field.attributes["value"] for field in form.css("input")}

    answer = ada.post(form.attributes["action"], data=fields, follow_redirects=False)

    assert answer.status_code == 303
    assert bench.adas_card(bench.cause).applied_ids == {bench.config.id}


def test_a_memo_keeps_its_lines(ada, bench):
    send(ada, bench, "write_memo", text="First\r\nsecond <b>")

    assert bench.adas_desk().memo == "First\nsecond <b>"
    assert "second &lt;b&gt;" in ada.get(desk_url(bench)).text


@pytest.mark.parametrize("script", [False, True])
def test_submitting_leads_to_the_next_incident_and_then_to_the_queue(ada, bench, script):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_toggles(bench.symptom, bench.down)
    other = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])

    answer = send(ada, bench, "submit", script=script)

    where = answer.headers["hx-redirect" if script else "location"]
    assert where == f"/studies/{bench.lead.study.slug}/assignments/{other.id}"
    assert answer.headers["act-saved"] == newest_act(bench)
    makers.act(bench.session, bench.ada, other, "skip", reason="No text")
    send(ada, bench, "take_back")
    assert send(ada, bench, "submit").headers["location"].endswith("/coding")


def test_an_incomplete_incident_asks_before_it_is_submitted(ada, bench):
    bench.ada_toggles(bench.cause, bench.config)

    answer = send(ada, bench, "submit", script=True)

    assert answer.status_code == 422
    assert "Not answered yet: Symptom" in read(answer.text).css_first("#submit-bar").text()
    assert send(ada, bench, "submit", incomplete="true").status_code == 303


def test_what_was_submitted_is_shown_without_anything_to_press(ada, bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("submit", incomplete=True)

    page = read(ada.get(desk_url(bench)).text)

    assert "You have submitted this incident" in page.css_first("#answers").text()
    assert [
        form.attributes["data-act"] for form in page.css("#answers form") if form.css("button:not([disabled])")
    ] == ["take_back"]


def test_a_page_left_open_by_somebody_else_saves_nothing(ada, bench):
    answer = send(
        ada, bench, "toggle_code", script=True, member=bench.ben.member.id,
        dimension_id=bench.cause.id, code_id=bench.config.id,
    )  # fmt: skip

    assert answer.status_code == 409
    assert "Somebody else signed in" in answer.text
    assert newest_act(bench) == ""


@pytest.mark.parametrize(
    "fields", [{"kind": "apply_offered"}, {"act_id": "no"}, {"kind": ""}, {"start": "-1", "end": "x"}]
)
def test_an_act_that_cannot_be_read_is_refused(ada, bench, fields):
    asked = {"kind": "add_evidence", "dimension_id": bench.cause.id, "code_id": bench.config.id, **fields}

    assert send(ada, bench, asked.pop("kind"), **asked).status_code == 422


def test_a_round_that_ended_takes_no_more_acts(ada, bench):
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")

    assert send(ada, bench, "flag", note="x", script=True).status_code == 409
    assert "not running any more" in ada.get(desk_url(bench)).text


def test_suggestions_are_asked_for_only_where_the_arm_has_them(client_for: ClientFor, session: Session):
    lead: Viewer = makers.make_study(session)
    makers.make_dimension(session, lead, "Root cause")
    incidents = makers.make_incidents(session, lead, 1)
    slots = {}
    for arm in ("blind", "after", "on_request", "before"):
        coding_round = makers.make_round(session, lead, [lead], incidents, arm=arm, blind_share=0.0)
        assignment = makers.assignment_of(session, lead, coding_round)
        page = read(client_for(lead).get(f"/studies/{lead.study.slug}/assignments/{assignment.id}").text)
        slots[arm] = len(page.css("[hx-get*='/suggestions?dimension=']"))

    assert slots == {"blind": 0, "after": 0, "on_request": 1, "before": 1}


def hand_in(client: TestClient, bench: Bench, kind: str, **headers: str):
    bench.ada_does("answer", dimension_id=bench.cause.id, state="none_applies")
    posted = {"kind": kind, "act_id": str(uuid4()), "after_act_id": newest_act(bench), "incomplete": "true"}
    return client.post(
        f"{desk_url(bench)}/acts", data={**posted, "reason": "No text"}, headers=headers, follow_redirects=False
    )


@pytest.mark.parametrize("kind", ["submit", "skip"])
def test_a_script_gets_the_next_desk_along_with_the_answer(ada, bench, kind):
    answer = hand_in(ada, bench, kind, **SCRIPT, **{"Next-Desk": "wanted"})

    following = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    page = read(answer.text)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.headers["HX-Redirect"].endswith(f"/assignments/{following.id}") and answer.headers["Act-Saved"]
    assert page.css_first("main").attributes["data-assignment"] == str(following.id)
    assert "1 of 2" in page.css_first(".own-progress").text()


def test_who_does_not_ask_for_the_next_desk_gets_its_address_alone(ada, bench):
    answer = hand_in(ada, bench, "submit", **SCRIPT)

    assert (answer.status_code, answer.text) == (204, "") and "/assignments/" in answer.headers["HX-Redirect"]


def test_after_the_last_incident_the_queue_is_next_and_no_desk_comes_along(ada, bench):
    last = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    makers.act(bench.session, bench.ada, last, "skip", reason="No text")
    answer = hand_in(ada, bench, "submit", **SCRIPT, **{"Next-Desk": "wanted"})

    assert (answer.status_code, answer.text) == (204, "") and answer.headers["HX-Redirect"].endswith("/coding")
