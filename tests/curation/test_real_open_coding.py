"""The real open-coding study: imported, near-duplicates proposed, merged by a plan, and the figures of its what-if
found again once the plan is applied."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.agreement.post_hoc import Scored
from app.codebook.models import CodeRevision
from app.codebook.queries import disclosed_codebook
from app.codebook.shelves import shelf_of
from app.coding.models import SubmittedCode
from app.curation.near_duplicates import near_duplicates
from app.curation.plan_actions import make_plan
from app.curation.plan_applying import apply_plan
from app.curation.plan_models import CodebookPlan
from app.curation.plan_queries import OpenedPlan, opened
from app.curation.what_if import what_if
from app.db.session import Database
from app.methods.names import plain_name
from app.studies.queries import members
from app.studies.viewer import Viewer
from tests import makers
from tests.curation.open_coding import FOLDER, bring_in, merging_steps, rows_of, tag_of_code

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not (FOLDER / "items.csv").exists(), reason="shared/data/open-coding/items.csv is not there"),
]


@pytest.fixture
def database(own_database: URL) -> Iterator[Database]:
    """As the server has it, which reads a codebook once for all sessions: applying the plan is two hundred acts."""
    database = Database.at(own_database.render_as_string(hide_password=False))
    yield database
    database.dispose()


def test_what_if_of_the_real_study_is_what_it_becomes(database: Database) -> None:
    with database.transaction() as session:
        lead = makers.make_study(session)
        dimension = bring_in(session, lead)
        raters = [member for member in members(session, lead.study.id) if member.kind == "placeholder"]
        assert (len(disclosed_codebook(session, lead.study.id).codes), len(raters)) == (300, 6)
        handed_in = submitted(session)
    with database.reading() as session:
        check_near_duplicates(session, lead, dimension.id)
    with database.transaction() as session:
        plan = make_plan(session, lead, "To the taxonomy", merging_steps(session, lead))
        foreseen = what_if(session, lead, opened(session, plan))
        assert not any(step.problem for step in opened(session, plan).steps)
        assert session.scalars(select(func.count()).select_from(CodeRevision)).one() == 300  # nothing changed so far
    with database.transaction() as session:
        apply_plan(session, lead, plan.id, seen_revision=plan.revision)
    with database.reading() as session:
        since = what_if(session, lead, opened(session, plan))
        assert submitted(session) == handed_in

    becomes = tag_of_code()
    given = [plain_name(row["open_code"]) for row in rows_of(FOLDER / "ratings.csv")]
    merged = [code for code in given if code in becomes and becomes[code].casefold() != code.casefold()]
    assert len(foreseen.rounds) == 6 and foreseen.altogether.submitted == len(merged) == 240
    assert sum(each.submitted for each in foreseen.by_step) == 240
    for before, after in zip(foreseen.beside, since.beside, strict=True):
        assert before.now and before.then and after.now and after.as_coded
        assert figures(after.now) == pytest.approx(figures(before.then), abs=1e-12)
        assert figures(after.as_coded) == pytest.approx(figures(before.now), abs=1e-12)
        assert before.then.differing <= before.now.differing


def check_near_duplicates(session: Session, lead: Viewer, dimension_id: int) -> None:
    """By spelling, and by most of their words; the names of a pair need not mean the same, as “not” shows."""
    codebook = disclosed_codebook(session, lead.study.id)
    nothing_planned = OpenedPlan(CodebookPlan(study_id=lead.study.id), (), codebook, shelf_of(codebook))
    lines = near_duplicates(session, nothing_planned, dimension_id)
    pairs = [{line.rarer.name, line.usual.name} for line in lines]
    by_spelling = [
        {"false positve", "false positive"},
        {"missing layer (flatten)", "missing flatten layer"},
        {"missing global variables initialization", "missing global variables initialisation"},
        {"wrong calculation of loss function", "wrong loss function calculation"},
    ]
    assert sorted(map(sorted, pairs[:4])) == sorted(map(sorted, by_spelling))
    assert len(pairs) == 24 and {"bias needed in a layer", "bias not needed in layer"} in pairs
    slip = next(line for line in lines if line.rarer.name == "false positve")
    assert slip.usual.uses > 100 > slip.rarer.uses


def figures(scored: Scored) -> list[float]:
    measured = [scored.measures.alpha, scored.measures.percent, scored.measures.ac1]
    found = [(each.value, each.low, each.high) for each in measured if each]
    flat = [each for three in found for each in three if each is not None]
    assert len(flat) == 9
    return [*flat[:3], measured[0].n, scored.differing, *flat[3:]]


def submitted(session: Session) -> list[tuple[int, ...]]:
    codes = select(SubmittedCode.id, SubmittedCode.code_id).order_by(SubmittedCode.id)
    return [tuple(row) for row in session.execute(codes)]
