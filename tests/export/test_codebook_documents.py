"""The codebook as something to read: Markdown, LaTeX and HTML hold every text as it was written, and nothing runs."""

import io
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise

import pytest
from lxml import html as lxml_html
from openpyxl import load_workbook

from app.codebook.actions import CodeText, create_code, merge_codes
from app.export.actions import codebook_export
from app.export.codebook_document import CodePart
from app.export.codebook_formats import FORMATS, IN_NONE
from app.export.codebook_latex import _rows
from app.export.codebook_markdown import block, inline
from app.methods.latex import escaped
from tests.makers import make_code

NASTY = (
    r"""<script>alert(1)</script> & \input{/etc/passwd} $x^2$ 100% #1 _a_ ~b~ [c](d) `e` "f" 'g' *h* | i {j} \\[2em]"""
)
LINES = "First line\n- second -- line\n1. third\n\n# a new paragraph\n    and more"
DOCUMENTS = ("markdown", "latex", "html")


@pytest.fixture
def nasty(session, finished):
    category = make_code(session, finished.lead, finished.cause, NASTY, is_category=True)
    lead = finished.lead
    words = CodeText("[Below] it", LINES, NASTY, "=SUM(A1)", ({"text": "“Quoted” 😀"},))
    create_code(session, lead.study.id, lead.member, finished.cause.id, words, origin="coding", parent_id=category.id)
    merge_codes(session, lead.study.id, lead.member, finished.network.id, finished.config.id, reason="same")
    return finished


def exported(session, lead, format) -> str:
    return codebook_export(session, lead.study, version_id=None, format=format).content.decode()


@pytest.mark.parametrize("format", list(FORMATS))
def test_promise_11_every_form_is_whole_and_repeatable(session, nasty, format):
    first, second = (codebook_export(session, nasty.lead.study, version_id=None, format=format) for _ in range(2))
    assert first == second and len(first.content) > 500
    assert first.name == f"finished-codebook-live.{FORMATS[format].ending}"


@pytest.mark.parametrize("format", list(FORMATS))
def test_promise_1_a_private_code_is_in_no_form(session, finished, format):
    make_code(session, finished.ada, finished.cause, "Adas own", disclosed="")
    content = codebook_export(session, finished.lead.study, version_id=None, format=format).content
    if format == "xlsx":
        content = "\n".join(cells(content)).encode()
    assert b"Adas own" not in content and b"Network" in content


@pytest.mark.parametrize("format", ["json", "qdc", *DOCUMENTS])
def test_what_is_not_in_a_file_is_said_in_it(session, finished, format):
    said = exported(session, finished.lead, format)
    for missing in (*FORMATS[format].not_carried, *IN_NONE):
        assert plain(missing) in plain(said)


def plain(text: str) -> str:
    """Letters and digits alone: a document may put marks and line ends between them."""
    return "".join(re.findall(r"[^\W_]+", text))


def cells(content: bytes) -> list[str]:
    book = load_workbook(io.BytesIO(content))
    return [
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    ]


def test_the_workbook_holds_dimensions_and_what_is_missing_in_sheets_of_their_own(session, nasty):
    content = codebook_export(session, nasty.lead.study, version_id=None, format="xlsx").content
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["codes", "dimensions", "about"]
    rows = list(book["dimensions"].iter_rows(values_only=True))
    assert rows[1][:4] == ("Root cause", "What made it possible?", "one", "no")
    formula = next(cell for row in book["codes"].iter_rows() for cell in row if cell.value == "=SUM(A1)")
    assert formula.data_type == "s"
    assert any(IN_NONE[0] in cell for cell in cells(content))


def test_the_html_is_one_page_without_script_that_fetches_nothing(session, nasty):
    written = exported(session, nasty.lead, "html")
    page = lxml_html.fromstring(written)
    assert page.xpath("//script | //img | //link | //iframe | //*[@src] | //*[starts-with(name(@*), 'on')]") == []
    assert [each.get("href") for each in page.xpath("//a")] == [f"#{each.get('id')}" for each in page.xpath("//h2")]
    assert NASTY in [each.text.strip() for each in page.xpath("//h3")]
    assert LINES in [each.text for each in page.xpath("//dd")]
    assert "Network (merged into Config)" in page.text_content()


def test_markdown_marks_nothing_of_what_people_wrote(session, nasty):
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py renders it, and is not installed")
    page = lxml_html.fromstring(
        markdown_it.MarkdownIt("commonmark").enable("table").render(exported(session, nasty.lead, "markdown"))
    )
    assert page.xpath("//script | //a | //code | //pre | //table | //ol") == []
    headings = [each.text_content() for each in page.xpath("//h3 | //h4")]
    assert headings == ["Config", f"{NASTY} (category)", "[Below] it", "Errors"]
    paragraphs = [each.text_content() for each in page.xpath("//p")]
    assert "Definition: First line\n- second -- line\n1. third" in paragraphs
    assert "# a new paragraph\nand more" in paragraphs
    assert f"Use when: {NASTY}" in paragraphs
    assert inline("2. a") == r"2\. a" and block("a\n\n\nb") == "a\n\nb"


def test_latex_is_balanced_and_holds_one_longtable_a_dimension(session, nasty):
    written = exported(session, nasty.lead, "latex")
    assert written.count(r"\begin{longtable}") == written.count(r"\end{longtable}") == 2
    assert r"\usepackage{textcomp,array,booktabs,longtable}" in written
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\endfirsthead", r"\endhead", r"\endfoot"):
        assert written.count(rule) >= 2
    check_tex(written)


OURS = """
documentclass usepackage ifPDFTeX else fi begin end section subsection caption label tabularnewline toprule midrule
endfirsthead endhead bottomrule endfoot raggedright arraybackslash linewidth hspace textbf textrm emph newline
textbackslash textasciicircum textasciitilde textless textgreater textbar textquotedbl textasciigrave
ensuremath leq geq neq approx Rightarrow infty alpha kappa allowbreak addlinespace
"""


def check_tex(written: str) -> None:
    """Braces balance, environments nest, every row has two cells, and only our own commands are called."""
    body = re.sub(r"(?m)^%.*$", "", written)
    depth = 0
    for before, each in pairwise(" " + body):
        depth += ((each == "{") - (each == "}")) if before != "\\" else 0
        assert depth >= 0
    assert depth == 0
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", body):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []
    for row in re.findall(r"(?m)^(.*)\\tabularnewline$", body):
        if not row.startswith("\\caption"):
            assert len(re.findall(r"(?<!\\)&", row)) == 1, row
    assert set(re.findall(r"\\([A-Za-z]+)", body)) <= set(OURS.split())


def test_latex_takes_no_character_for_a_command():
    assert escaped(r"\a{b}") == r"\textbackslash{}a\{b\}"
    assert escaped("--- [x] 'y'\n\x07z") == r"-\/-\/- {[}x] 'y' z"


def test_what_is_longer_than_a_column_or_a_page_may_be_parted(finished):
    assert escaped("a_name_in_some_code") == r"\_\allowbreak{}".join(["a", "name", "in", "some", "code"])
    assert escaped("x" * 40) == r"\allowbreak{}".join(["x" * 16, "x" * 16, "x" * 8])
    assert escaped("障害") == r"障\allowbreak{}害\allowbreak{}" and escaped("two short words") == "two short words"
    paragraphs = [("Definition", "word " * 2_000), ("Not when", "a\n" * 200)]
    rows = list(_rows(CodePart(replace(finished.network, name="Long"), 40, paragraphs)))
    assert len(rows) == 9 + 13 and rows[0].startswith(r"\hspace*{6em}\textrm{Long} & word word")
    assert sum(row.count("word") for row in rows) == 2_000 and sum(row.count(r"\newline") for row in rows) == 187


def test_latex_holds_no_mark_that_cannot_be_seen_and_has_its_own_way_to_say_others():
    assert escaped("a\x7fb\u202ec\u200bd") == "abcd"
    assert escaped("α ≥ 0.8,, →") == r"\ensuremath{\alpha} \ensuremath{\geq} 0.8,\/, →"


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no TeX here; the structure is checked above")
def test_latex_compiles(session, nasty, tmp_path):
    written = exported(session, nasty.lead, "latex").replace("😀", "")
    (tmp_path / "codebook.tex").write_text(written, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "codebook.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
    assert b"Overfull" not in done.stdout  # nothing stands out over the edge of the page
