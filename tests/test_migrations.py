"""An empty database upgraded is the models; a filled one keeps its data."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import app.models
from tests.makers import (
    act,
    assignment_of,
    make_code,
    make_coders,
    make_dimension,
    make_incidents,
    make_round,
    make_study,
)


def test_the_migrations_make_what_the_models_say(engine):
    def ours(name, kind, _):
        return not (kind == "table" and name.startswith("procrastinate_"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, app.models.metadata) == []


def test_what_is_append_only_refuses_rewriting(engine):
    with engine.connect() as connection:
        guarded = set(
            connection.scalars(
                sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%append_only'")
            )
        )
    logged = {"study_events", "account_events", "exposures", "acts", "model_calls", "suggestions", "rulings"}
    handed_in = {"submissions", "submitted_answers", "submitted_codes", "submitted_evidence"}
    codebook = {"code_revisions", "dimension_revisions", "codebook_versions", "code_disclosures"}
    assert logged | handed_in | codebook <= guarded


@pytest.mark.parametrize("table", ["submissions", "submitted_answers", "submitted_codes", "submitted_evidence"])
def test_promise_8_what_was_submitted_refuses_rewriting(session, table):
    """By any statement, of any room: the triggers of the database say so."""
    lead = make_study(session)
    (ada,) = make_coders(session, lead, 1)
    cause = make_dimension(session, lead, "Cause")
    network = make_code(session, lead, cause, "Network")
    coding_round = make_round(session, lead, [ada], make_incidents(session, lead, 1))
    assignment = assignment_of(session, ada, coding_round)
    where = {"dimension_id": cause.id, "code_id": network.id}
    act(session, ada, assignment, "toggle_code", **where)
    act(session, ada, assignment, "add_evidence", **where, start=0, end=3, quote="The")
    act(session, ada, assignment, "submit")
    assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 1
    for statement in (f"UPDATE {table} SET study_id = study_id", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), session.begin_nested():
            session.execute(sa.text(statement))
