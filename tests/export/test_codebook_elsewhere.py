"""Other implementations read our codebook files: pyrefiqda's model of REFI-QDA codebooks, and Taguette's importer.

Taguette wants an older SQLAlchemy than ours, so that it is no dependency. Its importer alone needs little:
`pip install --no-deps taguette "chardet<6" sentry-sdk urllib3 certifi`, and then this file by pytest.
"""

import io

import pytest
from pyrefiqda.models.codebook import CodeBook
from xsdata_pydantic.bindings import XmlParser

from app.codebook.queries import disclosed_codebook
from app.codebook.template import apply_template
from app.codebook.tree import Codebook
from app.export.actions import codebook_export
from app.export.naming import path_of
from tests.makers import make_code, make_dimension, make_study


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
