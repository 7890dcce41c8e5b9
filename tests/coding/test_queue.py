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


def test_a_silent_repeat_is_no_second_line_while_the_round_runs(client_for, bench):
    again, label = bench.repeat_of_adas(), bench.incidents[0].label

    def links():
        rows = read(client_for(bench.ada).get(queue_url(bench)).text).css("#queue tbody tr")
        return [row.css_first("a").attributes["href"] for row in rows if label in row.text()]

    def found():
        return client_for(bench.ada).get(queue_url(bench, f"&go={label}")).headers["location"]

    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    assert links() == [desk_url(bench)] and found() == desk_url(bench)
    makers.act(bench.session, bench.ada, again, "toggle_code", dimension_id=bench.cause.id, code_id=bench.network.id)
    assert links() == [desk_url(bench).replace(str(bench.adas.id), str(again.id))] == [found()]
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    assert len(links()) == 2


def test_the_filters_of_the_queue_do_not_count_a_silent_repeat_that_waits(client_for, bench):
    bench.repeat_of_adas()
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    filters = read(client_for(bench.ada).get(queue_url(bench)).text).css_first("#queue .filters").text()

    counts = {"All": 2, "Pending": 1, "Draft": 0, "Submitted": 1, "Skipped": 0, "Flagged": 0}
    assert filters.split() == " ".join(f"{words} {count}" for words, count in counts.items()).split()
