"""A published codebook cut into pages: what stands where, and that nothing is lost on the way."""

from dataclasses import replace

import pytest

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.export.published_page import A_PAGE, FEW, Asked, reading
from app.problems import NotFound

DIMENSIONS = tuple(
    DimensionEntry(number, f"Dimension {number}", "", "one", False, "open", number, "active", 1) for number in (1, 2, 3)
)
PLAIN = CodeEntry(
    id=1, dimension_id=1, parent_id=None, name="", definition="", use_when="", not_when="", examples=(), colour="",
    position=1, status="active", merged_into_id=None, is_category=False, origin="a_priori", source="",
    created_by=None, created_in_round=None, codebook_seq=1, disclosed="whole",
)  # fmt: skip


def large() -> Codebook:
    """Two dimensions of 240 codes in categories of 59 below each, under ids with gaps, and an empty third."""
    codes = {}
    for dimension in (1, 2):
        for place in range(240):
            code_id = 10_000 * dimension + 7 * place
            parent = None if place % 60 == 0 else 10_000 * dimension + 7 * (place - place % 60)
            codes[code_id] = replace(
                PLAIN, id=code_id, dimension_id=dimension, parent_id=parent, is_category=parent is None,
                name=f"Code {dimension} {place}", definition=f"Says {'even' if place % 2 == 0 else 'ODD'}.",
                position=place,
            )  # fmt: skip
    codes[7] = replace(PLAIN, id=7, dimension_id=2, name="Gone and odd", status="retired")
    return Codebook(1, DIMENSIONS, codes)


def few(how_many: int) -> Codebook:
    codes = {at: replace(PLAIN, id=at, name=f"Code {at}", position=at) for at in range(1, how_many + 1)}
    return Codebook(1, DIMENSIONS, codes)


def names(shown) -> list[str]:
    return [told.code.name for part in shown.parts for told in part.codes]


def test_few_codes_are_one_page_and_more_begin_with_their_contents():
    one, many = reading(few(FEW), Asked()), reading(few(FEW + 1), Asked())
    assert (one.shape, one.is_large, len(names(one))) == ("whole", False, FEW)
    assert (many.shape, many.is_large, names(many)) == ("contents", True, [])
    assert [(chapter.count, len(chapter.heads)) for chapter in many.chapters] == [(FEW + 1, FEW + 1), (0, 0), (0, 0)]


def test_every_code_stands_once_on_the_pages_of_its_dimension_and_on_the_one_page_of_all():
    codebook = large()
    for number in (1, 2):
        pages = [reading(codebook, Asked(dimension=number, at=at)) for at in (1, 2, 3)]
        assert [page.pages for page in pages] == [3, 3, 3] and max(len(names(page)) for page in pages) == A_PAGE
        assert [name for page in pages for name in names(page)] == [f"Code {number} {place}" for place in range(240)]
    assert len(names(reading(codebook, Asked(whole=True)))) == 480


def test_the_contents_lead_to_the_page_and_the_place_of_each_category():
    codebook = large()
    heads = reading(codebook, Asked()).chapters[1].heads
    assert [spot.code.name for spot in heads] == ["Code 2 0", "Code 2 60", "Code 2 120", "Code 2 180"]
    for spot in heads:
        there = reading(codebook, Asked(dimension=spot.dimension, at=spot.page))
        assert spot.anchor in [told.spot.anchor for told in there.parts[0].codes]
    assert str(heads[1].code.id) not in heads[1].anchor


def test_one_category_over_all_is_not_all_that_the_contents_hold():
    codebook = few(FEW + 1)
    below = {key: code if key == 1 else replace(code, parent_id=1) for key, code in codebook.codes.items()}
    assert len(reading(replace(codebook, codes=below), Asked()).chapters[0].heads) == FEW + 1


def test_a_page_that_begins_within_a_category_says_so_and_the_last_one_tells_what_is_no_longer_applied():
    codebook = large()
    second, third = (reading(codebook, Asked(dimension=2, at=at)).parts[0] for at in (2, 3))
    assert [told.under for told in second.codes[:2]] == [("Code 2 60",), ()]
    assert (second.put_away, third.put_away) == ([], ["Gone and odd (retired)"])


def test_codes_are_found_by_all_of_the_words_wherever_they_stand():
    found = reading(large(), Asked(find="odd  says"))
    assert (found.found, found.pages, len(names(found))) == (240, 3, A_PAGE)
    last = reading(large(), Asked(find="odd", at=3))
    assert last.parts[-1].put_away == ["Gone and odd (retired)"]
    (one,) = reading(large(), Asked(find="code 239")).parts[1].codes
    assert (one.code.name, one.under, one.spot.page) == ("Code 2 239", ("Code 2 180",), 3)
    assert reading(large(), Asked(find="nobody said this")).parts == []


def test_a_dimension_that_there_is_not_is_not_found():
    assert reading(large(), Asked(dimension=3)).parts[0].codes == []
    for number in (0, 4):
        with pytest.raises(NotFound):
            reading(large(), Asked(dimension=number))
