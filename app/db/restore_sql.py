"""The SQL that stands before and after a dump, in its transaction."""

from typing import IO

from app.db.backup_file import Manifest

# Settings that a dump begins with and that Postgres before 17 does not know.
_NEWER = (b"SET transaction_timeout",)

# Object by object, since the schema and its extensions may belong to somebody else.
_DROP_EVERYTHING = """
SET client_min_messages = warning;
DO $drop$
DECLARE statements text;
BEGIN
  SELECT string_agg(format('DROP %s IF EXISTS %I.%I CASCADE', CASE c.relkind
    WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
    ELSE 'TABLE' END, n.nspname, c.relname), ';') INTO statements
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i', 'a'));
  EXECUTE coalesce(statements, 'SELECT 1');
  SELECT string_agg(format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure), ';') INTO statements
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = {schema} AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'));
  EXECUTE coalesce(statements, 'SELECT 1');
  SELECT string_agg(format('DROP TYPE IF EXISTS %I.%I CASCADE', n.nspname, t.typname), ';') INTO statements
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE n.nspname = {schema} AND (t.typtype IN ('e', 'd') OR EXISTS (
    SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')) AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype IN ('e', 'i'));
  EXECUTE coalesce(statements, 'SELECT 1');
END $drop$;
"""

_CHECK_COUNTS = """
DO $check$
DECLARE wrong text;
BEGIN
  SELECT string_agg(format('%s has %s rows and should have %s', name, there, told), ', ') INTO wrong
  FROM (VALUES {rows}) AS counted (name, told, there) WHERE told <> there;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'the rows are not those of the backup: %', wrong;
  END IF;
END $check$;
"""


def drop_everything(schema: str) -> str:
    return _DROP_EVERYTHING.replace("{schema}", _literal(schema))


def check_counts(manifest: Manifest) -> str:
    """An error of Postgres, so that the transaction ends, when a table has other rows than were counted."""
    rows = ", ".join(
        f"({_literal(name)}, {rows}::bigint, (SELECT count(*) FROM {_name(manifest.schema_name)}.{_name(name)}))"
        for name, rows in manifest.rows.items()
    )
    return _CHECK_COUNTS.replace("{rows}", rows)


def without_newer_settings(script: IO[bytes]) -> bytes:
    """Reads the head of the script, up to the setting of the search path, and leaves out what is too new."""
    head = b""
    for line in script:
        if not line.startswith(_NEWER):
            head += line
        if b"'search_path'" in line:
            break
    return head


def _literal(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def _name(said: str) -> str:
    return '"' + said.replace('"', '""') + '"'
