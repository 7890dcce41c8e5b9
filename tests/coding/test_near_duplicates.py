"""A new code that is nearly one that is there: asked once of plain forms, never told of a colleague's."""

from sqlalchemy import func, select

from app.codebook.actions import CodeText, edit_code
from app.codebook.models import Code
from app.codebook.queries import whole_codebook
from tests import makers
from tests.coding.conftest import Bench, make_bench
from tests.coding.test_routes import read, send
from tests.support.clients import client_for

__all__ = ["client_for"]  # a fixture


def codes(bench: Bench) -> int:
    return bench.session.scalar(select(func.count()).select_from(Code).where(Code.study_id == bench.lead.study.id)) or 0


def test_a_plain_form_is_asked_once_and_may_take_what_is_there(client_for, bench):
    client, before = client_for(bench.ada), codes(bench)
    answer = send(client, bench, "create_code", dimension_id=bench.cause.id, name="Netwrok")
    page = read(answer.text)
    form = page.css_first(".near form[data-act=toggle_code]")
    fields = {field.attributes["name"]: field.attributes["value"] for field in form.css("input")}

    assert answer.status_code == 422 and "Nearly the same as “Network”" in page.text()
    assert page.css_first(f"#find-{bench.cause.id}").attributes["value"] == "Netwrok"
    assert client.post(form.attributes["action"], data=fields).status_code == 303
    assert (bench.adas_card(bench.cause).applied_ids, codes(bench)) == ({bench.network.id}, before)


def test_a_plain_form_may_create_it_anyway(client_for, bench):
    client, before = client_for(bench.ada), codes(bench)
    page = read(send(client, bench, "create_code", dimension_id=bench.cause.id, name="Networks down").text)
    assert page.css_first(".near") is None  # two words are not nearly one
    refused = send(client, bench, "create_code", dimension_id=bench.cause.id, name="Netwokr", definition="Why")
    form = next(f for f in read(refused.text).css(".near form") if f.css_first("[name=anyway]"))
    fields = {field.attributes["name"]: field.attributes["value"] for field in form.css("input")}

    assert client.post(form.attributes["action"], data=fields).status_code == 303
    assert codes(bench) == before + 2
    [chip] = bench.adas_card(bench.cause).applied
    assert (chip.code.name, chip.code.definition) == ("Netwokr", "Why")


def test_an_act_of_the_script_is_saved_as_it_stands(client_for, bench):
    """It was made in sight of what is nearly the same, perhaps offline; nothing may refuse it afterwards."""
    answer = send(client_for(bench.ada), bench, "create_code", script=True, dimension_id=bench.cause.id, name="Netwrok")

    assert answer.status_code == 200
    assert [chip.code.name for chip in bench.adas_card(bench.cause).applied] == ["Netwrok"]


def test_a_code_of_that_very_name_is_applied_without_a_question(client_for, bench):
    makers.make_code(bench.session, bench.lead, bench.cause, "Networks")
    answer = send(client_for(bench.ada), bench, "create_code", dimension_id=bench.cause.id, name="network")

    assert answer.status_code == 303
    assert bench.adas_card(bench.cause).applied_ids == {bench.network.id}


def test_promise_1_nothing_is_told_of_a_colleague_s_private_code(client_for, session):
    bench = make_bench(session, purpose="reliability", code_sharing="private")
    makers.act(session, bench.ben, bench.bens, "create_code", dimension_id=bench.cause.id, name="Quota exhaustion")
    answer = send(client_for(bench.ada), bench, "create_code", dimension_id=bench.cause.id, name="Exhausted quota")

    assert answer.status_code == 303
    assert [chip.code.name for chip in bench.adas_card(bench.cause).applied] == ["Exhausted quota"]


def test_a_synonym_is_offered_as_the_code_it_stands_for(client_for, bench):
    code = whole_codebook(bench.session, bench.lead.study.id).codes[bench.network.id]
    words = CodeText("Network", synonyms=("packet loss", "partition"))
    edit_code(
        bench.session, bench.lead.study.id, bench.lead.member, code.id, words,
        seen_seq=code.codebook_seq, parent_id=code.parent_id,
    )  # fmt: skip
    bench.session.flush()
    client, before = client_for(bench.ada), codes(bench)
    for typed in ("Packet loss", "partitions"):
        answer = send(client, bench, "create_code", dimension_id=bench.cause.id, name=typed)
        assert (
            answer.status_code == 422 and "“Network” (also called packet loss, partition)" in read(answer.text).text()
        )
    assert codes(bench) == before
    chip = read(client.get(f"/studies/{bench.lead.study.slug}/assignments/{bench.adas.id}").text)
    assert chip.css_first(f"#code-{code.id}").attributes["data-synonyms"] == "packet loss\npartition"
