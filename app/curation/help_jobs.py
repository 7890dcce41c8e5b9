"""The job of an asking for help with the codebook."""

from sqlalchemy.orm import Session

from app.curation.help_asking import endpoint_of_help, fail, give_help
from app.curation.help_models import CodebookHelp
from app.jobs import Workplace, defer_once_in, task
from app.ledger.endpoint_problems import EndpointUnusable
from app.ledger.endpoints import model_of
from app.ledger.gates import gate_of
from app.problems import NotFound
from app.suggestions.jobs import WhenTheModelSays


@task("curation.help_with_codebook", retry=WhenTheModelSays())
def help_with_codebook(workplace: Workplace, study_id: int, help_id: int) -> None:
    settings, database = workplace.settings, workplace.database
    with database.transaction() as session:
        try:
            endpoint = endpoint_of_help(session, study_id, help_id)
            model = model_of(settings, endpoint)
        except NotFound:  # the study was deleted meanwhile
            return
        except EndpointUnusable as problem:
            fail(session, study_id, help_id, problem.sentence)
            return
    gate = gate_of(endpoint, most_at_once=settings.llm_most_at_once)
    give_help(database, model, study_id=study_id, help_id=help_id, gate=gate)


def defer_help(session: Session, asked: CodebookHelp) -> None:
    """In the caller's transaction. What waits in the queue already is not put there twice."""
    key = f"codebook_help:{asked.id}"
    defer_once_in(session, help_with_codebook, key, study_id=asked.study_id, help_id=asked.id)
