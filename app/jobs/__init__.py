"""Background jobs on the same Postgres. Rooms define tasks with `task` and defer them with `defer_in`."""

from app.jobs.app import Workplace, defer_in, defer_once_in, hasten_in, task

__all__ = ["Workplace", "defer_in", "defer_once_in", "hasten_in", "task"]
