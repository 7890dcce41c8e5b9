"""Other implementations read our files: pyrefiqda's models of REFI-QDA codebooks and projects, and Taguette's importer.

Taguette wants an older SQLAlchemy than ours, so that it is no dependency. Its importer alone needs little. ADR 28 says
how this file is passed with it, and what that printed.
"""

import io
from zipfile import ZipFile

import pytest
from pyrefiqda.models.codebook import CodeBook
from pyrefiqda.refiproject import RefiProject
from xsdata_pydantic.bindings import XmlParser

from app.codebook.queries import disclosed_codebook
from app.codebook.template import apply_template
from app.codebook.tree import Codebook
from app.export.actions import codebook_export
from app.export.bring_in_study import StudyPlan, bring_in_study
from app.export.naming import path_of
from app.export.study_file import study_export
from tests.makers import TEXT, make_code, make_dimension, make_study
from tests.support.qda import carried


@pytest.fixture
def lead(session):
    """Of the template's codebook with what is hard in names: the same one twice, marks of formats, other letters."""
    lead = make_study(session)
    apply_template(session, lead, "hybrid")
    odd = make_dimension(session, lead, "Ödd; “dimension”, one")
    for parent in ("Mensch & <Maschine>", "人"):
        above = make_code(session, lead, odd, parent, is_category=True)
        make_code(session, lead, odd, "Other > another", definition='He said "no",\nthen ü.', parent_id=above.id)
    return lead


def exported(session, lead, format: str) -> bytes:
    return codebook_export(session, lead.study, version_id=None, format=format).content


def ours(codebook: Codebook) -> list[tuple[int, str, bool]]:
    found = []
    for dimension in codebook.dimensions:
        found.append((0, dimension.name, False))
        found += [(depth + 1, code.name, code.can_be_applied) for code, depth in codebook.tree_of(dimension.id)]
    return found


def theirs(codes, depth: int = 0) -> list[tuple[int, str, bool]]:
    found = []
    for code in codes:
        found.append((depth, code.name, code.is_codable))
        found += theirs(code.code, depth + 1)
    return found


def test_pyrefiqda_reads_the_same_tree(session, lead):
    read = XmlParser().from_bytes(exported(session, lead, "qdc"), CodeBook)

    codebook = disclosed_codebook(session, lead.study.id)
    assert theirs(read.codes.code) == ours(codebook) and len(ours(codebook)) > 40
    told = {code.name: code.description for top in read.codes.code for code in top.code}
    assert all(told[code.name] in (None, code.definition) for code in codebook.codes.values() if code.is_category)


def test_pyrefiqda_reads_the_study_and_what_it_writes_of_it_comes_back_equal(session, finished, tmp_path):
    """Unpacked, read, written and packed by their code alone."""
    with study_export(session, finished.lead.study).file as file:
        content = file.read()
    ours, again, unpacked = tmp_path / "ours.qdpx", tmp_path / "again.qdpx", tmp_path / "unpacked"
    ours.write_bytes(content)

    project = RefiProject.load(ours, unpacked)

    names = {user.guid: user.name for user in project.users.user}
    assert sorted(names.values()) == sorted([finished.ada.name, finished.ben.name, finished.lead.name, "(final)"])
    quoted = [each for source in project.sources.text_source for each in source.plain_text_selection]
    assert {TEXT[each.start_position : each.end_position] for each in quoted} == {"😀 for"}
    RefiProject.save(project, again, unpacked / "sources")
    assert again.read_bytes() != content and len(ZipFile(again).namelist()) == 3
    with again.open("rb") as file:
        viewer, done = bring_in_study(session, None, file, StudyPlan(slug="again"), file_name="again.qdpx")
    assert (done.left_out, done.changed) == ([], [])
    with study_export(session, viewer.study).file as file:
        assert carried(file.read()) == carried(content)


def test_taguette_reads_every_code_of_the_csv(session, lead):
    importer = pytest.importorskip(
        "taguette.import_codebook", reason="Taguette is not installed; the head of this file says how"
    )

    tags = importer.list_tags(io.BytesIO(exported(session, lead, "csv")))

    codebook = disclosed_codebook(session, lead.study.id)
    codes = [code for dimension in codebook.dimensions for code in codebook.codes_of(dimension.id)]
    assert [tag["path"] for tag in tags] == [path_of(codebook, code) for code in codes]
    for tag, code in zip(tags, codes, strict=True):
        assert tag["description"].startswith(code.definition) and code.use_when in tag["description"]
