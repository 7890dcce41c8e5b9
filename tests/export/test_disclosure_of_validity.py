"""The figures of validity in the model disclosure: those of the page, in Markdown and LaTeX, by the ε chosen."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, edit_code
from app.db.session import Database
from app.export.disclosure import disclosure
from app.export.disclosure_facts import gathered
from app.export.disclosure_files import latex, markdown
from app.methods.latex import escaped
from app.suggestions.validity_figures import Validity, validity_of
from app.web.wording import coefficient, interval, percent
from tests.suggestions.fit_world import FitWorld, make_rated_world
from tests.suggestions.test_validity_kinds import usual
from tests.support.clients import ClientFor, client_for

__all__ = ["client_for"]

NASTY = r"50% of $x_1 & {y}\end{document} # ~ ^ <b>|*_`[x](y)"


@pytest.fixture
def world(session: Session, database: Database) -> FitWorld:
    """34 incidents, a code and a round whose names are traps; the model proposes nothing and misses some."""
    made = make_rated_world(session, database, {"Ada": usual(0), "Ben": usual(1)}, incidents=34, name=f"Round {NASTY}")
    made.broken = {3}
    made.measure(usual(2))
    lead = made.lead
    edit_code(
        session,
        lead.study.id,
        lead.member,
        made.codes["bug"].id,
        CodeText(NASTY),
        seen_seq=made.codes["bug"].codebook_seq,
    )
    return made


def figures(world: FitWorld, epsilon: float) -> Validity:
    assert world.run is not None
    return validity_of(world.session, world.lead, world.coding_round, world.run, epsilon=epsilon)


def rows_of(said: str, caption: str) -> dict[str, list[str]]:
    """Of the Markdown table under the first caption that holds these words: the first cell -> the others."""
    table = next(part for part in said.split("\n\n**")[1:] if caption in part.split("\n")[0])
    lines = [line for line in table.split("\n\n")[1].splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in ([c.strip() for c in line[2:-2].split(" | ")] for line in lines[2:])}


def test_the_figures_are_those_of_the_page_with_n_and_interval(world: FitWorld) -> None:
    said = markdown(disclosure(gathered(world.session, world.lead, annotators="experts"), hosts=False, prompts=False))
    plain = said.decode().replace("\\", "")
    found = figures(world, 0.2)
    one = found.of(world.cause.id)
    assert one.people is not None and one.test is not None

    agreement = rows_of(plain, "agreement, alpha")
    assert agreement["people among themselves"] == [
        coefficient(one.people.value), interval(one.people.low, one.people.high), "33",
    ]  # fmt: skip
    assert agreement.keys() == {"people among themselves", "coder 1 and the model", "coder 2 and the model"}
    tests = rows_of(plain, "alternative annotator test, ε = .20")
    first, whole = one.test.humans[0], tests["all: average advantage"]
    assert first.difference is not None and first.p is not None
    assert tests["coder 1"][0].startswith(f"{coefficient(first.difference)} [") and tests["coder 1"][4] == "33"
    assert tests["coder 1"][1] == f"{first.p:.4f}"
    assert whole[5] == f"winning rate {coefficient(one.test.winning_rate)} ({one.test.lost} of 2): " + (
        "passes" if one.test.passes else "does not pass"
    )
    shares = rows_of(plain, "how often each code applies, 33 incidents coded unseen and 0 known")
    assert shares.keys() == {NASTY.replace("\\", ""), "config", "load", "None applies"}
    config = next(each for each in one.shares if each.code == world.codes["config"].id)
    for cell, share in zip(shares["config"], (config.model, config.people, config.corrected), strict=False):
        assert share.low is not None and share.high is not None
        ends = f"[{100 * share.low:.1f}, {100 * share.high:.1f}]"
        assert cell.startswith(f"{percent(share.value, 1)} {ends}, n = 33"), cell
    assert "missing: 1 not readable" in plain and "the coders count as experts, ε = .20" in plain
    assert "Ada" not in plain and "Ben" not in plain


def test_another_epsilon_gives_another_result_and_stands_beside_it(world: FitWorld) -> None:
    """Written by the route; who asks for somebody who is not offered is told so."""
    facts = {name: gathered(world.session, world.lead, annotators=name) for name in ("experts", "skilled", "crowd")}
    for (name, each), epsilon in zip(facts.items(), (".20", ".15", ".10"), strict=True):
        said = markdown(disclosure(each, hosts=False, prompts=False)).decode().replace("\\", "")
        assert f"alternative annotator test, ε = {epsilon}" in said and f"within ε = {epsilon}" in said, name
    rates = {name: figures(world, epsilon).of(world.cause.id) for name, epsilon in (("experts", 0.2), ("crowd", 0.1))}
    p = [one.test.humans[0].p for one in rates.values() if one.test is not None]
    assert p[0] is not None and p[1] is not None and p[0] < p[1]


def test_the_lead_chooses_epsilon_in_the_address_and_the_form(world: FitWorld, client_for: ClientFor) -> None:
    client, path = client_for(world.lead), f"/studies/{world.lead.study.slug}/export/disclosure"
    usual_page, page = client.get(path).text, client.get(f"{path}?annotators=crowd").text
    taken = client.post(path, data={"format": "markdown", "annotators": "experts"})

    assert "test, ε = .15" in usual_page and "test, ε = .10" in page and "test, ε = .10" not in usual_page
    assert re.search(r'<option value="crowd"\s+selected', page)
    assert "test, ε = .20" in taken.text.replace("\\", "")
    assert client.get(f"{path}?annotators=nobody").status_code == 404
    assert client.post(path, data={"format": "markdown", "annotators": "nobody"}).status_code == 422


def test_in_latex_each_table_is_whole_and_no_name_is_a_command(world: FitWorld, tmp_path: Path) -> None:
    tex = latex(disclosure(gathered(world.session, world.lead), hosts=False, prompts=True)).decode()
    body = tex.split("\n", 1)[1]

    assert body.count(escaped(NASTY)) >= 2 and r"\end{document} #" not in body
    assert body.count(r"\end{document}") == 1 and body.rstrip().endswith(r"\end{document}")
    begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", body) for word in ("begin", "end"))
    assert sorted(begun) == sorted(ended) and begun.count("longtable") >= 6
    bare = re.sub(r"\\[{}\\]", "", body)
    assert bare.count("{") == bare.count("}")
    for head, rows in re.findall(r"\\toprule\n(.*?) \\tabularnewline.*?\\endfoot\n(.*?)\n\\end{longtable}", body, re.S):
        columns = len(re.findall(r"(?<!\\)&", head))
        assert all(len(re.findall(r"(?<!\\)&", row)) == columns for row in rows.splitlines())
    assert r"\ensuremath{\varepsilon}" in body and "ε" not in body and "λ" not in body
    compiler = shutil.which("pdflatex")
    if compiler is None:
        return
    (tmp_path / "disclosure.tex").write_text(tex)
    how = [compiler, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "disclosure.tex"]
    done = subprocess.run(how, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
