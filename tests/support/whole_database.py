"""All of a database, to be compared with another: rows, triggers, sequences, columns, constraints."""

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

ROWS = "SELECT coalesce(md5(string_agg(r::text, E'\\n' ORDER BY r::text)), '') || ' ' || count(*) FROM {table} r"
SHAPE = {
    "triggers": "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text || ' ' || pg_get_triggerdef(oid) "
    "FROM pg_trigger WHERE NOT tgisinternal",
    "columns": "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || "
    "coalesce(column_default, '') || ' ' || is_identity || ' ' || coalesce(generation_expression, '') "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    # Without casts and brackets: Postgres writes a list of words another way once it has read its own writing.
    "constraints": "SELECT conrelid::regclass || ' ' || conname || ' ' || "
    "regexp_replace(pg_get_constraintdef(oid), '::(character varying|text)(\\[\\])?|[()]', '', 'g') "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "routines": "SELECT oid::regprocedure || ' ' || md5(prosrc) FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace",
    "types": "SELECT typname || ' ' || typtype::text FROM pg_type "
    "WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'c', 'd')",
    "sequences": "SELECT sequencename || ' ' || coalesce(last_value::text, 'unused') FROM pg_sequences",
}


def whole_database(url: URL | str) -> dict[str, list[str]]:
    engine = create_engine(make_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = {name: _said(connection, ROWS.format(table=f'"{name}"')) for name in sorted(tables)}
        return rows | {name: _said(connection, question) for name, question in SHAPE.items()}


def _said(connection: Connection, question: str) -> list[str]:
    return sorted(str(each) for each in connection.scalars(text(question)))
