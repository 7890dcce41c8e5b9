"""The job that goes on with the batches of a run, and puts itself off until something is due."""

from sqlalchemy.orm import Session

from app.jobs import Workplace, defer_once_in, hasten_in, task
from app.ledger.endpoint_problems import EndpointUnusable
from app.ledger.endpoints import model_of
from app.llm.openai_batch import batches_of
from app.llm.port import Model
from app.llm.prices import batch_share
from app.problems import Conflict
from app.suggestions import queries
from app.suggestions.asking import NO_MODEL, OTHER_MODEL
from app.suggestions.batch_taking import Taker, give_up
from app.suggestions.batching import Batcher, go_on
from app.suggestions.examples import ExamplesGone
from app.suggestions.keeping import pause, told_if_it_breaks
from app.suggestions.material import endpoint_of_run, material_of
from app.suggestions.models import SuggestionRun

LONGEST_SECONDS = 900.0


class NoBatches(Conflict):
    """This model answers single calls only. Begin a live run, or one of another model."""


@task("suggestions.work_batches")
def work_batches(workplace: Workplace, study_id: int, run_id: int) -> None:
    with told_if_it_breaks(workplace.database, study_id, run_id):
        batcher = _batcher(workplace, study_id, run_id)
        seconds = go_on(batcher) if batcher else None
    if seconds is not None:
        with workplace.database.transaction() as session:
            _defer(session, study_id, run_id, min(seconds, LONGEST_SECONDS))


def defer_batches(session: Session, run: SuggestionRun) -> None:
    """In the caller's transaction; what waits already is due now."""
    _defer(session, run.study_id, run.id, 0.0)
    hasten_in(session, [_key(run.id)])


def _batcher(workplace: Workplace, study_id: int, run_id: int) -> Batcher | None:
    """None: it cannot be asked just now, and the run says why."""
    with workplace.database.transaction() as session:
        run = queries.run_by_id(session, study_id, run_id)
        endpoint = endpoint_of_run(session, run)
        try:
            material, model = material_of(session, run), model_of(workplace.settings, endpoint)
            batches = batches_of(model) if model else None
            problem = _problem(run, model) or ("" if batches else NoBatches().sentence)
        except (EndpointUnusable, ExamplesGone) as found:
            problem = found.sentence
        if problem and run.state == "cancelled":
            give_up(session, run, problem)
        elif problem:
            pause(session, study_id, run_id, problem)
        if problem:
            return None
        share = endpoint.batch_price_share if endpoint else None
        assert model is not None and batches is not None
        taker = Taker(material, model, batches, share if share is not None else batch_share(model.address))
    settings = workplace.settings
    return Batcher(
        workplace.database,
        taker,
        first_look_seconds=settings.llm_batch_look_seconds,
        step_seconds=settings.llm_batch_step_seconds,
    )


def _problem(run: SuggestionRun, model: Model | None) -> str:
    if model is None:
        return NO_MODEL
    return "" if model.name == run.model else OTHER_MODEL.format(run.model, model.name)


def _defer(session: Session, study_id: int, run_id: int, seconds: float) -> None:
    defer_once_in(session, work_batches, _key(run_id), seconds=seconds, study_id=study_id, run_id=run_id)


def _key(run_id: int) -> str:
    return f"suggestions:{run_id}:batches"
