import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.methods.quotes import LEAST_RATIO, QuoteStatus, fold, locate_quote
from tests.methods.texts import texts

TEXT = (
    "At 03:12 the “latency” monitor fired\r\n  for two regions. Engineers weren’t paged — the alert was muted. "
    "A terror of errors followed. A bad deploy of the gateway was rolled back at 04:40, and traffic recovered slowly."
)


def found(quote: str, text: str = TEXT) -> tuple[QuoteStatus, list[str]]:
    located = locate_quote(text, quote)
    return located.status, [span.of(text) for span in located.spans]


def test_a_quote_is_found_letter_by_letter() -> None:
    assert found("two regions") == (QuoteStatus.EXACT, ["two regions"])


def test_a_whole_word_is_preferred_to_a_part_of_one() -> None:
    located = locate_quote("terrors and errors", "errors")
    assert located.start == 12


def test_quote_marks_dashes_and_line_ends_are_folded() -> None:
    status, places = found('the "latency" monitor fired for two regions. Engineers weren\'t paged - the alert')
    assert status is QuoteStatus.FOLDED
    assert places == ["the “latency” monitor fired\r\n  for two regions. Engineers weren’t paged — the alert"]


def test_quote_marks_that_a_model_puts_around_are_no_part_of_the_quote() -> None:
    assert found("“the alert was muted”") == (QuoteStatus.FOLDED, ["the alert was muted"])


def test_half_a_letter_is_never_found() -> None:
    assert found("ﬁ", "e\u0301f") == (QuoteStatus.NOT_FOUND, [])
    assert found("f\u00a0", "ﬁne")[0] is QuoteStatus.NOT_FOUND


def test_composed_and_combining_letters_are_the_same() -> None:
    assert found("café was", "the cafe\u0301 was shut") == (QuoteStatus.FOLDED, ["cafe\u0301 was"])


@pytest.mark.parametrize("gap", ["...", "…", " [...] ", "(…)", " . . . "])
def test_a_quote_with_an_ellipsis_is_found_in_its_pieces(gap: str) -> None:
    assert found(f"the alert was muted{gap}rolled back at 04:40") == (
        QuoteStatus.PIECES,
        ["the alert was muted", "rolled back at 04:40"],
    )


def test_pieces_in_the_wrong_order_are_not_found() -> None:
    assert found("rolled back ... two regions")[0] is QuoteStatus.NOT_FOUND


def test_a_slip_of_the_pen_is_found_as_fuzzy_with_whole_words() -> None:
    located = locate_quote(TEXT, "a bad deploy of the gatewy was rolled back at 04:40")
    assert located.status is QuoteStatus.FUZZY
    assert located.spans[0].of(TEXT) == "A bad deploy of the gateway was rolled back at 04:40"
    assert LEAST_RATIO <= located.ratio < 1


@pytest.mark.parametrize("quote", ["", " \n", "\u200b", "The database burned down yesterday evening", "at 04:41", "…"])
def test_what_the_text_does_not_hold_is_not_found(quote: str) -> None:
    located = locate_quote(TEXT, quote)
    assert located.status is QuoteStatus.NOT_FOUND
    assert (located.start, located.end, located.is_found) == (None, None, False)


@given(texts(), texts(), texts())
def test_what_stands_in_the_text_is_found_where_it_stands(before: str, quote: str, after: str) -> None:
    text = before + quote + after
    located = locate_quote(text, quote)
    if quote.strip():
        assert located.status is QuoteStatus.EXACT
        assert located.spans[0].of(text) == quote.strip()


@given(st.data(), texts())
def test_a_folded_quote_of_whole_words_is_found_again(data: st.DataObject, text: str) -> None:
    folded = fold(text)
    assume(folded == folded.strip())  # a mark that decomposes to a space and an accent
    located = locate_quote(text, folded)
    assert located.is_found == bool(folded.strip())
    if located.status is QuoteStatus.FOLDED:
        assert fold(located.spans[0].of(text)) in (folded, folded.strip("'\"").strip())


@given(texts(60), texts(12))
def test_whatever_is_found_folds_to_what_was_quoted(text: str, quote: str) -> None:
    located = locate_quote(text, quote)
    ends = [place for span in located.spans for place in (span.start, span.end)]
    assert ends == sorted(ends) and all(0 <= place <= len(text) for place in ends)
    places = [span.of(text) for span in located.spans]
    if located.status is QuoteStatus.EXACT:
        assert places == [quote.strip()]
    elif located.status is QuoteStatus.FOLDED:
        wanted = fold(quote.strip())
        assert fold(places[0]) in (wanted, wanted.strip("'\"").strip())
    elif located.status is QuoteStatus.PIECES:
        assert all(fold(place) in fold(quote) for place in places)
    elif located.status is QuoteStatus.FUZZY:
        assert LEAST_RATIO <= located.ratio <= 1 and len(places) == 1
    else:
        assert places == []
