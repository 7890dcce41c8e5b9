"""A codebook from a file: what comes in, what is refused with its place, and that nothing here is overwritten."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app.cli import tandem
from app.codebook.bring_in import BroughtIn, DimensionNotSaid, NoSuchDimension, bring_in_codebook
from app.codebook.models import Code
from app.codebook.queries import whole_codebook
from app.codebook.readers import CodebookFileProblem, codebook_format_of, read_codebook
from app.codebook.tree import Codebook
from app.export.actions import codebook_export
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly, Viewer
from tests.conftest import SHARED
from tests.makers import make_code, make_dimension, make_member, make_study

ATLASTI = SHARED / "refi-qda/atlasti-23.4-codebook.qdc"


def bring_in(session: Session, lead: Viewer, content: str | bytes, format: str, dimension: str | None = None):
    raw = content.encode() if isinstance(content, str) else content
    return bring_in_codebook(session, lead, read_codebook(raw, format), dimension=dimension, file_name=f"a.{format}")


def told(codebook: Codebook) -> list[tuple[object, ...]]:
    """What people wrote, in the order of the tree."""
    found: list[tuple[object, ...]] = []
    for dimension in codebook.dimensions:
        found.append((dimension.name, dimension.question))
        for code, depth in codebook.tree_of(dimension.id):
            examples = tuple(example["text"] for example in code.examples)
            words = (code.name, code.definition, code.use_when, code.not_when, code.source)
            found.append((depth, *words, examples, code.is_category))
    return found


@pytest.fixture
def lead(session: Session) -> Viewer:
    return make_study(session)


@pytest.mark.parametrize("format", ["csv", "json", "qdc"])
def test_what_is_exported_comes_back_the_same(session: Session, lead: Viewer, format: str) -> None:
    from app.codebook.template import apply_template

    apply_template(session, lead, "hybrid")
    other = make_study(session)
    content = codebook_export(session, lead.study, version_id=None, format=format).content

    done = bring_in(session, other, content, format)

    here, there = (told(whole_codebook(session, each.study.id)) for each in (lead, other))
    if format == "csv":  # a table of codes has no place for a dimension's question
        here = [line if len(line) > 2 else (line[0], "") for line in here]
    assert there == here and len(there) > 40
    assert done.refused == [] and done.dimensions_added == 5
    origins = session.scalars(select(Code.origin).where(Code.study_id == other.study.id).distinct()).all()
    assert origins == ["import"]


@pytest.mark.parametrize("format", ["csv", "json", "qdc"])
def test_the_same_file_again_adds_nothing(session: Session, lead: Viewer, format: str) -> None:
    cause = make_dimension(session, lead, "Cause")
    parent = make_code(session, lead, cause, "Human", is_category=True)
    make_code(session, lead, cause, "Slip", definition="A hand slipped.", parent_id=parent.id)
    content = codebook_export(session, lead.study, version_id=None, format=format).content
    before = told(whole_codebook(session, lead.study.id))

    done = bring_in(session, lead, content, format)

    assert (done.codes_added, done.already_here, done.different) == (0, 2, [])
    assert told(whole_codebook(session, lead.study.id)) == before


def test_what_is_here_with_other_words_stays_and_is_said(session: Session, lead: Viewer) -> None:
    cause = make_dimension(session, lead, "Cause")
    make_code(session, lead, cause, "Slip", definition="A hand slipped.")

    done = bring_in(session, lead, "dimension,code,definition\nCAUSE,slip,Something else\n", "csv")

    assert done == BroughtIn(codebook_seq=done.codebook_seq, already_here=1, different=["slip"])
    assert ("Slip", "A hand slipped.") in {line[1:3] for line in told(whole_codebook(session, lead.study.id))}


def test_a_spreadsheet_of_somebody_else_comes_in_by_its_names(session: Session, lead: Viewer) -> None:
    rows = "Label;Description;Category;When to use\nConfig;A setting.;Human;It was changed\nHuman;People.;;\n"

    bring_in(session, lead, rows, "csv", dimension="Root cause")

    assert told(whole_codebook(session, lead.study.id)) == [
        ("Root cause", ""),
        (0, "Human", "People.", "", "", "", (), False),
        (1, "Config", "A setting.", "It was changed", "", "", (), False),
    ]


def test_rows_that_cannot_come_in_are_named_and_the_others_come(session: Session, lead: Viewer) -> None:
    rows = [
        "code,parent,status",
        "A,B,",
        "B,A,",
        ",,",
        "F,A,",
        "C,nowhere,",
        "D,,",
        "d,,",
        "E,,retired",
        f"{'x' * 121},,",
    ]

    done = bring_in(session, lead, "\n".join(rows), "csv", dimension="Cause")

    assert [(each.place, each.reason[:22]) for each in done.refused] == [
        ("line 2", "its parent “B” is not "),
        ("line 3", "its parent “A” is not "),
        ("line 5", "what it stands under, "),
        ("line 6", "its parent “nowhere” i"),
        ("line 8", "“d” stands there twice"),
        ("line 10", "The name is longer tha"),
    ]
    assert done.left_out == ["1 retired or merged code"]
    assert done.codes_added == 1


def test_two_codes_of_one_name_stand_under_their_own_parents(session: Session, lead: Viewer) -> None:
    rows = "path\nHuman\nMachine\nHuman > Other\nMachine > Other\n"

    bring_in(session, lead, rows, "csv", dimension="Cause")

    assert [(line[0], line[1]) for line in told(whole_codebook(session, lead.study.id))[1:]] == [
        (0, "Human"),
        (1, "Other"),
        (0, "Machine"),
        (1, "Other"),
    ]


@pytest.mark.real_data
@pytest.mark.skipif(not ATLASTI.exists(), reason=f"{ATLASTI.name} is not there")
def test_a_codebook_of_atlas_ti_goes_under_the_dimension_one_names(session: Session, lead: Viewer) -> None:
    with pytest.raises(DimensionNotSaid):
        bring_in(session, lead, ATLASTI.read_bytes(), "qdc")

    done = bring_in(session, lead, ATLASTI.read_bytes(), "qdc", dimension="Cause")

    assert done.codes_added >= 1 and done.left_out == ["1 set of codes, with 1 code in them"]
    assert told(whole_codebook(session, lead.study.id))[1][1:3] == ("code1", "description")


def test_of_a_file_with_dimensions_one_is_taken(session: Session, lead: Viewer) -> None:
    rows = "dimension,code\nCause,Bug\nSymptom,Slow\n"

    done = bring_in(session, lead, rows, "csv", dimension="symptom")

    assert done.codes_added == 1
    assert told(whole_codebook(session, lead.study.id))[1][1] == "Slow"
    with pytest.raises(NoSuchDimension, match="It has “Cause”, “Symptom”"):
        bring_in(session, lead, rows, "csv", dimension="Impact")


@pytest.mark.parametrize(
    ("content", "format", "sentence"),
    [
        (b"", "csv", "empty"),
        (b"a,b\n1,2\n", "csv", "No column names the codes"),
        (b"{", "json", "not JSON"),
        (b"{}", "json", "neither"),
        (b'{"dimensions": [{"codes": []}]}', "json", "has no name"),
        (b"<a", "qdc", "no XML"),
        (b"<a/>", "qdc", "no REFI-QDA codebook"),
        (b"<CodeBook/>", "qdc", "holds no codes"),
        (
            b'<!DOCTYPE a [<!ENTITY x "y">]><CodeBook><Codes><Code name="&x;"/></Codes></CodeBook>',
            "qdc",
            "document type",
        ),
    ],
)
def test_a_file_that_is_no_codebook_is_refused_in_a_sentence(content: bytes, format: str, sentence: str) -> None:
    with pytest.raises(CodebookFileProblem, match=sentence):
        read_codebook(content, format)


def test_the_format_goes_by_the_ending() -> None:
    assert [codebook_format_of(name) for name in ("a.CSV", "a.tsv", "b.json", "c.qdc")] == ["csv", "csv", "json", "qdc"]
    with pytest.raises(CodebookFileProblem, match=r"end in \.docx"):
        codebook_format_of("a.docx")


def test_only_a_lead_brings_a_codebook_in_and_it_is_in_the_history(session: Session, lead: Viewer) -> None:
    with pytest.raises(LeadOnly):
        bring_in(session, make_member(session, lead), "code\nBug\n", "csv", dimension="Cause")

    bring_in(session, lead, "code\nBug\n", "csv", dimension="Cause")

    event = session.scalars(select(StudyEvent).order_by(StudyEvent.id.desc())).first()
    assert event is not None
    assert (event.kind, event.details["file"], event.details["added"]) == ("codebook.imported", "a.csv", 1)


def run(url: str, *arguments: str | Path) -> Result:
    typed = ["import", "codebook", *(str(argument) for argument in arguments)]
    return CliRunner().invoke(tandem, typed, env={"TANDEM_DATABASE_URL": url})


def test_by_command(own_database: URL, tmp_path: Path) -> None:
    url = own_database.render_as_string(hide_password=False)
    made = CliRunner().invoke(
        tandem, ["study", "create", "s", "--title", "S", "--template", "empty"], env={"TANDEM_DATABASE_URL": url}
    )
    assert made.exit_code == 0
    file = tmp_path / "codes.csv"
    file.write_text("code,parent\nBug,\nFault,nowhere\n", encoding="utf-8")

    unsaid = run(url, "s", file)
    assert (unsaid.exit_code, unsaid.stdout) == (2, "") and "which dimension" in unsaid.stderr
    done = run(url, "s", file, "--dimension", "Cause", "--json")
    assert done.exit_code == 0 and "line 3: its parent" in done.stderr
    assert json.loads(done.stdout) == {
        "file": str(file),
        "codebook_seq": 2,
        "dimensions_added": 1,
        "codes_added": 1,
        "already_here": 0,
        "different": [],
        "taken": [],
        "remarks": [],
        "refused": [{"place": "line 3", "reason": "its parent “nowhere” is not a code that stands above it"}],
        "left_out": [],
    }
    assert run(url, "nowhere", file, "--dimension", "Cause").exit_code == 1
    assert run(url, "s", file, "--format", "docx").exit_code == 2
