"""The sample study, the open-coding study and studies made at random: valid, and equal when they come back."""

import csv
import random
from collections.abc import Iterator
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from app.agreement.bring_in import RatingsPlan, bring_in_ratings
from app.agreement.ratings_columns import RatingColumns
from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.models import WorkingAnswer
from app.db.session import Database
from app.export.bring_in_study import StudyPlan, bring_in_study
from app.export.study_file import study_export
from app.rounds.queries import assignments_of
from app.sample.checks import sample_content
from app.studies.queries import study_by_slug
from tests.conftest import SHARED, make_database
from tests.makers import (
    act,
    make_code,
    make_coders,
    make_dimension,
    make_incidents,
    make_round,
    make_study,
    move_round,
)
from tests.support.qda import carried, check_valid_file, found, project_of

OPEN_CODING = SHARED / "data" / "open-coding" / "ratings.csv"
PIECES = ["café", "😀", "A\u0301", " ", "\n", "\n\n", "500", "<tag>", "&", "“quote”", "\u200b", "Ω", "end."]


def exported(session, study) -> bytes:
    with study_export(session, study).file as file:
        return file.read()


def comes_back_equal(session, study) -> bytes:
    first = exported(session, study)
    check_valid_file(first)
    viewer, done = bring_in_study(session, None, BytesIO(first), StudyPlan(slug="again"), file_name="a.qdpx")
    second = exported(session, viewer.study)
    check_valid_file(second)
    assert carried(second) == carried(first)
    assert (done.left_out, done.changed) == ([], [])
    return first


@pytest.fixture(scope="module")
def sample(server_url: URL, sample_url: URL) -> Iterator[Database]:
    url = make_database(server_url, "tandem_sample_qdpx", template="tandem_sample")
    database = Database.at(url.render_as_string(hide_password=False))
    yield database
    database.dispose()


def test_the_sample_study_is_valid_and_comes_back_equal(sample):
    with sample.transaction() as session:
        content = comes_back_equal(session, study_by_slug(session, sample_content().study_slug))
    root = project_of(content)
    assert len(found(root, "//q:TextSource")) == 44 and len(found(root, "//q:Coding")) > 400
    assert len(found(root, "//q:Note[starts-with(@name, 'Ruling: ')]")) > 5


@pytest.mark.skipif(not OPEN_CODING.exists(), reason="shared/data/open-coding is not there")
def test_the_open_coding_study_is_valid_and_comes_back_with_its_raters_and_codes(session):
    """Its units have no text; six raters gave them some 300 codes."""
    lead = make_study(session, slug="open-coding")
    plan = RatingsPlan("Round 1", RatingColumns("item_id", "rater", "open_code", None), dimension_name="Fault")
    bring_in_ratings(session, lead, OPEN_CODING.read_bytes(), plan, file_name="ratings.csv")
    content = exported(session, lead.study)
    check_valid_file(content)
    viewer, done = bring_in_study(session, None, BytesIO(content), StudyPlan(slug="again"), file_name="a.qdpx")
    with OPEN_CODING.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert done.members == len({row["rater"] for row in rows}) == 6
    assert done.incidents == len({row["item_id"] for row in rows})
    assert done.codings == len({(row["item_id"], row["rater"]) for row in rows})
    assert done.codes == len({row["open_code"] for row in rows if row["open_code"].strip()})
    assert carried(exported(session, viewer.study)) == carried(content)


@pytest.mark.parametrize("seed", range(12))
def test_a_study_made_at_random_comes_back_equal(session, seed):
    comes_back_equal(session, study_at_random(session, random.Random(seed)).study)


def study_at_random(session, draw: random.Random):
    """Trees of codes, texts with what positions stumble over, answers of every state, quotes, memos; two rounds."""
    lead = make_study(session)
    coders = make_coders(session, lead, draw.randint(1, 3))
    dimensions = [
        make_dimension(session, lead, takes=draw.choice(["one", "many"]), has_main=draw.random() < 0.5)
        for _ in range(draw.randint(1, 3))
    ]
    codes = {dimension.id: tree_at_random(session, lead, dimension, draw) for dimension in dimensions}
    texts = ["Start. " + "".join(draw.choices(PIECES, k=draw.randint(5, 60))) for _ in range(draw.randint(1, 4))]
    incidents = [make_incidents(session, lead, 1, text=text)[0] for text in texts]
    for incident in incidents:
        incident.attributes = {draw.choice(["region", "Started at", "attribute: x"]): draw.choice(PIECES) + "."}
        incident.severity = draw.choice([None, "2", "S1 <high>"])
    session.flush()
    for phase in draw.choice([["settling"], ["settling", "running"], ["closed", "settling"]]):
        coding_round = make_round(session, lead, coders, draw.sample(incidents, draw.randint(1, len(incidents))))
        for coder in coders:
            for assignment in assignments_of(session, coding_round, coder.member.id):
                code_at_random(session, coder, assignment, dimensions, codes, incidents, draw)
        move_round(session, lead, coding_round, phase)
    for subject in ["study", *(f"code-{code.id}" for code in codes[dimensions[0].id][:1])]:
        add_memo(session, coders[0], subject_named(session, coders[0], subject), draw.choice(PIECES) + "!", shared=True)
    session.flush()
    return lead


def tree_at_random(session, lead, dimension, draw: random.Random):
    made = []
    for number in range(draw.randint(1, 6)):
        parent = draw.choice([None, *made])
        made.append(
            make_code(
                session,
                lead,
                dimension,
                f"{draw.choice(PIECES).strip() or 'Plain'} {number}",
                definition="\n\n".join(draw.choices(["First.", "“Then”", "A > B"], k=draw.randint(0, 3))),
                parent_id=parent.id if parent else None,
                is_category=draw.random() < 0.3,
            )
        )
    return made


def code_at_random(session, coder, assignment, dimensions, codes, incidents, draw: random.Random):
    text = next(incident.text for incident in incidents if incident.id == assignment.incident_id)
    for dimension in dimensions:
        usable = [code for code in codes[dimension.id] if not code.is_category]
        chosen = draw.choice(["none_applies", "not_enough_information", "", "coded", "coded", "coded"])
        if chosen == "coded" and usable:
            for code in draw.sample(usable, 1 if dimension.takes == "one" else draw.randint(1, len(usable))):
                on = {"dimension_id": dimension.id, "code_id": code.id}
                act(session, coder, assignment, "toggle_code", **on)
                for _ in range(draw.randint(0, 2)):
                    start = draw.randrange(len(text) - 3)
                    end = draw.randint(start + 1, len(text))
                    if text[start:end].strip():
                        act(
                            session,
                            coder,
                            assignment,
                            "add_evidence",
                            **on,
                            start=start,
                            end=end,
                            quote=text[start:end],
                        )
        elif chosen not in ("", "coded"):
            act(session, coder, assignment, "answer", dimension_id=dimension.id, state=chosen)
    if session.scalars(select(WorkingAnswer.id).where(WorkingAnswer.assignment_id == assignment.id)).first() is None:
        act(session, coder, assignment, "answer", dimension_id=dimensions[0].id, state="none_applies")
    act(session, coder, assignment, "submit", incomplete=True)
