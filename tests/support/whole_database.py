"""All of a database, to be compared with another: rows, triggers, sequences, columns, constraints."""

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

ROWS = (
    "SELECT coalesce(md5(string_agg(said, E'\\n' ORDER BY said COLLATE \"C\")), '') || ' ' || count(*) "
    "FROM ({rows}) AS rows (said)"
)
STORED = "SELECT (to_jsonb(r) - CAST(:generated AS text[]))::text FROM {table} r"
GENERATED = "SELECT {column}::text FROM {table}"
WHICH = (
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'ALWAYS'"
)
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


def whole_database(url: URL | str, *, with_generated: bool = True) -> dict[str, list[str]]:
    """with_generated: what is computed from the rows too; another major of Postgres may cut words otherwise."""
    engine = create_engine(make_url(url), poolclass=NullPool)
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        for table in connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all():
            generated = list(connection.scalars(text(WHICH), {"table": table}))
            found[table] = _said(connection, ROWS.format(rows=STORED.format(table=table)), generated=generated)
            for column in generated if with_generated else ():
                rows = GENERATED.format(column=column, table=table)
                found[f"{table}.{column}"] = _said(connection, ROWS.format(rows=rows))
        return found | {name: _said(connection, question) for name, question in SHAPE.items()}


def _said(connection: Connection, question: str, **values: list[str]) -> list[str]:
    return sorted(str(each) for each in connection.scalars(text(question), values))
