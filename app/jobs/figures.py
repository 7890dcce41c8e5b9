"""How the queue stands, for whoever watches the installation."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.figures import Figure


def job_figures(session: Session) -> list[Figure]:
    counted = session.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")).all()
    silent = heartbeat_ages_seconds(session)
    return [
        Figure("tandem_jobs", "Jobs by state.", ["state"], [((state,), count) for state, count in counted]),
        Figure("tandem_workers", "Workers that signed on and did not sign off.", [], [((), len(silent))]),
        Figure(
            "tandem_worker_heartbeat_age_seconds",
            "Since the worker last heard from was heard from.",
            [],
            [((), silent[0])] if silent else [],
        ),
    ]


def heartbeat_ages_seconds(session: Session) -> Sequence[float]:
    """Of every worker that has not signed off, the youngest first; by the clock of the database."""
    ages = "SELECT extract(epoch FROM clock_timestamp() - last_heartbeat)::float FROM procrastinate_workers ORDER BY 1"
    return session.scalars(text(ages)).all()


def waiting_jobs(session: Session) -> int:
    """Those whose time has come."""
    due = "status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
    return session.execute(text(f"SELECT count(*) FROM procrastinate_jobs WHERE {due}")).scalar_one()
