"""A study with a running round at which its lead looks, for the picture of a look."""

from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.codebook.queries import whole_codebook
from app.codebook.template import apply_template
from app.rounds.looks import allow_looks, look
from app.studies.actions import create_study
from tests.makers import assignment_of, code_and_submit, make_coders, make_incidents, make_round

SAID = ((0, 0), (1, 1), (2, 0), (0, 0), (1, 2), (2, 2))  # which code of a dimension, by coder


def page_of_a_look(session: Session, person: Person) -> str:
    lead = create_study(session, person, slug="looked", title="Incidents of our billing", about="")
    apply_template(session, lead, "hybrid")
    coders, incidents = make_coders(session, lead, 2), make_incidents(session, lead, 8)
    coding_round = make_round(session, lead, coders, incidents, name="First reliability", purpose="reliability")
    codebook = whole_codebook(session, lead.study.id)
    for incident, said in zip(incidents, SAID, strict=False):
        for coder, place in zip(coders, said, strict=True):
            codes = {dimension.id: codebook.appliable(dimension.id) for dimension in codebook.dimensions}
            answers = {key: found[place : place + 1] or "none_applies" for key, found in codes.items()}
            code_and_submit(session, coder, assignment_of(session, coder, coding_round, incident), answers)
    allow_looks(session, lead, coding_round.number, allowed=True)
    return f"/studies/looked/rounds/{coding_round.number}/looks/{look(session, lead, coding_round.number).id}"
