"""Memory for a query that counts many rows: by itself a server sorts a few megabytes and then goes to the disk."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

FOR_COUNTING = "64MB"


def count_in_memory(session: Session) -> None:
    """Until the transaction ends. For pages that few people look at, one query at a time."""
    session.execute(select(func.set_config("work_mem", FOR_COUNTING, True)))
