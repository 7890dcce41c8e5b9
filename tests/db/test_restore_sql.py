"""What is left out of a dump before it is given to another server than the one it is of."""

from io import BytesIO

import pytest

from app.db.restore_sql import up_to_the_rows

KEPT = b"CREATE TABLE public.a (b text);\n"
ROWS = b"COPY public.a (b) FROM stdin;\nALTER TABLE ONLY public.a ALTER COLUMN b SET (pg_attver=1);\n\\.\n"


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (b"ALTER TABLE ONLY public.a ALTER COLUMN b SET (pg_attver=18270144);\n", b""),
        (
            b"ALTER TABLE ONLY public.a ALTER COLUMN b SET (n_distinct=5, pg_attver=1);\n",
            b"ALTER TABLE ONLY public.a ALTER COLUMN b SET (n_distinct=5);\n",
        ),
        (
            b"ALTER TABLE ONLY public.a ALTER COLUMN b SET (pg_attver=1, n_distinct=5);\n",
            b"ALTER TABLE ONLY public.a ALTER COLUMN b SET (n_distinct=5);\n",
        ),
        (b"COMMENT ON TABLE public.a IS '(pg_attver=1)';\n", b"COMMENT ON TABLE public.a IS '(pg_attver=1)';\n"),
    ],
)
def test_marks_that_one_release_puts_on_columns_are_left_out_and_rows_are_not_touched(
    written: bytes, left: bytes
) -> None:
    script = BytesIO(KEPT + written + ROWS)
    assert up_to_the_rows(script, newest_settings=True) + script.read() == KEPT + left + ROWS


def test_settings_of_newer_servers_are_left_out_for_older_ones() -> None:
    script = b"SET statement_timeout = 0;\nSET transaction_timeout = 0;\n"
    assert up_to_the_rows(BytesIO(script), newest_settings=True) == script
    assert up_to_the_rows(BytesIO(script), newest_settings=False) == b"SET statement_timeout = 0;\n"
