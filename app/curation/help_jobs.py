"""The job of an asking for help with the codebook."""

from sqlalchemy.orm import Session

from app.curation.help_asking import give_help
from app.curation.help_models import CodebookHelp
from app.jobs import Workplace, defer_once_in, task
from app.llm.configured import model_from
from app.suggestions.jobs import WhenTheModelSays


@task("curation.help_with_codebook", retry=WhenTheModelSays())
def help_with_codebook(workplace: Workplace, study_id: int, help_id: int) -> None:
    give_help(workplace.database, model_from(workplace.settings), study_id=study_id, help_id=help_id)


def defer_help(session: Session, asked: CodebookHelp) -> None:
    """In the caller's transaction. What waits in the queue already is not put there twice."""
    key = f"codebook_help:{asked.id}"
    defer_once_in(session, help_with_codebook, key, study_id=asked.study_id, help_id=asked.id)
