"""A worker at work: runs jobs, and takes up those that a dead worker left behind."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from sqlalchemy.engine import make_url

from app.db.session import Database
from app.jobs.app import Workplace, queue
from app.settings import Settings

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
GRACE_SECONDS = 5.0


def worker_main(settings: Settings) -> None:
    """Works until SIGINT or SIGTERM. The tasks are imported already."""
    asyncio.run(_work_until_told_to_stop(settings))


def run_waiting_jobs(settings: Settings) -> None:
    """Runs what waits in the queue, here and now, and returns."""
    asyncio.run(_work_off(settings))


async def _work_until_told_to_stop(settings: Settings) -> None:
    async with _open_queue(settings) as (opened, options):
        workplace: Workplace = options["additional_context"]["workplace"]
        worker = Worker(opened, **options, install_signal_handlers=False)
        told = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, told.set)
        work = asyncio.create_task(worker.run())
        watch = asyncio.create_task(_take_up_stalled_jobs_for_ever(opened, settings))
        await asyncio.wait({work, asyncio.create_task(told.wait())}, return_when=asyncio.FIRST_COMPLETED)
        watch.cancel()
        workplace.stopping.set()
        worker.stop()
        await asyncio.wait({work}, timeout=GRACE_SECONDS)
        if not work.done():
            await _leave_jobs_to_others(opened, worker)
        await work


async def _work_off(settings: Settings) -> None:
    async with _open_queue(settings) as (opened, options):
        await opened.run_worker_async(**options, wait=False)


@asynccontextmanager
async def _open_queue(settings: Settings) -> AsyncIterator[tuple[App, dict[str, Any]]]:
    """The queue on the database of the settings, and how a worker works on it."""
    if settings.database_url is None:
        raise ValueError("a worker needs settings.database_url")
    database = Database.at(settings.database_url, pool_size=settings.worker_concurrency)
    conninfo = make_url(settings.database_url).set(drivername="postgresql")
    connector = PsycopgConnector(
        conninfo=conninfo.render_as_string(hide_password=False),
        min_size=1,
        max_size=settings.worker_concurrency + 2,
        max_idle=30,  # seconds; an idle connection holds megabytes of the server
    )
    options = {
        "concurrency": settings.worker_concurrency,
        "additional_context": {"workplace": Workplace(database, settings)},
        "update_heartbeat_interval": min(HEARTBEAT_SECONDS, settings.stalled_job_seconds / 3),
        "stalled_worker_timeout": settings.stalled_job_seconds,
    }
    # As many threads as jobs, which by itself a loop has not on a small machine.
    threads = ThreadPoolExecutor(settings.worker_concurrency + 2, thread_name_prefix="job")
    asyncio.get_running_loop().set_default_executor(threads)
    try:
        with queue.replace_connector(connector) as opened:
            async with opened.open_async():
                yield opened, options
    finally:
        database.dispose()


async def _take_up_stalled_jobs_for_ever(opened: App, settings: Settings) -> None:
    """In every worker rather than as a periodic job: it cannot itself be left behind by a dead worker."""
    while True:
        try:
            await take_up_stalled_jobs(opened, settings.stalled_job_seconds)
        except ConnectorException:
            log.warning("Could not look for jobs that were left behind; trying again.", exc_info=True)
        await asyncio.sleep(settings.stalled_job_check_seconds)


async def take_up_stalled_jobs(opened: App, silent_seconds: float) -> None:
    """Puts back into the queue what a worker was doing that has been silent for so long."""
    for job in await opened.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds):
        try:
            await opened.job_manager.retry_job(job)
            log.info("Took up job %s (%s), which its worker left behind.", job.id, job.task_name)
        except ConnectorException:
            log.info("Job %s is no longer left behind.", job.id)


async def _leave_jobs_to_others(opened: App, worker: Worker) -> None:
    """A job that waits for a model cannot be interrupted: put it back into the queue and end the process."""
    for job in await opened.job_manager.list_jobs_async(status="doing", worker_id=worker.worker_id):
        await opened.job_manager.retry_job(job)
        log.info("Put job %s (%s) back into the queue.", job.id, job.task_name)
    logging.shutdown()
    os._exit(0)
