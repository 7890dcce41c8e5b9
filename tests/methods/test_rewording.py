"""Two wordings of one text: nothing is lost, and what was rewritten reads as one."""

import itertools
import time

from hypothesis import example, given
from hypothesis import strategies as st

from app.methods.rewording import DELETED, INSERTED, KEPT, MOST_WORDS, Piece, rewording

SAID = st.text(st.sampled_from("ab c\n.,-ä😀"), max_size=40)


@given(SAID, SAID)
@example("", "")
@example("a  b", "a b")
def test_both_wordings_can_be_read_off_the_pieces(before, after):
    pieces = rewording(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != INSERTED) == before
    assert "".join(piece.text for piece in pieces if piece.kind != DELETED) == after
    assert all(piece.text for piece in pieces)
    assert all(one.kind != next_.kind for one, next_ in itertools.pairwise(pieces))


@given(SAID)
def test_a_text_that_stayed_is_one_piece(text):
    assert rewording(text, text) == ([Piece(KEPT, text)] if text else [])


def test_a_word_that_was_put_in_stands_alone():
    assert rewording("Requests fail.", "Requests fail with 5xx.") == [
        Piece(KEPT, "Requests fail"),
        Piece(INSERTED, " with 5xx"),
        Piece(KEPT, "."),
    ]


def test_a_phrase_that_was_rewritten_reads_as_one():
    assert rewording("It took too long to answer.", "It never came to answer.") == [
        Piece(KEPT, "It "),
        Piece(DELETED, "took too long"),
        Piece(INSERTED, "never came"),
        Piece(KEPT, " to answer."),
    ]


def test_very_long_texts_are_compared_by_their_lines_and_at_once():
    lines = [f"Line {number} of a text that nobody should have written here.\n" for number in range(MOST_WORDS)]
    other = [*lines[:700], "A line that is new.\n", *lines[701:]]
    began = time.perf_counter()
    pieces = rewording("".join(lines), "".join(other))
    assert [piece.kind for piece in pieces] == [KEPT, DELETED, INSERTED, KEPT]
    assert time.perf_counter() - began < 2
    one, two = "x\n" * (MOST_WORDS + 1) + "a", "x\n" * (MOST_WORDS + 1) + "b"
    assert rewording(one, two) == [Piece(DELETED, one), Piece(INSERTED, two)]
