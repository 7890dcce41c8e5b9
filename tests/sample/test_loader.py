"""The sample study as everybody's actions make it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from app.accounts.actions import demo_sign_in_link
from app.adjudication.models import FinalCode, Ruling
from app.agreement.figures import round_figures
from app.coding.models import Submission
from app.coding.queries import progress
from app.db.session import Database
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.rounds.models import Assignment, Round
from app.rounds.queries import round_by_number
from app.sample.checks import sample_content
from app.sample.loader import load_sample
from app.studies.models import Membership, Study, StudyEvent
from app.suggestions.models import Suggestion, SuggestionDecision
from tests.conftest import make_database


@pytest.fixture(scope="module")
def sample(server_url: URL, sample_url: URL) -> Iterator[Database]:
    url = make_database(server_url, "tandem_sample_twice", template="tandem_sample")
    database = Database.at(url.render_as_string(hide_password=False))
    yield database
    database.dispose()


def count(session, model) -> int:
    return session.scalars(select(func.count()).select_from(model)).one()


def test_the_sample_holds_what_its_content_says(sample):
    content = sample_content()
    with sample.reading() as session:
        study = session.scalars(select(Study)).one()
        assert (study.slug, study.origin) == (content.study_slug, "sample")
        assert count(session, Incident) == len(content.incidents) >= 40
        assert count(session, Ruling) == len(content.rulings)
        rounds = session.scalars(select(Round).order_by(Round.number)).all()
        assert [(r.purpose, r.phase) for r in rounds] == [(r.purpose, r.phase) for r in content.rounds]


def test_loading_twice_changes_nothing(sample):
    with sample.reading() as session:
        before = count(session, StudyEvent)
    load_sample(sample)
    with sample.reading() as session:
        assert count(session, StudyEvent) == before


def test_its_reliability_is_of_independent_first_submissions_only(sample):
    with sample.reading() as session:
        study_id = session.scalars(select(Study.id)).one()
        figures = round_figures(session, round_by_number(session, study_id, 2))
        assert [row.kind for row in figures.rows] == ["reliability"] * 5
        assert all(row.report.percent.n == 29 for row in figures.rows)
        assert all(0.5 < row.report.percent.value < 0.95 for row in figures.rows)
        kinds = {row.kind for row in round_figures(session, round_by_number(session, study_id, 1)).rows}
        assert kinds == {"calibration", "assisted"}


def test_first_submissions_before_the_opening_stayed_independent(sample):
    with sample.reading() as session:
        rounds = {r.number: r.id for r in session.scalars(select(Round))}
        first = select(Submission).where(Submission.round_id == rounds[1], Submission.ordinal == 1)
        later = select(Submission).where(Submission.round_id == rounds[1], Submission.ordinal > 1)
        assert all(one.independent for one in session.scalars(first))
        assert not any(one.independent for one in session.scalars(later))


def test_its_model_left_a_ledger_and_one_quote_that_no_text_holds(sample):
    with sample.reading() as session:
        assert {call.outcome for call in session.scalars(select(ModelCall))} == {"valid"}
        quotes = [quote for one in session.scalars(select(Suggestion)) for quote in one.quotes]
        assert sum(quote["start"] is None for quote in quotes) == 1
        decisions = {one.decision for one in session.scalars(select(SuggestionDecision))}
        assert decisions == {"accepted", "changed", "rejected"}


def test_whoever_opens_the_demo_finds_incidents_to_code_and_final_codes_with_their_basis(sample):
    with sample.reading() as session:
        lead = session.scalars(select(Membership).where(Membership.role == "lead")).one()
        running = session.scalars(select(Round).where(Round.phase == "running")).one()
        own = select(Assignment.id).where(Assignment.round_id == running.id, Assignment.member_id == lead.id)
        assert session.scalars(own).all()
        assert progress(session, running, lead.id).done == 0
        assert {one.basis for one in session.scalars(select(FinalCode))} >= {"unanimous", "third_person"}


def test_the_demo_link_opens_once_and_a_new_one_is_made_at_each_start(sample):
    with sample.transaction() as session:
        first = demo_sign_in_link(session, "http://127.0.0.1:8000")
        second = demo_sign_in_link(session, "http://127.0.0.1:8000")
    assert first != second
    assert first.startswith("http://127.0.0.1:8000/sign-in-links/")
