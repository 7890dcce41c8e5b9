"""The rulings of the sample study's lead."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.adjudication.actions import RulingWords, open_answers, rule
from app.codebook.queries import whole_codebook
from app.incidents.models import Incident
from app.rounds.models import Round
from app.sample.coding import code_id, dimension_named
from app.sample.content import SampleContent
from app.studies.viewer import Viewer


def rule_as_told(
    session: Session,
    people: Mapping[str, Viewer],
    coding_round: Round,
    content: SampleContent,
    incidents: Mapping[str, Incident],
) -> None:
    for told in content.rulings:
        if told.round != coding_round.name:
            continue
        ruler = people[told.by]
        codebook = whole_codebook(session, ruler.study.id)
        dimension = dimension_named(codebook, told.dimension)
        codes = {name: code_id(codebook, dimension, name) for name in told.codes}
        incident_id = incidents[told.incident].id
        open_answers(session, ruler, coding_round, incident_id, dimension.id)
        words = RulingWords(
            state=told.state,
            cause=told.cause,
            reason=told.reason,
            code_ids=[found for found in codes.values() if found is not None],
            main_code_id=codes.get(told.main) if told.main and dimension.has_main else None,
        )
        rule(session, ruler, coding_round, incident_id, dimension.id, words)
