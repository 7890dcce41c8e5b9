"""How long a coder was at an assignment, as the browser tells with each act."""

from datetime import datetime, timedelta

from app.coding.models import AssignmentWork
from app.rounds.models import Assignment

LONGEST = timedelta(hours=8)  # that one act may bring along


def add_active_time(work: AssignmentWork, assignment: Assignment, seconds: int, at: datetime) -> None:
    """Of one act, once. Never more in all than has passed since the incident was assigned.

    The last change is no bound: acts made offline come one right after the other, each with the time before it.
    """
    passed = int((at - assignment.created_at).total_seconds())
    longest = min(int(LONGEST.total_seconds()), passed - work.active_seconds)
    work.active_seconds += max(0, min(seconds, longest))
