"""Alembic's door. It is driven by app.db.migrate, which passes an open connection; there is no alembic.ini."""

from alembic import context
from sqlalchemy import Connection

from app.models import metadata

JOB_TABLES = "procrastinate_"


def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    return not (kind == "table" and name is not None and name.startswith(JOB_TABLES))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
