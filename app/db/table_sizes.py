"""What Postgres knows of the size of tables. After many rows in one transaction it has to be told, since what it plans
for an empty table (a walk through all of it) it also does for each key that it checks in a full one."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.base import Base

MANY = 1_000


def tell_sizes(session: Session, *tables: type[Base], rows: int) -> None:
    """Of tables into which this transaction has just written so many rows; a few are not worth it."""
    if rows >= MANY:
        session.flush()
        session.execute(text("ANALYZE " + ", ".join(f'"{table.__tablename__}"' for table in tables)))
