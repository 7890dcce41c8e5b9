"""Wires the rooms' tasks into one worker."""

from app.accounts import jobs as accounts
from app.adjudication.settled import final_codes_of_study, settled_for_examples
from app.coding import jobs as coding
from app.curation import help_jobs
from app.jobs.running import worker_main
from app.settings import Settings
from app.suggestions import batch_jobs
from app.suggestions import jobs as suggestions
from app.suggestions.example_source import read_examples_by
from app.suggestions.similar_source import read_coded_incidents_by

# Importing a room's jobs makes its tasks known to the queue.
TASKS = (
    accounts.send_password_link,
    coding.take_in_new_incidents,
    suggestions.pump_run,
    suggestions.suggest_for_incident,
    suggestions.look_up_similar,
    batch_jobs.work_batches,
    help_jobs.help_with_codebook,
)


def run_worker(settings: Settings) -> None:
    read_coded_incidents_by(final_codes_of_study)
    read_examples_by(settled_for_examples)
    worker_main(settings)
