"""What calls cost was added up from the ledger and from what they held, and is kept as accounts since."""

import sqlalchemy as sa
from sqlalchemy.engine import URL

from tests.conftest import make_database
from tests.test_held_tokens_move import before, upgrade

MOVES = "2026_11_28_45"
CALL = (
    "INSERT INTO model_calls (study_id, purpose, subject_kind, subject_id, attempt, outcome, system_prompt, "
    "user_prompt, prompt_sha256, model_asked, input_tokens, cached_tokens, output_tokens, cost_usd) "
    "VALUES (:study_id, 'suggest', :kind, :subject, 1, 'valid', '', '', '', 'm', :read, 1, :written, :cost)"
)
HOLD = (
    "INSERT INTO token_holds (study_id, subject_kind, subject_id, reserved_tokens, untold_tokens) "
    "VALUES (:study_id, :kind, :subject, :reserved, :untold)"
)


def test_accounts_begin_with_what_the_ledger_was_told_and_what_calls_held(server_url: URL) -> None:
    engine = sa.create_engine(make_database(server_url, "tandem_accounts"))
    upgrade(engine, before(MOVES))
    with engine.begin() as connection:
        insert = "INSERT INTO studies (slug, title) VALUES (:slug, 'S') RETURNING id"
        study_id, other = (connection.scalar(sa.text(insert), {"slug": slug}) for slug in ("s", "t"))
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # runs and incidents are no matter
        row = "INSERT INTO run_incidents (study_id, run_id, incident_id) VALUES (:s, :run, :i) RETURNING id"
        one, two = (connection.scalar(sa.text(row), {"s": study_id, "run": run, "i": run}) for run in (11, 12))
        for study, kind, subject, read, written, cost in (
            (study_id, "run_incident", one, 100, 10, 0.5),
            (study_id, "run_incident", two, 200, 20, None),
            (study_id, "codebook_help", one, 300, 30, 0.25),
            (study_id, "run_incident", two, None, None, None),
        ):
            told = {"read": read, "written": written, "cost": cost}
            connection.execute(sa.text(CALL), {"study_id": study, "kind": kind, "subject": subject, **told})
        for study, kind, subject, reserved, untold in (
            (study_id, "run_incident", one, 5, 0),
            (study_id, "codebook_help", one, 0, 7),
            (other, "codebook_help", 3, 1, 1),
        ):
            held = {"reserved": reserved, "untold": untold}
            connection.execute(sa.text(HOLD), {"study_id": study, "kind": kind, "subject": subject, **held})
    upgrade(engine, MOVES)
    with engine.connect() as connection:
        found = connection.execute(
            sa.text(
                "SELECT study_id, subject_kind, subject_id, calls, unpriced, input_tokens, output_tokens, "
                "untold_tokens, reserved_tokens, told_usd::float FROM model_accounts "
                "ORDER BY study_id, subject_kind, subject_id"
            )
        ).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [
        (study_id, "study", study_id, 4, 1, 600, 60, 12, 0, 0.75),
        (study_id, "suggestion_run", 11, 1, 0, 100, 10, 5, 0, 0.5),
        (study_id, "suggestion_run", 12, 2, 1, 200, 20, 0, 0, 0),
        (other, "study", other, 0, 0, 0, 0, 2, 0, 0),
    ]
