"""Writes what a release leaves in a database: the sample study, as SQL that every supported Postgres reads.

    python -m tests.released.make

run on the checkout of a release writes tests/released/REVISION.sql.gz, named after its newest revision. A file is
made once and never again: it stands for the databases that people have. tests/test_upgrading.py upgrades each of them
with the migrations of today. The incidents in it were written for Tandem; none of them happened.
"""

import gzip
import subprocess
import tempfile
from pathlib import Path

from app.db.client_programs import started
from app.db.embedded import EmbeddedPostgres
from app.db.migrate import known_revisions, migrate
from app.db.postgres_files import wheel_binaries
from app.db.session import Database
from app.sample.loader import load_sample

FOLDER = Path(__file__).parent
OPTIONS = ("--inserts", "--rows-per-insert=200", "--no-owner", "--no-privileges")
# What older servers do not know, and what only psql understands.
LEFT_OUT = (b"\\restrict", b"\\unrestrict", b"SET transaction_timeout")


def make() -> Path:
    file = FOLDER / f"{known_revisions()[0]}.sql.gz"
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as url:
        migrate(url)
        database = Database.at(url)
        load_sample(database)
        database.dispose()
        with gzip.GzipFile(file, "xb", mtime=0) as out, tempfile.TemporaryFile() as err:
            dumping = started(
                wheel_binaries() / "pg_dump", *OPTIONS, url=url, stdin=subprocess.DEVNULL, out=subprocess.PIPE, err=err
            )
            assert dumping.stdout is not None
            out.writelines(line for line in dumping.stdout if not line.startswith(LEFT_OUT))
            assert dumping.wait() == 0
    return file


if __name__ == "__main__":
    made = make()
    print(f"Wrote {made} ({made.stat().st_size:,} bytes).")
