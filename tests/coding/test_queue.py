"""The queue of a coder: why incidents were skipped or flagged, and the way to one of them."""

from tests import makers
from tests.coding.conftest import Bench
from tests.coding.test_routes import desk_url, read
from tests.support.clients import client_for

__all__ = ["client_for"]  # a fixture


def queue_url(bench: Bench, more: str = "") -> str:
    return f"/studies/{bench.lead.study.slug}/coding?round=1{more}"


def test_the_reason_of_a_skip_and_the_note_of_a_flag_stand_in_the_line(client_for, bench):
    bench.ada_does("skip", reason="Only a stub")
    bench.ada_does("take_back")
    bench.ada_does("flag", note="Is this ours?")
    drafted = read(client_for(bench.ada).get(queue_url(bench)).text).css_first("#queue").text()
    bench.ada_does("skip", reason="A double of INC-2")
    skipped = read(client_for(bench.ada).get(queue_url(bench, "&show=skipped")).text).css_first("#queue tbody").text()

    assert "Is this ours?" in drafted and "Only a stub" not in drafted
    assert "A double of INC-2" in skipped and "Only a stub" not in skipped


def test_promise_1_no_reason_or_note_of_another_coder_is_shown(client_for, bench):
    makers.act(bench.session, bench.ben, bench.bens, "flag", note="Ben's doubt")
    makers.act(bench.session, bench.ben, bench.bens, "skip", reason="Ben's reason")

    assert "Ben's" not in client_for(bench.ada).get(queue_url(bench)).text


def test_an_incident_is_opened_by_its_number_or_its_place(client_for, bench):
    client = client_for(bench.ada)
    label = bench.incidents[0].label
    first = read(client.get(queue_url(bench)).text).css_first("#queue th a").attributes["href"]

    assert client.get(queue_url(bench, f"&go={label.lower()}")).headers["location"] == desk_url(bench)
    assert client.get(queue_url(bench, "&go=1")).headers["location"] == first


def test_a_number_that_is_not_in_the_queue_is_said_beside_the_field(client_for, bench):
    answer = client_for(bench.ada).get(queue_url(bench, "&show=pending&go=INC-99"))
    page = read(answer.text)

    assert answer.status_code == 422
    assert page.css_first("#go").attributes["value"] == "INC-99"
    assert "No incident of your queue" in page.css_first("#go-problem").text()
    assert page.css_first(".filter[aria-current]").text().startswith("Pending")
