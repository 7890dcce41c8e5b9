"""The text of the desk: numbered paragraphs whose pieces put together are the incident's words."""

from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.desk import Desk, desk
from app.coding.marked_text import MarkedParagraph, initials, marked_text, paragraph_numbers
from tests import makers
from tests.coding.conftest import Bench


def quote(bench: Bench, dimension: DimensionEntry, code: CodeEntry, words: str) -> None:
    start = makers.TEXT.index(words)
    place = {"dimension_id": dimension.id, "code_id": code.id, "start": start, "end": start + len(words)}
    bench.ada_does("add_evidence", quote=words, **place)


def shown_text(shown: Desk) -> list[MarkedParagraph]:
    return marked_text(shown, shown.incident.text or "")


def words_of(paragraph: MarkedParagraph) -> str:
    return "".join(piece.text for piece in paragraph.pieces)


def test_quotes_that_overlap_are_cut_into_flat_pieces(bench: Bench) -> None:
    quote(bench, bench.cause, bench.config, "502 😀 for 40")
    quote(bench, bench.symptom, bench.slow, "for 40 minutes")

    [paragraph] = shown_text(bench.adas_desk())

    marked = [(piece.text, piece.classes, piece.tag) for piece in paragraph.pieces if piece.marks]
    assert marked == [
        ("502 😀 ", "quote quote-a starts-a", "RC"),
        ("for 40", "quote quote-a quote-b starts-b", "S"),
        (" minutes", "quote quote-b", ""),
    ]
    assert words_of(paragraph) == bench.incidents[0].text


def test_where_two_quotes_of_a_dimension_overlap_is_marked(bench: Bench) -> None:
    quote(bench, bench.symptom, bench.slow, "502 😀 for 40")
    quote(bench, bench.symptom, bench.down, "for 40 minutes")
    quote(bench, bench.symptom, bench.slow, "for 40")

    [paragraph] = shown_text(bench.adas_desk())

    marked = [(piece.text, "is-twice" in piece.classes) for piece in paragraph.pieces if piece.marks]
    assert marked == [("502 😀 ", False), ("for 40", True), (" minutes", False)]


def test_a_margin_note_names_dimension_code_and_number_of_quotes(bench: Bench) -> None:
    quote(bench, bench.cause, bench.config, "bad config push")
    quote(bench, bench.cause, bench.config, "rolled the push back")

    [paragraph] = shown_text(bench.adas_desk())

    [note] = paragraph.notes
    assert (note.mark.dimension_name, note.mark.code_name, note.count) == ("Root cause", "Configuration", 2)


def test_paragraphs_count_their_start_as_browsers_do(bench: Bench) -> None:
    text = "First 😀 one.\n\nSecond one,\nin two lines."
    incidents = makers.make_incidents(bench.session, bench.lead, 1, text=text)
    coding_round = makers.make_round(bench.session, bench.lead, [bench.ada], incidents)
    assignment = makers.assignment_of(bench.session, bench.ada, coding_round)
    start = text.index("in two")
    place = {"dimension_id": bench.cause.id, "code_id": bench.config.id, "start": start, "end": start + 6}
    answer = makers.act(bench.session, bench.ada, assignment, "add_evidence", quote="in two", **place)

    shown = desk(bench.session, bench.ada, assignment.id)

    assert [(part.number, part.start) for part in shown_text(shown)] == [(1, 0), (2, 15)]
    assert paragraph_numbers(shown, shown.incident.text or "") == {answer.evidence_id: 2}


def test_initials_are_of_two_words_at_most() -> None:
    assert [initials(name) for name in ("Root cause", "symptom", "Time to mitigate")] == ["RC", "S", "TT"]
