"""Hostile and broken projects: each is refused or read with a clear sentence, and nothing comes in by halves."""

import random
import time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from sqlalchemy import func, select

import app.models
from app.codebook.queries import whole_codebook
from app.coding.models import Memo, SubmittedEvidence
from app.export.bring_in_study import NoSuchLevels, StudyPlan, bring_in_study
from app.export.free_names import FreeNames
from app.export.queries import arrival
from app.export.readers import QdaSelection, archive, read_project
from app.export.readers.places import Counting, placed
from app.export.readers.project_xml import BEGINNINGS, MEDIA, MOST, NO_PLACE
from app.incidents.models import Incident
from app.problems import Invalid
from app.studies.actions import SlugTaken

NS = "urn:QDA-XML:project:1.0"


def guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012X}"


def project(inner: str, *, head: str = "", encoding: str = "utf-8") -> bytes:
    return f'{head}<Project xmlns="{NS}" name="Hostile">{inner}</Project>'.encode(encoding)


def packed(qde: bytes, *, name: str = "project.qde", how: int = ZIP_DEFLATED, **files: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", how) as zipped:
        zipped.writestr(name, qde)
        for path, content in files.items():
            zipped.writestr(path, content)
    return out.getvalue()


def brought_in(session, content: bytes, **plan):
    plan = {"slug": "hostile", **plan}
    return bring_in_study(session, None, BytesIO(content), StudyPlan(**plan), file_name="hostile.qdpx")


def refused(session, content: bytes) -> str:
    """The sentence; and that nothing at all came in."""
    before = rows(session)
    with pytest.raises(Invalid) as problem, session.begin_nested():
        brought_in(session, content)
    assert rows(session) == before
    return problem.value.sentence


def rows(session) -> dict[str, int]:
    tables = app.models.metadata.sorted_tables
    return {table.name: session.scalars(select(func.count()).select_from(table)).one() for table in tables}


CODE = f'<Code guid="{guid(1)}" name="Bug" isCodable="true"/>'
CODEBOOK = f"<CodeBook><Codes>{CODE}</Codes></CodeBook>"
USERS = f'<Users><User guid="{guid(2)}" name="Ada"/></Users>'


def source(selections: str = "", *, path: str = "internal://a.txt", inner: str = "") -> str:
    begun = f'<TextSource guid="{guid(3)}" name="One" plainTextPath="{path}">'
    return f"<Sources>{begun}{selections}{inner}</TextSource></Sources>"


def selection(start: int, end: int, name: str = "", number: int = 10) -> str:
    return (
        f'<PlainTextSelection guid="{guid(number)}" name="{name}" startPosition="{start}" endPosition="{end}">'
        f'<Coding guid="{guid(number + 1)}" creatingUser="{guid(2)}"><CodeRef targetGUID="{guid(1)}"/></Coding>'
        "</PlainTextSelection>"
    )


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "entities": f'<!DOCTYPE Project [<!ENTITY l0 "lol">{BOMB}]>',
    "outside": '<!DOCTYPE Project [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "fetched": '<!DOCTYPE Project SYSTEM "http://127.0.0.1:9/project.dtd">',
    "parameters": '<!DOCTYPE Project [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
    "empty": "<!DOCTYPE Project>",
}


@pytest.mark.parametrize("kind", DOCTYPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_where_it_begins(session, kind, encoding):
    head = f'<?xml version="1.0" encoding="{encoding}"?>{DOCTYPES[kind]}'
    content = project("<Description>&l9;&x;</Description>", head=head, encoding=encoding)
    assert "declares a document type" in refused(session, packed(content))


def test_a_project_that_unpacks_to_far_more_than_it_is_is_refused(session):
    bomb = packed(project(" " * 48 * archive.MIB))
    assert len(bomb) < archive.MIB
    assert "grows more than 200-fold" in refused(session, bomb)


def test_a_project_that_is_too_large_unpacked_is_refused(session):
    pieces = random.Random(1).randbytes(archive.MIB).hex()
    big = packed(project(CODEBOOK + "<!--" + "-->\n<!--".join([pieces] * 140) + "-->"))
    assert len(big) > 2 * archive.MIB
    assert "is larger than 256 MiB" in refused(session, big)


@pytest.mark.parametrize(("tag", "most"), [("User", 500), ("Variable", 1_000), ("Note", 100_000)])
def test_more_elements_than_can_stand_in_memory_are_refused(tag, most):
    def read(count: int):
        return read_project([project("".join(f'<{tag} guid="{n:x}" name=""/>' for n in range(count)))])

    with pytest.raises(Invalid, match=f"holds more than {most:,} "):
        read(most + 1)
    assert read(most).name == "Hostile"


def test_no_kind_of_element_comes_in_without_a_limit():
    """Of those of which something is kept; what is in a code or a coding is limited with it."""
    kept = {*BEGINNINGS} - {"Project", "VariableRef", "CodeRef", "SelectionRef", *MEDIA, *NO_PLACE}
    assert kept == {*MOST}


def test_a_text_within_the_project_that_has_no_end_is_refused(session):
    noise = "".join(f"{n:x} " for n in range(1_500_000))
    assert "is longer than 8,388,608 characters" in refused(
        session, packed(project(f"<Description>{noise}</Description>"))
    )


def test_thousands_of_codes_of_one_name_are_told_apart_at_once():
    names, began = FreeNames(120), time.monotonic()
    given = [names.free("Bug") for _ in range(20_000)] + [names.free("x" * 300) for _ in range(20_000)]
    assert time.monotonic() - began < 20
    assert len({*given}) == 40_000 and max(map(len, given)) <= 120 and given[:2] == ["Bug", "Bug (2)"]


def test_thousands_of_selections_of_a_long_text_are_placed_at_once():
    text = "😀 bug here\r\n" * 80_000
    sixteen = len("😀 bug here\r\n".encode("utf-16-le")) // 2
    selections = [QdaSelection(line * sixteen + 3, line * sixteen + 6, "bug") for line in range(30_000)]
    began = time.monotonic()
    found = placed(text, selections, has_mark=False)
    assert time.monotonic() - began < 20
    assert {found.text[slice(*place)] for place in found.places} == {"bug"} and found.counting == Counting(utf16=True)


def test_a_place_between_the_halves_of_a_letter_is_none():
    raw = "a😀b𝄞\r\n😀"
    units = [QdaSelection(start, 8, "" if start else "a😀b𝄞\n") for start in range(8)]
    found = placed(raw, units, has_mark=False)
    assert found.counting == Counting(utf16=True)
    assert [place and place[0] for place in found.places] == [0, 1, None, 2, 3, None, 4, 4]


def test_a_text_that_unpacks_to_more_than_an_incident_may_have_comes_without_it(session):
    content = packed(project(USERS + CODEBOOK + source(selection(0, 4))), **{"sources/a.txt": b"bug " * 4_000_000})
    viewer, done = brought_in(session, content)
    assert "their text is longer than 1,000,000 characters. “One”" in done.changed[0]
    assert session.scalars(select(Incident.text).where(Incident.study_id == viewer.study.id)).all() == [None]


def test_a_text_that_lies_about_its_size_is_refused(session):
    content = bytearray(
        packed(project(source()), **{"sources/a.txt": b"\n".join(b"%d bug" % n for n in range(1_200_000))})
    )
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    sentence = refused(session, bytes(content))
    assert "larger than 8 MiB" in sentence or "no ZIP that can be read" in sentence


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/etc/passwd", "C:/secret.txt", "..\\secret.txt", "a/../../secret.txt"]
)
def test_a_path_that_leaves_the_project_is_refused(session, path):
    assert "leaves the project" in refused(session, packed(project(source(path=f"internal://{path}"))))
    assert "leaves the project" in refused(session, packed(project(""), **{path: b"x"}))


def test_a_text_that_lies_beside_the_project_on_a_disk_is_not_looked_for(session):
    for number, path in enumerate(("relative:///a.txt", "absolute:///etc/passwd", "file:///etc/passwd", "/etc/passwd")):
        _, done = brought_in(session, packed(project(source(path=path))), slug=f"beside-{number}")
        assert "their text is not in the file. “One”" in done.changed[0]


def test_a_hundred_thousand_codes_are_refused(session):
    codes = "".join(f'<Code guid="{guid(n)}" name="C{n}" isCodable="true"/>' for n in range(1, 100_001))
    assert "more than 20,000 codes" in refused(session, packed(project(f"<CodeBook><Codes>{codes}</Codes></CodeBook>")))


def test_as_many_codes_as_may_come_in_do(session):
    codes = "".join(f'<Code guid="{guid(n)}" name="C{n}" isCodable="true"/>' for n in range(1, 20_001))
    _, done = brought_in(session, packed(project(f"<CodeBook><Codes>{codes}</Codes></CodeBook>")))
    assert done.codes == 20_000


@pytest.mark.parametrize("deep", [60, 100_000])
def test_codes_that_stand_too_deep_are_refused_and_fifty_levels_are_not(session, deep):
    def nested(levels: int) -> bytes:
        begun = "".join(f'<Code guid="{guid(n)}" name="C{n}" isCodable="true">' for n in range(1, levels + 1))
        return packed(project(f"<CodeBook><Codes>{begun}{'</Code>' * levels}</Codes></CodeBook>"))

    assert "more than 50 levels deep" in refused(session, nested(deep))
    _, done = brought_in(session, nested(50))
    assert done.codes == 50


def test_elements_that_stand_too_deep_are_refused(session):
    assert "more than 200 levels deep" in refused(session, packed(project("<x>" * 500 + "</x>" * 500)))


def test_one_piece_without_an_end_is_refused(session):
    noise = random.Random(2).randbytes(10 * archive.MIB).hex()
    assert "One piece of this project is longer" in refused(session, packed(project(f'<Users a="{noise}"/>')))


@pytest.mark.parametrize(
    "twice",
    [
        f"<CodeBook><Codes>{CODE}{CODE}</Codes></CodeBook>",
        f'<Users><User guid="{guid(1)}"/><User guid="{{{guid(1)}}}"/></Users>',
        USERS + f'<CodeBook><Codes><Code guid="{guid(2)}" name="x" isCodable="true"/></Codes></CodeBook>',
    ],
)
def test_a_guid_that_stands_there_twice_is_refused(session, twice):
    assert "stands in this project twice" in refused(session, packed(project(twice)))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no ZIP that can be read"),
        (b"PK\x03\x04 and then nothing", "no ZIP that can be read"),
        (b"<Project/>", "no ZIP that can be read"),
        (packed(b"", name="other.xml"), "holds no project.qde"),
        (packed(b""), "no XML that can be read"),
        (packed(b"<Project"), "no XML that can be read, at line 1"),
        (packed(b"\xff\xfe\x00\xd8"), "no XML that can be read"),
        (packed(b'<?xml version="1.0" encoding="utf-8"?><Project name="\xe9"/>'), "no XML that can be read"),
        (packed(b'<?xml version="1.0" encoding="klingon"?><Project/>'), "encoding of the project cannot be read"),
        (packed(b'<?xml version="1.0" encoding="utf-7"?><Project/>'), "can"),
        (packed(b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"/>'), "tandem import codebook"),
        (packed(b"<html/>"), "holds no REFI-QDA project, but “html”"),
        (packed(project("<Users><User name='x'/></Users>")), "has no GUID"),
        (packed(project(""), **{"Project.qde": b"<Project/>"}), "twice"),
    ],
)
def test_what_is_no_project_is_refused_with_a_sentence(session, content, sentence):
    assert sentence in refused(session, content)


def test_a_file_that_stands_in_the_zip_twice_is_refused(session):
    content = packed(project(source()), **{"sources/a.txt": b"one", "Sources/A.TXT": b"two"})
    assert "stands in this ZIP twice" in refused(session, content)


def test_a_damaged_zip_is_refused(session):
    text_of = random.Random(3).randbytes(5000).hex().encode()
    content = bytearray(packed(project(source()), how=ZIP_STORED, **{"sources/a.txt": text_of}))
    content[content.index(text_of) + 100] ^= 1
    assert "no ZIP that can be read" in refused(session, bytes(content))


def test_a_zip_with_a_password_is_refused(session):
    content = bytearray(packed(project("")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    assert "protected by a password" in refused(session, bytes(content))


def test_empty_sets_missing_texts_and_references_into_nothing_are_read_and_said(session):
    inner = (
        USERS
        + CODEBOOK
        + f'<Cases><Case guid="{guid(8)}" name="c"><SourceRef targetGUID="{guid(99)}"/></Case></Cases>'
        + source(selection(0, 3), inner=f'<Coding guid="{guid(20)}"><CodeRef targetGUID="{guid(98)}"/></Coding>')
        + "<Sets/><Sets><Set/></Sets><Graphs/><Notes/><Links/>"
        + f'<NoteRef targetGUID="{guid(97)}"/>'
    )
    _, done = brought_in(session, packed(project(inner)))
    assert (done.incidents, done.codings, done.quotes) == (1, 1, 0)
    assert {each.partition(":")[0] for each in done.left_out} == {
        "cases without a text (1)",
        "codings with a code that the codebook of the file does not hold as one (1)",
        "places of selections where there is no text (1); they count for the whole text",
        "references to notes that the file does not hold (1)",
        "sets (1)",
    }


def test_codings_that_name_nobody_are_somebodys_who_is_not_named(session):
    inner = CODEBOOK + source(selection(0, 3))
    _, done = brought_in(session, packed(project(inner), **{"sources/a.txt": b"bug here"}))
    assert (done.members, done.codings, done.quotes) == (1, 1, 1)


@pytest.mark.parametrize("path", ["sources/a.txt", "Sources/A.txt", "a.txt"])
@pytest.mark.parametrize("name", ["project.qde", "Project.qde", "My study.qde"])
def test_names_of_files_are_read_as_other_tools_write_them(session, path, name):
    content = packed(project(USERS + CODEBOOK + source(selection(0, 3, "bug"))), name=name, **{path: b"bug here"})
    _, done = brought_in(session, content)
    assert (done.quotes, done.changed) == (1, [])


def test_the_old_namespace_is_read(session):
    content = project(USERS + CODEBOOK).replace(NS.encode(), b"urn:QDA-XML:project:0:4")
    assert brought_in(session, packed(content))[1].codes == 1


WORDS = "Ünïcode 😀\r\n\r\nThe bug is here.\r\nEnd 😀"
MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("raw", "start", "moved"),
    [
        (WORDS.encode(), WORDS.index("bug"), ""),
        (WORDS.encode(), WORDS.replace("\r\n", "\n").index("bug"), "CR LF as one"),
        (MARK + WORDS.encode(), WORDS.index("bug"), ""),
        (MARK + WORDS.encode(), WORDS.index("bug") + 1, "the byte order mark"),
        (
            b"\xef\xbb\xbf" + WORDS.encode(),
            WORDS.replace("\r\n", "\n").index("bug") + 1,
            "the byte order mark and CR LF as one",
        ),
        (WORDS.encode(), len(WORDS[: WORDS.index("bug")].encode("utf-16-le")) // 2, "UTF-16 units"),
        (WORDS.encode("utf-16"), WORDS.index("bug") + 1, "the byte order mark"),
    ],
)
def test_positions_are_found_by_the_words_that_stand_at_them_and_what_moved_is_said(session, raw, start, moved):
    content = packed(project(USERS + CODEBOOK + source(selection(start, start + 3, "bug"))), **{"sources/a.txt": raw})
    viewer, done = brought_in(session, content)
    kept = session.scalars(select(Incident.text).where(Incident.study_id == viewer.study.id)).one()
    (span,) = session.scalars(select(SubmittedEvidence).where(SubmittedEvidence.study_id == viewer.study.id))
    assert kept == WORDS.replace("\r\n", "\n")
    assert (kept[span.start : span.end], span.quote) == ("bug", "bug")
    said = [each for each in done.changed if "Positions are counted" in each]
    assert [moved in each for each in said] == ([True] if moved else [])


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (3, 3), (5, 2), (0, 10**9), (10**30, 10**31)])
def test_a_selection_that_stands_outside_its_text_is_a_coding_of_the_whole(session, start, end):
    content = packed(project(USERS + CODEBOOK + source(selection(start, end))), **{"sources/a.txt": b"bug here"})
    _, done = brought_in(session, content)
    assert (done.codings, done.quotes) == (1, 0)
    assert done.left_out == ["places of selections where there is no text (1); they count for the whole text"]


def test_a_note_on_words_that_stand_nowhere_becomes_a_memo_on_the_incident(session):
    noted = selection(0, 900).replace(
        "</PlainTextSelection>", f'<NoteRef targetGUID="{guid(30)}"/></PlainTextSelection>'
    )
    note = f'<Notes><Note guid="{guid(30)}" name="Look"><PlainTextContent>here</PlainTextContent></Note></Notes>'
    content = packed(project(USERS + CODEBOOK + source(noted) + note), **{"sources/a.txt": b"bug here"})
    viewer, done = brought_in(session, content)
    memo = session.scalars(select(Memo).where(Memo.study_id == viewer.study.id)).one()
    assert (done.memos, memo.subject_kind, memo.text) == (1, "incident", "Look\n\nhere")


def test_final_codes_that_do_not_say_on_what_they_stand_are_not_counted_as_come_in(session):
    inner = USERS.replace('name="Ada"', 'name="(final)" id="final"') + CODEBOOK + source(selection(0, 3))
    _, done = brought_in(session, packed(project(inner), **{"sources/a.txt": b"bug here"}))
    assert (done.final_codes, done.members) == (0, 0)
    assert done.left_out == ["final codes that do not say on what they stand (1)"]


def test_texts_in_another_encoding_are_read_and_said_and_damaged_ones_come_without(session):
    texts = "".join(
        f'<TextSource guid="{guid(40 + n)}" name="T{n}" plainTextPath="internal://{n}.txt"/>' for n in range(3)
    )
    contents = ["Größe geändert".encode("cp1252"), b"It broke\x00 at noon.", b" \n"]
    files = {f"sources/{n}.txt": content for n, content in enumerate(contents)}
    viewer, done = brought_in(session, packed(project(f"<Sources>{texts}</Sources>"), **files))
    kept = session.scalars(
        select(Incident.text).where(Incident.study_id == viewer.study.id).order_by(Incident.number)
    ).all()
    assert kept == ["Größe geändert", None, None]
    assert any(each.startswith("1 text read as Windows-1252") for each in done.changed)
    assert any("cannot be stored" in each and "“T1”" in each for each in done.changed)


def test_names_that_stand_twice_are_long_or_are_missing_come_in_under_others_and_are_said(session):
    codes = "".join(
        f'<Code guid="{guid(50 + n)}" name="{name}" isCodable="true"/>'
        for n, name in enumerate(["Bug", "bug", "", "x" * 300, "x" * 300])
    )
    people = "".join(f'<User guid="{guid(60 + n)}" name="{name}"/>' for n, name in enumerate(["Sam", "Sam", ""]))
    inner = f"<Users>{people}</Users><CodeBook><Codes>{codes}</Codes></CodeBook>"
    viewer, done = brought_in(session, packed(project(inner)))
    names = sorted(code.name for code in whole_codebook(session, viewer.study.id).codes.values())
    assert (done.codes, done.members) == (5, 3)
    assert names[:3] == ["(no name)", "Bug", "bug (2)"] and len({*names}) == 5 and max(map(len, names)) <= 120
    assert any("“Sam” is called “Sam (2)”" in each for each in done.changed)
    assert "What has no name in the file is called “(no name)”." in done.changed


def test_what_a_study_keeps_of_thousands_of_changes_is_what_somebody_reads_through(session):
    codes = "".join(f'<Code guid="{guid(n)}" name="Bug" isCodable="true"/>' for n in range(50, 551))
    viewer, done = brought_in(session, packed(project(f"<CodeBook><Codes>{codes}</Codes></CodeBook>")))
    told = arrival(session, viewer.study.id).details["changed"]
    assert (len(done.changed), len(told), told[-1]) == (500, 201, "300 more of this kind.")


def test_synonyms_that_are_too_long_or_too_many_stay_behind_and_are_said(session):
    written = "&#10;".join(["short", "x" * 300, *(f"other {n}" for n in range(30))])
    code = f'<Code guid="{guid(50)}" name="Bug" isCodable="true"><Description>Synonyms: {written}</Description></Code>'
    viewer, done = brought_in(session, packed(project(f"<CodeBook><Codes>{code}</Codes></CodeBook>")))
    [found] = whole_codebook(session, viewer.study.id).codes.values()
    assert found.synonyms[:2] == ("short", "other 0") and len(found.synonyms) == 20
    assert "Of “Bug” not all synonyms came in: they are too long, or too many." in done.changed


def test_levels_within_names_are_parted_only_when_asked(session):
    codes = "".join(
        f'<Code guid="{guid(70 + n)}" name="{name}" isCodable="true"/>' for n, name in enumerate(["a::b::c", "a", "d"])
    )
    content = packed(project(f"<CodeBook><Codes>{codes}</Codes></CodeBook>"))
    plain, _ = brought_in(session, content, slug="plain")
    parted, _ = brought_in(session, content, slug="parted", levels="::")
    assert paths(session, plain) == ["a", "a::b::c", "d"]
    assert paths(session, parted) == ["a", "a > b (category)", "a > b (category) > c", "d"]
    with pytest.raises(NoSuchLevels):
        brought_in(session, content, slug="other", levels=";")


def paths(session, viewer) -> list[str]:
    codes = whole_codebook(session, viewer.study.id).codes

    def path(code) -> str:
        name = f"{code.name} (category)" if code.is_category else code.name
        return f"{path(codes[code.parent_id])} > {name}" if code.parent_id else name

    return sorted(path(code) for code in codes.values())


def test_a_short_name_that_is_taken_is_refused_before_anything_comes_in(session):
    content = packed(project(USERS + CODEBOOK))
    brought_in(session, content)
    with pytest.raises(SlugTaken):
        brought_in(session, content)
