"""A study with a running round, and a seat in it for every simulated coder."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts.actions import add_person
from app.codebook.tree import DimensionEntry
from app.db.session import Database
from app.studies.actions import add_member
from app.studies.viewer import Viewer
from tests import makers
from tests.support.coders import PASSWORD, SimulatedCoder

TEXT = (
    "At 09:12 the gateway returned 502 for one request in five. A config push had halved the pool of connections; "
    "the canary did not notice, since it sends no prompts. Engineers rolled the push back after forty minutes.\n\n"
    "Customers saw timeouts in the chat. Nothing was lost."
)


@dataclass(frozen=True)
class Seats:
    """lead and emails: of people who sign in with PASSWORD."""

    slug: str
    study_id: int
    number: int
    lead: str
    emails: tuple[str, ...]
    takes_one: frozenset[int]  # ids of dimensions

    def coders(self, addresses: Sequence[str], *, seed: int = 0, **how: float) -> list[SimulatedCoder]:
        """how: think_seconds, coin_share."""
        return [
            SimulatedCoder(addresses, self.slug, email, seed=seed * 1000 + place, **how)
            for place, email in enumerate(self.emails)
        ]

    def lead_at(self, addresses: Sequence[str]) -> SimulatedCoder:
        return SimulatedCoder(addresses, self.slug, self.lead)


def take_seats(url: str, slug: str, *, coders: int, incidents: int, arm: str = "after") -> Seats:
    """The round is a calibration in which new codes are seen by all; every coder codes every incident."""
    database = Database.at(url, pool_size=1)
    with database.transaction() as session:
        lead = makers.make_study(session, slug=slug)
        people = [
            add_person(session, email=f"{who}@{slug}.example", name=f"{who} of {slug}", password=PASSWORD)
            for who in ["lead", *(f"coder{number}" for number in range(1, coders + 1))]
        ]
        members = [
            add_member(session, lead, name=each.name, role="lead" if each is people[0] else "coder", person=each)
            for each in people
        ]
        viewers = [Viewer(each, lead.study, member) for each, member in zip(people, members, strict=True)]
        cause = _make_codebook(session, lead)
        coding_round = makers.make_round(
            session,
            lead,
            viewers[1:],
            makers.make_incidents(session, lead, incidents, text=TEXT),
            arm=arm,
            code_sharing="shared",
        )
        emails = tuple(each.email for each in people[1:])
        made = Seats(slug, lead.study.id, coding_round.number, people[0].email, emails, frozenset({cause.id}))
    database.dispose()
    return made


def _make_codebook(session: Session, lead: Viewer) -> DimensionEntry:
    """The dimension that takes one code."""
    cause = makers.make_dimension(session, lead, "Cause", takes="one")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
    for number in range(1, 6):
        makers.make_code(session, lead, cause, f"Cause {number}", definition="Why it happened.")
        makers.make_code(session, lead, symptom, f"Symptom {number}", definition="What was seen.")
    return cause
