"""Every part is drawn once, in the gallery, and read as a reader or a screen reader would."""

import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from app.places import STATIC, TEMPLATES
from tests.web.gallery import gallery


@pytest.fixture(scope="module")
def parts() -> LexborHTMLParser:
    answer = TestClient(gallery).get("/")
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def test_a_field_names_its_control_its_hint_and_its_problem(parts):
    slug = parts.css_first("#slug").attributes

    assert slug["aria-invalid"] == "true"
    assert slug["aria-describedby"] == "slug-hint slug-problem"
    assert parts.css_first("label[for=slug]").text() == "Short name"
    assert "space" in parts.css_first("#slug-problem").text()


def test_what_was_typed_comes_back_as_text(parts):
    assert parts.css_first("#title").attributes["value"] == "GenAI <incidents>"
    assert "<incidents>" not in parts.css_first("main").html
    assert parts.css_first("#about").text() == "Two lines"
    assert parts.css_first("#level option[selected]").text() == "categories"


def test_a_figure_stands_with_its_interval_and_n(parts):
    assert ".66 [.56, .74], n = 100" in parts.css_first("main").text()
    assert parts.css_first("svg.whisker").attributes["aria-label"] == (
        "Root cause, alpha: .66, 95 % interval .56 to .74, n = 100"
    )


def test_an_interval_that_leaves_the_drawing_has_no_cap_there(parts):
    whole, cut = (drawing.css_first(".span").attributes["d"] for drawing in parts.css("svg.whisker"))

    assert whole.count("V15") == 2
    assert cut.count("V15") == 1


def test_a_chip_says_whether_it_is_chosen(parts):
    chosen = parts.css_first("button.code-chip[data-key='1']")

    assert chosen.attributes["aria-pressed"] == "true"
    assert chosen.text().split() == ["1", "Configuration", "change", "main"]
    assert parts.css_first("span.code-chip.is-pencil").text() == "Missing validation"


def test_the_bar_marks_the_present_page(parts):
    assert [link.text() for link in parts.css(".bar-nav [aria-current]")] == ["Overview"]


def test_every_icon_drawn_is_in_the_sprite():
    held = set(re.findall(r'id="i-([\w-]+)"', (STATIC / "icons.svg").read_text()))
    named = {
        name for text in template_texts().values() for name in re.findall(r'(?:icon\(|icon_name=)"([\w-]+)"', text)
    }

    assert named <= held


def template_texts() -> dict[Path, str]:
    return {file: file.read_text(encoding="utf-8") for file in TEMPLATES.rglob("*.html")}


@pytest.mark.parametrize(
    "forbidden",
    [r"\sstyle=", r"<style", r"\son\w+=", r"hx-on", r"javascript:", r"data:image", r"hx-target=.body",
     r"<script(?![^>]*src=)", r"hx-trigger=\"[^\"]*\[", r"\"js:", r"\|safe"],
)  # fmt: skip
def test_no_template_holds_what_the_content_policy_forbids(forbidden):
    """But for a codebook that leaves as a file: it has its sheet with it, and is no page of ours."""
    texts = {file: text for file, text in template_texts().items() if file.name != "codebook_document.html"}
    offending = [str(file) for file, text in texts.items() if re.search(forbidden, text)]

    assert offending == []


def test_raw_colours_live_in_the_tokens_only():
    sheets = [sheet for sheet in (STATIC / "css").rglob("*.css") if sheet.name != "tokens.css"]

    assert [sheet.name for sheet in sheets if re.search(r"#[0-9a-f]{3,8}\b\s*[;,)]", sheet.read_text())] == []
