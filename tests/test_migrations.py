"""An empty database upgraded is the models; a filled one keeps its data."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import app.models


def test_the_migrations_make_what_the_models_say(engine):
    def ours(name, kind, _):
        return not (kind == "table" and name.startswith("procrastinate_"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, app.models.metadata) == []


def test_what_is_append_only_refuses_rewriting(engine):
    with engine.connect() as connection:
        guarded = set(
            connection.scalars(sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%append_only'"))
        )
    logged = {"study_events", "account_events", "exposures", "acts", "model_calls", "suggestions", "rulings"}
    handed_in = {"submissions", "submitted_answers", "submitted_codes", "submitted_evidence"}
    codebook = {"code_revisions", "dimension_revisions", "codebook_versions", "code_disclosures"}
    assert logged | handed_in | codebook <= guarded
