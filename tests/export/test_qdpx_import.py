"""A project comes in as a new study: what the format carries comes back equal, and what has no place is said."""

from io import BytesIO

import pytest
from sqlalchemy import select, update

from app.adjudication.models import BASES, FinalCode, Ruling
from app.codebook.actions import merge_codes
from app.codebook.queries import whole_codebook
from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.models import Evidence, Memo
from app.export.bring_in_coding import BASES_OF_RULINGS
from app.export.bring_in_study import StudyPlan, bring_in_study
from app.export.study_file import study_export
from app.studies.models import StudyEvent
from tests.conftest import SHARED
from tests.makers import make_code
from tests.support.qda import carried, check_valid_file

SAMPLE = SHARED / "refi-qda" / "standard-sample.qdpx"


def exported(session, study) -> bytes:
    with study_export(session, study).file as file:
        return file.read()


def brought_in(session, content: bytes, **plan):
    return bring_in_study(session, None, BytesIO(content), StudyPlan(**plan), file_name="study.qdpx")


def test_what_the_format_carries_comes_back_equal(session, finished):
    lead, ada = finished.lead, finished.ada
    study = lead.study
    category = make_code(session, lead, finished.cause, "Category", is_category=True)
    make_code(session, lead, finished.cause, "Below", parent_id=category.id, definition="A.\n\nB.")
    incident = finished.incidents[0]
    incident.attributes, incident.cohort = {"region": "eu", "service": "not the field"}, "GenAI"
    session.flush()
    merge_codes(session, study.id, lead.member, finished.network.id, finished.config.id, reason="same")
    evidence = session.scalars(select(Evidence.id).order_by(Evidence.id)).first()
    for subject in (f"incident-{incident.id}", f"code-{finished.errors.id}", "study", f"quote-{evidence}"):
        add_memo(session, ada, subject_named(session, ada, subject), f"On {subject[:5]}", shared=True)
    first = exported(session, study)
    viewer, done = brought_in(session, first, slug="again")
    second = exported(session, viewer.study)
    check_valid_file(second)
    assert carried(second) == carried(first)
    assert (done.incidents, done.members, done.memos, done.final_codes) == (2, 3, 4, 4)
    assert (done.left_out, done.changed) == ([], [])
    of_study = Memo.study_id == viewer.study.id
    assert set(session.scalars(select(Memo.subject_kind).where(of_study))) == {"incident", "code", "study", "quote"}
    assert (
        session.scalars(select(Ruling.reason).where(Ruling.study_id == viewer.study.id)).one() == "The push is named."
    )


@pytest.mark.parametrize("basis", [each for each in BASES if each not in BASES_OF_RULINGS])
def test_a_final_code_comes_back_on_whatever_it_stands(session, finished, basis):
    by_itself = (FinalCode.study_id == finished.lead.study.id, FinalCode.ruling_id.is_(None))
    session.execute(update(FinalCode).where(*by_itself).values(basis=basis))
    first = exported(session, finished.lead.study)
    viewer, done = brought_in(session, first, slug="again")
    assert carried(exported(session, viewer.study)) == carried(first)
    assert done.left_out == [] and basis in session.scalars(
        select(FinalCode.basis).where(FinalCode.study_id == viewer.study.id)
    )


@pytest.mark.skipif(not SAMPLE.exists(), reason="shared/refi-qda/standard-sample.qdpx is not there")
def test_the_standards_sample_project_comes_in_and_what_has_no_place_is_said_by_name_and_count(session):
    """Its texts are not in the file, and most of its sources are none."""
    viewer, done = brought_in(session, SAMPLE.read_bytes(), levels="::")
    assert (done.title, done.slug) == ("ATLAS.ti standard project", "atlas-ti-standard-project")
    assert (done.dimensions, done.codes, done.incidents, done.members, done.codings) == (1, 14, 6, 3, 7)
    codes = {code.name: code for code in whole_codebook(session, viewer.study.id).codes.values()}
    assert codes["diet Coke"].parent_id == codes["Coke"].id and codes["Coke"].definition == "the breakfast of champions"
    (sentence,) = done.changed
    assert sentence.startswith("6 incidents came without a text") and "“Mabel.txt”" in sentence
    assert {each.partition(":")[0] for each in done.left_out} == {
        "PDF documents (2)",
        "codings of what is no plain text (9)",
        "graphs (1)",
        "links (1)",
        "pictures (1)",
        "recordings of sound (1)",
        "sets (16)",
        "videos (2)",
        "places of selections where there is no text (6); they count for the whole text",
    }
    assert "pictures (1): “cornflakes-n-milk.jpg”" in done.left_out
    memos = session.scalars(select(Memo.text).where(Memo.study_id == viewer.study.id)).all()
    assert "“damage done by fatty foods”\n\nwhy does Simon feel the need to do this?" in memos
    event = session.scalars(select(StudyEvent).order_by(StudyEvent.id.desc())).first()
    assert (event.kind, event.details["left_out"]) == ("study.imported", done.left_out)
    check_valid_file(exported(session, viewer.study))
