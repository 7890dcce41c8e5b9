"""The model disclosure: computed, honest about what is unknown, and the same text in each form."""

import re

import pytest

from app.export.disclosure import disclosure
from app.export.disclosure_document import Disclosure, Exact, Grid, Section, Words
from app.export.disclosure_facts import gathered
from app.export.disclosure_files import latex, markdown
from app.ledger.models import ModelEndpoint
from app.suggestions.models import PromptTemplate
from tests import makers
from tests.suggestions.conftest import SAID, SECRET_REASON, Table, table
from tests.support.clients import ClientFor, client_for

__all__ = ["client_for", "table"]


def written(table: Table, **choices: bool) -> str:
    chosen = {"hosts": False, "prompts": False, **choices}
    return markdown(disclosure(gathered(table.session, table.lead), **chosen)).decode().replace("\\", "")


def test_without_a_model_it_says_so_and_compiles_no_figures(table: Table) -> None:
    said = written(table)

    assert "No model was asked in this study." in said and "nothing to validate" in said
    assert [f"## {n}." in said for n in range(1, 9)] == [True] * 8


def test_it_tells_what_was_asked_sent_and_lost_and_none_of_what_was_said(table: Table) -> None:
    run = table.ask("no json")
    said = written(table, prompts=True)

    assert "small" in said and "temperature=0" in said and f"change {run.codebook_seq}" in said
    assert "0 calls lost on the way, and 1 of 3 not read whole" in said
    assert (
        table.calls()[0].system_prompt
        in markdown(disclosure(gathered(table.session, table.lead), hosts=False, prompts=True)).decode()
    )
    assert SECRET_REASON not in said and SAID not in said and "asked once a run" in said
    assert "Whether the weights of a model are open is not recorded" in said


def test_promise_1_nothing_of_what_people_did_is_told_before_the_round_is_open(table: Table) -> None:
    table.ask()
    table.ada_opens()
    table.ada_decides(table.of_cause(), "accept")
    running = written(table)
    table.ada_submits(table.incidents[1])
    makers.move_round(table.session, table.lead, table.coding_round, "settling")

    opened = written(table)

    assert "has not ended" in running and "What coders decided" not in running and "by arm" not in running
    assert "What coders decided" in opened and "has not ended" not in opened


def test_addresses_are_named_only_where_that_is_chosen(table: Table) -> None:
    run = table.ask()
    call = table.calls()[0]
    assert call.address or "not stored" in written(table)
    host = "model.hidden-host.example"
    table.session.add(
        type(call)(
            study_id=run.study_id, purpose="suggest", subject_kind="run_incident", attempt=1, outcome="valid",
            subject_id=call.subject_id, system_prompt="", user_prompt="", prompt_sha256="", model_asked="m",
            address=f"https://{host}/v1",
        )
    )  # fmt: skip
    table.session.flush()

    assert host not in written(table) and "with a provider elsewhere" in written(table)
    assert host in written(table, hosts=True)


def test_versions_of_the_instructions_are_counted_with_what_changed(table: Table) -> None:
    for version, text in ((1, "One\nTwo"), (2, "One\nThree\nFour")):
        table.session.add(
            PromptTemplate(
                study_id=table.lead.study.id, version=version, name="Ours", instructions=text, sha256=f"hash {version}",
                made_by=table.lead.member.id,
            )
        )  # fmt: skip
    table.session.flush()

    line = next(each for each in written(table).splitlines() if "hash 2" in each)
    assert [cell.strip() for cell in line.strip("|").split("|")][3] == "3"


NASTY = r"50% of $x_1 & {y}\end{document} # ~ ^ \input{/etc/passwd} <b>|*_`[x](y)"


def test_what_people_wrote_is_text_in_latex_and_in_markdown() -> None:
    document = Disclosure(
        NASTY,
        [Section(NASTY, [Words(NASTY), Words(NASTY, is_gap=True), Grid(NASTY, (NASTY, "n"), [(NASTY, "1")]),
                         Exact(NASTY, f"  {NASTY}\n\n```\n{NASTY}", "abc")])],
    )  # fmt: skip
    tex, marks = latex(document).decode(), markdown(document).decode()

    comment, tex = tex.split("\n", 1)
    assert comment.startswith("% ") and tex.count(r"\end{document}") == 1 and r"\input{/" not in tex
    begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", tex) for word in ("begin", "end"))
    assert sorted(begun) == sorted(ended) == ["document", "longtable"]
    bare = re.sub(r"\\[{}\\]", "", tex)
    assert bare.count("{") == bare.count("}")
    assert "````text\n" in marks and f"  {NASTY}\n\n```\n{NASTY}\n````" in marks
    assert marks.count("<b>") == marks.count("[x](y)") == 2  # the exact text, between its fences


@pytest.mark.parametrize(("format", "ending"), [("markdown", "md"), ("latex", "tex")])
def test_promise_11_it_is_taken_out_by_a_post_the_same_twice(
    table: Table, client_for: ClientFor, format: str, ending: str
) -> None:
    table.ask()
    client, path = client_for(table.lead), f"/studies/{table.lead.study.slug}/export/disclosure"
    first, second = (client.post(path, data={"format": format, "prompts": "yes"}) for _ in range(2))

    assert first.content == second.content and f".{ending}" in first.headers["content-disposition"]
    assert client.post(path, data={"format": "docx"}).status_code == 422
    assert "Model disclosure" in client.get(path).text


def test_a_deployment_is_told_by_its_real_name(table: Table) -> None:
    table.ask()
    table.session.add(
        ModelEndpoint(
            study_id=table.lead.study.id, name="Ours", base_url="https://x", model="small", real_model="big-model-7b",
            added_by=table.lead.member.id,
        )
    )  # fmt: skip
    table.session.flush()

    assert "entered as big-model-7b" in written(table)
