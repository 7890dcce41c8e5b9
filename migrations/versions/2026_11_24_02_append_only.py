"""What was handed in, decided or logged is never rewritten: refused by triggers.

Deleting a whole study is the one exception; the deleting transaction sets tandem.deleting_study to its id.

Revision ID: 2026_11_24_02
Revises: 2026_11_24_01
"""

from alembic import op

revision = "2026_11_24_02"
down_revision = "2026_11_24_01"
branch_labels = None
depends_on = None

OF_A_STUDY = (
    "study_events",
    "submissions",
    "submitted_answers",
    "submitted_codes",
    "submitted_evidence",
    "exposures",
    "dimension_revisions",
    "code_revisions",
    "code_disclosures",
    "codebook_versions",
    "round_phase_changes",
    "model_calls",
    "suggestions",
    "acts",
    "rulings",
    "ruled_codes",
    "ruling_participants",
)

REFUSE_IN_A_STUDY = """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('tandem.deleting_study', true) = OLD.study_id::text THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""

REFUSE_ALWAYS = """
CREATE FUNCTION refuse_rewriting_always() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""

KEEP_TEXT = """
CREATE FUNCTION keep_incident_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.text IS DISTINCT FROM OLD.text AND OLD.text IS NOT NULL THEN
    RAISE EXCEPTION 'the text of an incident never changes after import' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.execute(REFUSE_IN_A_STUDY)
    op.execute(REFUSE_ALWAYS)
    op.execute(KEEP_TEXT)
    for table in OF_A_STUDY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )
    op.execute(
        "CREATE TRIGGER account_events_append_only BEFORE UPDATE OR DELETE ON account_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_always()"
    )
    op.execute(
        "CREATE TRIGGER incidents_keep_text BEFORE UPDATE ON incidents "
        "FOR EACH ROW EXECUTE FUNCTION keep_incident_text()"
    )
