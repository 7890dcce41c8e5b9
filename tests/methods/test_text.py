import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods import text as methods
from app.methods.text import OffsetOutside, UnusableText, canonical, from_utf16_offset, html_to_text, to_utf16_offset
from tests.methods.texts import texts


def test_line_ends_become_lf_the_byte_order_mark_goes_and_trailing_spaces_stay() -> None:
    assert canonical("\ufeffone  \r\ntwo\rthree \n") == "one  \ntwo\nthree \n"


@given(texts())
def test_what_is_canonical_stays_as_it_is(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert "\r" not in once and not once.startswith("\ufeff")


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d of an emoji"])
def test_text_that_no_database_stores_is_refused(text: str) -> None:
    with pytest.raises(UnusableText):
        canonical(text)


def test_the_hash_is_of_utf_8() -> None:
    assert methods.sha256("Störung") == hashlib.sha256("Störung".encode()).hexdigest()


def test_an_emoji_counts_two_in_the_browser_and_one_here() -> None:
    assert from_utf16_offset("a🚒b", 3) == 2
    assert to_utf16_offset("a🚒b", 2) == 3


@pytest.mark.parametrize(("text", "offset"), [("a🚒b", 2), ("a🚒b", 5), ("abc", 4), ("abc", -1), ("", 1)])
def test_a_place_outside_or_inside_a_character_is_refused(text: str, offset: int) -> None:
    with pytest.raises(OffsetOutside):
        from_utf16_offset(text, offset)


@pytest.mark.parametrize("offset", [-1, 3])
def test_no_browser_offset_for_a_place_outside(offset: int) -> None:
    with pytest.raises(OffsetOutside):
        to_utf16_offset("a🚒", offset)


@given(texts())
def test_offsets_come_back_from_the_browser_unchanged(text: str) -> None:
    units = 0
    for place in range(len(text) + 1):
        assert to_utf16_offset(text, place) == units
        assert from_utf16_offset(text, units) == place
        units += 2 if place < len(text) and ord(text[place]) > 0xFFFF else 1


def test_blank_lines_part_paragraphs() -> None:
    text = "\n  one\ntwo\n \t\n\nthree  \n"
    assert [text[start:end] for start, end in methods.paragraphs(text)] == ["  one\ntwo", "three  "]


def test_without_blank_lines_every_line_is_a_paragraph() -> None:
    text = "one\ntwo\nthree\n"
    assert [text[start:end] for start, end in methods.paragraphs(text)] == ["one", "two", "three"]


@given(texts().map(canonical))
def test_paragraphs_hold_all_that_is_not_white_space(text: str) -> None:
    places = methods.paragraphs(text)
    between = [0, *[edge for place in places for edge in place], len(text)]
    assert between == sorted(between)
    assert all(text[start:end].strip() for start, end in places)
    assert not "".join(text[a:b] for a, b in zip(between[::2], between[1::2], strict=True)).strip()


def test_html_becomes_what_a_reader_would_read() -> None:
    html = (
        "<div><span class='t'>11:55 AM PST</span>&nbsp;Errors &amp; delays\n  in &lt;EU&gt;.</div>"
        "<div>Fixed<br>now.<br><br>Done.<br></div>"
        "<p>Caf&eacute;</p><ul><li>one</li><li>two <b>bold</b></li></ul><script>alert(1)</script><style>p{}</style>"
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table><!-- hidden --><pre>x\n   y</pre>"
    )
    assert html_to_text(html) == (
        "11:55 AM PST Errors & delays in <EU>.\nFixed\nnow.\n\nDone.\n\nCafé\n\n- one\n- two bold\n\na b\nc\n\nx\n   y"
    )


def test_line_ends_stay_where_html_only_marks_words() -> None:
    assert html_to_text("first <strong>line</strong>\nsecond line") == "first line\nsecond line"


def test_html_nested_deeper_than_python_calls_is_read() -> None:
    assert html_to_text("<div>" * 3000 + "deep" + "</div>" * 3000) == "deep"


@pytest.mark.parametrize(
    ("text", "is_html"),
    [("<p>x</p>", True), ("a<br/>b", True), ("if a <b> c", False), ("<unknown> host", False), ("List<String>", False)],
)
def test_only_what_closes_a_tag_or_breaks_a_line_is_html(text: str, is_html: bool) -> None:
    assert methods.looks_like_html(text) is is_html


@given(st.text(st.characters(exclude_characters="<&\0\r", exclude_categories=("Cs", "Cc")), min_size=1))
def test_words_survive_html(words: str) -> None:
    assert html_to_text(f"<p>{words}</p>").split() == words.split()
