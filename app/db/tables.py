"""What lies in Tandem's part of a database: its tables, their rows, their revision."""

from sqlalchemy import Connection, text

REVISION_TABLE = "alembic_version"

_TABLES = """
SELECT c.relname, format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY c.relname
"""


def schema_of(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_schema()")))


def row_counts(connection: Connection) -> dict[str, int]:
    """Of every table, as this transaction sees it. Those of extensions are not ours."""
    tables = connection.execute(text(_TABLES)).all()
    return {name: int(connection.scalar(text(f"SELECT count(*) FROM {quoted}")) or 0) for name, quoted in tables}


def revision_of(connection: Connection) -> str | None:
    """None where no Tandem ever migrated."""
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": REVISION_TABLE}) is None:
        return None
    return connection.scalar(text(f"SELECT version_num FROM {REVISION_TABLE}"))


def others_connected(connection: Connection) -> list[str]:
    """Who else is connected to this database, by program and address."""
    found = connection.execute(text(_OTHERS)).all()
    return [f"{name or 'a program without a name'} as {who} from {address or 'here'}" for name, who, address in found]


# Somebody without rights sees nobody's kind; then they count as clients.
_OTHERS = """
SELECT DISTINCT application_name, usename, host(client_addr) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND coalesce(backend_type, 'client backend') = 'client backend'
ORDER BY 1, 2, 3
"""
