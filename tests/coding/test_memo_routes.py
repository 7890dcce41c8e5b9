"""Memos over the wire, with plain forms and by htmx."""

import re

from sqlalchemy import func, select

from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.models import Exposure, Memo
from tests.support.clients import HTMX, client_for

__all__ = ["client_for"]


def home(bench):
    return f"/studies/{bench.lead.study.slug}/memos"


def test_a_memo_is_written_found_changed_and_removed_by_plain_forms(bench, client_for):
    client, name = client_for(bench.ada), f"code-{bench.config.id}"
    sent = {"on": name, "text": "Where the push <came> from", "form_key": "once"}
    for _ in range(2):  # the second is the double click
        answer = client.post(home(bench), data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{home(bench)}/about?on={name}")
    memo = bench.session.scalars(select(Memo)).one()
    assert "Where the push &lt;came&gt; from" in client.get(f"{home(bench)}?find=push&kind=code").text
    assert "Where the push" not in client.get(f"{home(bench)}?find=pull").text

    page = client.get(f"{home(bench)}/{memo.id}").text
    seen = re.search(r'name="seen" value="([^"]+)"', page).group(1)
    changed = client.post(f"{home(bench)}/{memo.id}", data={"text": "In the second tab", "seen": seen})
    assert changed.status_code == 303

    late = client.post(f"{home(bench)}/{memo.id}", data={"text": "In the first tab", "seen": seen})
    assert late.status_code == 409 and "In the second tab" in late.text and "In the first tab" in late.text
    bench.session.refresh(memo)
    assert memo.text == "In the second tab"
    newer = re.search(r'name="seen" value="([^"]+)"', late.text).group(1)
    assert client.post(f"{home(bench)}/{memo.id}/removal", data={"seen": seen}).status_code == 409
    assert client.post(f"{home(bench)}/{memo.id}/removal", data={"seen": newer}).status_code == 303
    assert bench.session.scalar(select(func.count()).select_from(Memo)) == 0


def test_an_empty_memo_comes_back_with_its_sentence_as_page_and_as_fragment(bench, client_for):
    for headers in ({}, HTMX):
        answer = client_for(bench.ada).post(home(bench), data={"on": "study", "text": " "}, headers=headers)
        assert answer.status_code == 422 and "The memo is empty" in answer.text
        assert ("<html" in answer.text) == (not headers)


def test_promise_3_the_post_records_before_the_page_shows_and_looking_records_nothing(bench, client_for):
    on = f"incident-{bench.incidents[0].id}"
    memo = add_memo(
        bench.session, bench.lead, subject_named(bench.session, bench.lead, on), "SECRET cause", shared=True
    )
    client, about = client_for(bench.ben), f"{home(bench)}/about?on={on}"
    for address in (home(bench), about, f"{home(bench)}?find=cause"):
        for headers in ({}, HTMX):
            assert "SECRET" not in client.get(address, headers=headers).text
    assert bench.session.scalar(select(func.count()).select_from(Exposure)) == 0

    answer = client.post(f"{home(bench)}/openings", data={"memo": memo.id, "on": on})

    assert (answer.status_code, answer.headers["location"]) == (303, about)
    assert "SECRET" not in answer.text
    assert bench.session.scalars(select(Exposure.kind)).all() == ["shared_memo"]
    assert "SECRET" in client.get(about).text and "SECRET" in client.get(home(bench)).text
    assert client_for(bench.ada).get(f"{home(bench)}/{memo.id}").status_code == 404
