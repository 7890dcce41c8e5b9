"""Codebook files that are broken or meant to break: each is refused or read with a clear sentence, in little time."""

import json
import time
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from app.codebook.bring_in import bring_in_codebook
from app.codebook.models import Code, CodeRevision, Dimension
from app.codebook.readers import CodebookFileProblem, ListedCode, ListedCodebook, read_codebook
from app.codebook.readers.listed import DEEPEST, MOST_CODES
from app.problems import Invalid
from app.studies.models import StudyEvent
from tests.makers import make_study
from tests.security.test_bombs import grows_little

__all__ = ["grows_little"]

SECONDS = 20  # on a machine with other work; alone each takes less than two


def qdc(codes: str, *, declared: str = '<?xml version="1.0" encoding="utf-8"?>', after: str = "") -> str:
    return f'{declared}<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>{codes}</Codes>{after}</CodeBook>'


def code(name: str, inner: str = "", more: str = "") -> str:
    return f'<Code guid="1FF58B12-6F6F-4B0C-8BE5-BBDC91F55294" name="{name}" isCodable="true"{more}>{inner}</Code>'


def names(listed: ListedCodebook) -> list[str]:
    return [each.name for dimension in listed.dimensions for each in dimension.everything()]


def of_size(format: str, count: int) -> bytes:
    if format == "csv":
        return ("code,definition\n" + "".join(f"Code {n},What it means.\n" for n in range(count))).encode()
    if format == "json":
        codes = [{"id": n, "name": f"Code {n}"} for n in range(count)]
        return json.dumps({"dimensions": [{"name": "Cause", "codes": codes}]}).encode()
    return qdc("".join(code(f"Code {n}") for n in range(count))).encode()


def chain(format: str, levels: int) -> bytes:
    """Codes each under the one before, the topmost last."""
    pairs = [*reversed(list(pairwise(range(levels))))]
    if format == "csv":
        return ("code,parent\n" + "".join(f"Code {n},Code {above}\n" for above, n in pairs) + "Code 0,\n").encode()
    if format == "json":
        codes = [{"id": n, "name": f"Code {n}", "parent_id": above} for above, n in pairs]
        return json.dumps({"dimensions": [{"name": "Cause", "codes": [*codes, {"id": 0, "name": "Code 0"}]}]}).encode()
    nested = ""
    for number in reversed(range(levels)):
        nested = code(f"Code {number}", nested)
    return qdc(nested).encode()


@pytest.mark.parametrize("format", ["csv", "json", "qdc"])
def test_a_hundred_thousand_codes_are_refused_with_the_limit(grows_little, format):
    content = of_size(format, 100_000)
    began = time.monotonic()
    with pytest.raises(CodebookFileProblem, match="100,000 codes, and at most 5,000 are brought in at once"):
        read_codebook(content, format)
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("format", ["csv", "json", "qdc"])
def test_as_many_codes_as_the_limit_allows_are_read(grows_little, format):
    began = time.monotonic()
    assert len(names(read_codebook(of_size(format, MOST_CODES), format))) == MOST_CODES
    assert time.monotonic() - began < SECONDS


def test_as_many_codes_as_the_limit_allows_come_in_at_once(session):
    lead = make_study(session)
    listed = read_codebook(of_size("json", MOST_CODES), "json")
    began = time.monotonic()
    assert bring_in_codebook(session, lead, listed, dimension=None, file_name="a.json").codes_added == MOST_CODES
    assert time.monotonic() - began < 3 * SECONDS
    seqs = session.scalars(select(CodeRevision.codebook_seq).distinct()).all()
    assert len(seqs) == 1


@pytest.mark.parametrize("format", ["csv", "json", "qdc"])
@pytest.mark.parametrize("levels", [60, 2_000])
def test_sixty_levels_are_refused_and_fifty_are_read(format, levels):
    with pytest.raises(CodebookFileProblem, match="more than 50 levels deep"):
        read_codebook(chain(format, levels), format)
    assert len(names(read_codebook(chain(format, DEEPEST), format))) == DEEPEST


def test_levels_hidden_in_a_name_count_too():
    with pytest.raises(CodebookFileProblem, match="levels deep"):
        read_codebook(b"name\n" + b"::".join([b"a"] * 100_000) + b"\n", "csv", level_sign="::")


def test_codes_that_share_a_guid_are_read_each_for_itself_and_it_is_said():
    listed = read_codebook(qdc(code("A") + code("B") + code("C", code("A"))).encode(), "qdc")
    assert names(listed) == ["A", "B", "C", "A"]
    assert listed.remarks == [
        "several codes share the GUID 1FF58B12-6F6F-4B0C-8BE5-BBDC91F55294; each was read for itself"
    ]


def test_more_and_longer_synonyms_than_a_code_may_have_stay_behind_and_it_is_said():
    """Else nobody could save the form of the code again."""
    written = ["one", "One", "x" * 121, *(f"other {n}" for n in range(30))]
    content = json.dumps([{"name": "A", "synonyms": written}, {"name": "B", "synonyms": "one"}]).encode()
    listed = read_codebook(content, "json")
    synonyms = first(listed).texts["synonyms"]
    assert len(synonyms) == 20 and synonyms[:2] == ("one", "other 0")
    assert listed.left_out == ["synonyms of 1 code that are longer than 120 characters, or more than 20 for a code"]


def test_what_cannot_be_applied_may_be_written_as_a_number():
    listed = read_codebook(qdc(code("Cause", code("A"))).replace("true", "0", 1).encode(), "qdc")
    assert [(each.name, [code.name for code in each.codes]) for each in listed.dimensions] == [("Cause", ["A"])]


def test_an_entity_bomb_in_a_name_is_refused_in_words_that_help():
    bomb = '<!DOCTYPE c [<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(CodebookFileProblem, match="entities that grow without end"):
        read_codebook((bomb + "]>" + qdc(code("&l9;"), declared="")).encode(), "qdc")


def test_an_object_where_a_text_should_be_is_kept_as_json():
    listed = read_codebook(b'[{"name": "A", "definition": {"short": [1, null]}}]', "json")
    assert first(listed).texts["definition"] == '{"short": [1, null]}'


@pytest.mark.parametrize("depth", [400, 940, 960, 980, 100_000])
def test_json_that_is_nested_deeply_is_read_or_refused(depth):
    content = b'[{"name":"a","definition":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}]"
    try:
        assert first(read_codebook(content, "json")).name == "a"
    except CodebookFileProblem as problem:
        assert "nested too deeply" in problem.sentence


def test_rows_that_share_an_id_are_read_and_the_first_is_the_parent():
    rows = "code,code_id,parent_id\nA,7,\nB,7,\nC,8,7\nD,9,99\n"
    listed = read_codebook(rows.encode(), "csv")
    assert [each.name for each in listed.dimensions[0].codes] == ["A", "B"]
    assert [each.name for each in listed.dimensions[0].codes[0].codes] == ["C"]
    assert "1 codes bear an id that stands there already" in listed.remarks[0]
    assert [each.reason for each in listed.refused] == ["its parent, the code with the id 99, is not in the file"]


def test_a_parent_that_is_named_otherwise_by_its_id_is_refused():
    listed = read_codebook(b"code,code_id,parent,parent_id\nA,1,,\nB,2,,\nC,3,B,1\n", "csv")
    assert [each.reason for each in listed.refused] == ["its parent is “B” by name and “A” by id; leave one of the two"]


@pytest.mark.parametrize("ring", ["A,B\nB,A\n", "A,A\n", "A,B\nB,C\nC,A\nD,A\n"])
def test_codes_that_stand_under_themselves_are_refused_with_what_is_under_them(ring):
    listed = read_codebook(f"code,parent\nFine,\n{ring}".encode(), "csv")
    assert names(listed) == ["Fine"]
    assert len(listed.refused) == ring.count("\n")


TEXT = "Größe “x” 😀"


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (f"code,definition\nA,{TEXT}\n".encode("utf-8-sig"), "csv"),
        (f"code,definition\nA,{TEXT}\n".encode("utf-16"), "csv"),
        (f"code,definition\nA,{TEXT}\n".encode("utf-16-le"), "csv"),
        (json.dumps([{"name": "A", "definition": TEXT}], ensure_ascii=False).encode("utf-8-sig"), "json"),
        (json.dumps([{"name": "A", "definition": TEXT}], ensure_ascii=False).encode("utf-16"), "json"),
        (qdc(code("A", f"<Description>{TEXT}</Description>")).encode("utf-8-sig"), "qdc"),
        (
            qdc(
                code("A", f"<Description>{TEXT}</Description>"), declared='<?xml version="1.0" encoding="utf-16"?>'
            ).encode("utf-16"),
            "qdc",
        ),
    ],
)
def test_other_encodings_are_read(content, format):
    listed = read_codebook(content, format)
    assert [each.texts["definition"] for each in listed.dimensions[0].codes] == [TEXT]


def test_latin_1_is_read_where_it_can_be_told_and_refused_where_a_file_claims_another():
    assert (
        read_codebook("code,definition\nA,Größe über alles\n".encode("latin-1"), "csv")
        .dimensions[0]
        .codes[0]
        .texts["definition"]
        == "Größe über alles"
    )
    said = qdc(code("Größe"), declared='<?xml version="1.0" encoding="iso-8859-1"?>').encode("latin-1")
    assert names(read_codebook(said, "qdc")) == ["Größe"]
    for content, format in (
        (qdc(code("Größe")).encode("latin-1"), "qdc"),
        (json.dumps([{"name": "Größe"}], ensure_ascii=False).encode("latin-1"), "json"),
    ):
        with pytest.raises(CodebookFileProblem, match="Save it as UTF-8"):
            read_codebook(content, format)


def test_broken_utf_8_is_refused_or_read_by_another_encoding_but_never_half():
    broken = "Größe".encode()[:3] + b"\xff\xfe"
    for format, around in (("json", b'[{"name": "%s"}]'), ("qdc", qdc(code("%s")).encode())):
        with pytest.raises(CodebookFileProblem, match="UTF-8"):
            read_codebook(around.replace(b"%s", broken), format)
    assert len(names(read_codebook(b"code\nA\nB" + broken + b"\n", "csv"))) == 2


def test_a_qdc_with_empty_sets_is_read():
    listed = read_codebook(qdc(code("A"), after="<Sets/>").encode(), "qdc")
    assert names(listed) == ["A"] and listed.left_out == []


def test_obsolete_names_unknown_elements_and_attributes_are_read_and_listed():
    old = qdc(
        code("A", "<Description>d</Description><NoteRef targetGUID='x'/><NoteRef/>", ' weight="3"'),
        after="<Sets><Set guid='1' name='s'><MemberCode guid='x'/></Set></Sets><Extra/>",
    ).replace("urn:QDA-XML:codebook:1.0", "urn:QDA-XML:codebook:0:4")
    listed = read_codebook(old.encode(), "qdc")
    assert names(listed) == ["A"]
    assert listed.left_out == [
        "1 set of codes, with 1 code in them",
        "2 of the element “NoteRef”",
        "1 of the element “Extra”",
        "1 times the attribute “weight”",
    ]


def first(listed: ListedCodebook) -> ListedCode:
    return listed.dimensions[0].codes[0]


def test_nul_is_refused_by_its_place_and_other_controls_are_taken_out_and_said():
    item = {"name": "A\u0007b", "definition": "x\u0001\u001by\u0085z", "examples": ["a\u0002"], "source": "s"}
    listed = read_codebook(json.dumps([item, {"name": "C", "definition": "a\u0000b"}]).encode(), "json")
    assert (first(listed).name, first(listed).texts["definition"]) == ("A b", "xy\u0085z")
    assert listed.remarks == ["control characters were taken out of 2 texts"]
    assert [(each.place, each.reason[:10]) for each in listed.refused] == [("item 2", "A NUL byte")]
    with pytest.raises(CodebookFileProblem, match="does not allow"):
        read_codebook(qdc(code("A&#1;")).encode(), "qdc")
    with pytest.raises(CodebookFileProblem, match="no XML that can be read"):
        read_codebook(qdc(code("A\0")).encode(), "qdc")


def test_half_a_character_is_refused_by_its_place():
    listed = read_codebook(b'[{"name": "A"}, {"name": "B", "use_when": "\\ud83d"}, {"name": "C\\ud83d"}]', "json")
    assert names(listed) == ["A"] and [each.place for each in listed.refused] == ["item 2", "item 3"]


@pytest.mark.parametrize("formula", ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"])
def test_formulas_are_text(formula):
    listed = read_codebook(f'code,definition\n"{formula}","{formula}"\n'.encode(), "csv")
    assert (first(listed).name, first(listed).texts["definition"]) == (formula, formula)


def test_thousands_of_dimensions_are_refused():
    rows = "dimension,code\n" + "".join(f"D{n},a\n" for n in range(1_000))
    tops = [{"name": f"D{n}", "codes": []} for n in range(1_000)]
    for content, format in ((rows.encode(), "csv"), (json.dumps({"dimensions": tops}).encode(), "json")):
        with pytest.raises(CodebookFileProblem, match="1,000 dimensions"):
            read_codebook(content, format)


@pytest.mark.parametrize(
    "document",
    [
        {"dimensions": [{"name": "A", "codes": [1, None, [], "x", {"name": {"a": 1}}, {"name": True}]}]},
        {"dimensions": [{"name": ["x"], "codes": {}}]},
        {"dimensions": [{"name": "A", "takes": [], "openness": {}, "codes": [{"name": "B", "parent_id": [1]}]}]},
        [{"name": "A", "examples": [[["x"]], {"text": ["y"]}, None], "parent_id": {}}],
        [[], 3, None],
        {"dimensions": [{"name": "A", "codes": [{"name": "B", "id": 1e999, "definition": 10**400}]}]},
    ],
)
def test_json_of_other_shapes_is_read_or_refused_and_never_breaks(session, document):
    lead = make_study(session)
    try:
        listed = read_codebook(json.dumps(document).encode(), "json")
        bring_in_codebook(session, lead, listed, dimension=None, file_name="a.json")
    except Invalid as problem:
        assert problem.sentence


def test_nothing_is_half_imported_where_something_cannot_be_done(session):
    """The second dimension has a name that is too long: the first does not come in either."""
    lead = make_study(session)
    models = (Code, Dimension, StudyEvent)
    before = [session.scalars(select(func.count()).select_from(model)).one() for model in models]
    listed = read_codebook(f"dimension,code\nCause,A\n{'x' * 121},B\n".encode(), "csv")
    with pytest.raises(Invalid, match="longer than 120"):
        bring_in_codebook(session, lead, listed, dimension=None, file_name="a.csv")
    assert [session.scalars(select(func.count()).select_from(model)).one() for model in models] == before
