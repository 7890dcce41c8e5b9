"""What is told while Tandem runs: one line for each event on stderr, for people to read or as JSON for machines.

No line holds what people wrote or what opens a door. An exception is told by its kind and its place, never by its
words, which may quote an incident, a parameter of a query or a key. Libraries may warn and no more: below that they
tell what they send. Of the fields that a line may have, only those named here are written.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, WrappedLogger

OURS = ("app", "procrastinate", "uvicorn")
CHATTY = ("procrastinate.blueprints", "procrastinate.periodic")  # about what Tandem has none of
FIELDS = ("method", "route", "status", "milliseconds", "person_id")
RETRIED = "job_error_retry"  # procrastinate's name for it; not a mistake, so its place is of no interest
PLACES = 12
_ROOT = Path(__file__).resolve().parents[1]

log = logging.getLogger("app")


def log_to_stderr(level: str, format: str = "text") -> None:
    """level: of what Tandem itself says. format: text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_tells_news)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                add_log_level,
                add_logger_name,
                ExtraAdder(allow=FIELDS),
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                _of_the_queue,
                _without_words,
            ],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False) if format == "json" else _readable,
            ],
        )
    )
    chosen = logging.getLevelName(level.upper())
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, chosen), force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(chosen)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, chosen))


def log_crashes_too() -> None:
    """For processes that nobody looks at: what would print a traceback, with its words, becomes a line."""

    def of_process(kind: type[BaseException], crash: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, Exception):
            log.critical("crashed", exc_info=crash)

    def of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            of_process(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = of_process
    threading.excepthook = of_thread


def _tells_news(record: logging.LogRecord) -> bool:
    """uvicorn tells again what the request's own line has told."""
    return not (record.name == "uvicorn.error" and str(record.msg).startswith("Exception in ASGI application"))


def _of_the_queue(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """procrastinate's lines spell out a job's arguments and result; the job's number and its task are enough."""
    record = event["_record"]
    action, job = getattr(record, "action", None), getattr(record, "job", None)
    if not event["logger"].startswith("procrastinate") or not isinstance(action, str):
        return event
    event["event"] = action.replace("_", " ")
    if isinstance(job, dict):
        event.update(job_id=job.get("id"), task=job.get("task_name"))
    if action == RETRIED and "exc_info" in event:
        event["error"] = " < ".join(_kind(each) for each in _chain(event.pop("exc_info")[1]))
    return event


def _without_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    told = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if told and told[1] is not None:
        event["error"] = " < ".join(f"{_kind(each)} at {_place(each)}" for each in _chain(told[1]))
    return event


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """The exception, then what it came of."""
    while problem is not None:
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


def _kind(problem: BaseException) -> str:
    """With what Postgres says in codes and names: its sentences quote rows."""
    kind = type(problem)
    of_postgres = (getattr(problem, "sqlstate", None), getattr(getattr(problem, "diag", None), "constraint_name", None))
    known = ", ".join(str(each) for each in of_postgres if each)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({known})" if known else "")


def _place(problem: BaseException) -> str:
    """Our own functions on the way and where it ended, the innermost first."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [each for each in frames if Path(each.filename).is_relative_to(_ROOT / "app")]
    shown = [*ours, *(frames[-1:] if frames and frames[-1] not in ours else [])][-PLACES:]
    return ", ".join(f"{_short(each.filename)}:{each.lineno} {each.name}" for each in reversed(shown)) or "no place"


def _short(file: str) -> str:
    return file.rpartition("site-packages/")[2].removeprefix(f"{_ROOT}/")


def _readable(_: WrappedLogger, __: str, event: EventDict) -> str:
    at, level, logger, said = (event.pop(name) for name in ("at", "level", "logger", "event"))
    fields = " ".join(f"{name}={_one_line(value)}" for name, value in event.items())
    return f"{at} {level.upper()} {logger}: {_one_line(said)} {fields}".rstrip()


def _one_line(value: Any) -> str:
    return str(value).replace("\r", "\\r").replace("\n", "\\n")
