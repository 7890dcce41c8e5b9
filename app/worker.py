"""Wires the rooms' tasks into one worker."""

from app.jobs.running import worker_main
from app.settings import Settings


def run_worker(settings: Settings) -> None:
    worker_main(settings)
