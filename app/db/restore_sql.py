"""The SQL that stands before and after a dump, in its transaction."""

import re
from typing import IO

from app.db.backup_file import Manifest

# Settings that a dump begins with and that Postgres before 17 does not know.
_NEWER = (b"SET transaction_timeout",)

# A server of 15.20 marks each column by an option that no other server takes. Its own pg_dump leaves the
# marks out; one that is of another release writes them as a line each, or beside the options that people chose.
_MARK = re.compile(rb"(?<=[(])pg_attver=[^,)]*(?:, )?|, pg_attver=[^,)]*")

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


def up_to_the_rows(script: IO[bytes], *, newest_settings: bool) -> bytes:
    """Reads what a dump makes before the first rows of a table, and leaves out what is not for every server."""
    head = b""
    for line in script:
        if newest_settings or not line.startswith(_NEWER):
            head += _without_marks(line)
        if line.startswith(b"COPY "):
            break
    return head


def _without_marks(line: bytes) -> bytes:
    """Nothing where the line did nothing else."""
    if not line.startswith(b"ALTER TABLE ") or b"pg_attver=" not in line:
        return line
    left = _MARK.sub(b"", line)
    return b"" if b" SET ();" in left else left


def _literal(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def _name(said: str) -> str:
    return '"' + said.replace('"', '""') + '"'
