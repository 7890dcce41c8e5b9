"""What every incident of a run shares when it is asked about: read once, used for many."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import budget
from app.ledger.accounts import Purse
from app.ledger.endpoint_actions import fingerprint_of
from app.ledger.endpoints import endpoint_of, may_leave, prices_of
from app.ledger.models import ModelCall, ModelEndpoint
from app.ledger.queries import calls_about
from app.llm.marks import fresh_mark
from app.llm.port import Question
from app.llm.prices import Prices
from app.methods.redaction import Redacted
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions import queries
from app.suggestions.leaving import Leaving
from app.suggestions.models import SuggestionRun
from app.suggestions.prompt import DimensionEntry, RunPrompt
from app.suggestions.run_prompts import run_prompt


@dataclass(frozen=True)
class Material:
    """groups: the prompt of the run, or several where it has more dimensions than one call takes. endpoint: the
    fingerprint of the one that is asked, '' where the settings name the model."""

    study_id: int
    run_id: int
    round_id: int
    asked_by: int
    model: str
    samples: int
    groups: tuple[RunPrompt, ...]
    leaving: Leaving
    purse: Purse
    has_cap: bool
    endpoint_id: int | None
    prices: Prices | None
    priced_as: str
    endpoint: str = ""

    @cached_property
    def dimensions(self) -> tuple[DimensionEntry, ...]:
        return tuple(one for group in self.groups for one in group.dimensions)

    def question(self, prompt: RunPrompt, text: Redacted) -> Question:
        """The same as for every other incident, but for the incident."""
        question = prompt.question(text.text, mark=fresh_mark(text.text))
        return self.leaving.of_codebook(budget.within(question) if self.has_cap else question)


@dataclass(frozen=True)
class Share:
    """What one incident needs beside it. calls: all there are about it; attempts: how many since it was queued."""

    run_incident_id: int
    incident_id: int
    text: Redacted
    attempts: int
    calls: tuple[ModelCall, ...]

    @property
    def since(self) -> tuple[ModelCall, ...]:
        return self.calls[len(self.calls) - self.attempts :]


def material_of(session: Session, run: SuggestionRun) -> Material:
    coding_round = session.scalars(select(Round).where(Round.study_id == run.study_id, Round.id == run.round_id)).one()
    study = session.get_one(Study, run.study_id, populate_existing=True)
    purse = purse_of(run)
    endpoint = endpoint_of_run(session, run)
    return Material(
        study_id=run.study_id,
        run_id=run.id,
        round_id=run.round_id,
        asked_by=run.asked_by,
        model=run.model,
        samples=run.samples,
        groups=run_prompt(session, run, coding_round).groups(),
        leaving=Leaving.of(study, asked_for=run.redaction),
        purse=purse,
        has_cap=budget.has_cap(session, run.study_id, purse),
        endpoint_id=run.endpoint_id,
        prices=prices_of(endpoint),
        priced_as=endpoint.real_model if endpoint else "",
        endpoint=fingerprint_of(endpoint) if endpoint else "",
    )


def purse_of(run: SuggestionRun) -> Purse:
    return Purse(queries.PURSE, run.id, run.token_cap, run.cost_cap_usd)


def endpoint_of_run(session: Session, run: SuggestionRun) -> ModelEndpoint | None:
    return endpoint_of(session, run.study_id, run.endpoint_id) if run.endpoint_id is not None else None


def shares_of(session: Session, material: Material, rows: Sequence[tuple[int, int, int, str | None]]) -> list[Share]:
    """rows: (run incident, incident, attempts, text)."""
    calls: dict[int, list[ModelCall]] = {key: [] for key, *_ in rows}
    for call in calls_about(session, material.study_id, queries.SUBJECT, list(calls)):
        if call.subject_id is not None:
            calls[call.subject_id].append(call)
    return [
        Share(key, incident_id, material.leaving.of_text(text or ""), attempts, tuple(calls[key]))
        for key, incident_id, attempts, text in rows
    ]


def still_stands(
    material: Material, study: Study, run: SuggestionRun, endpoint: ModelEndpoint | None, *, address: str
) -> bool:
    """Whether the rules of the study, and the endpoint, are those that the material was made under, and let texts go
    there."""
    is_capped = study.token_cap is not None or study.cost_cap_usd is not None
    return (
        Leaving.of(study, asked_for=run.redaction) == material.leaving
        and (fingerprint_of(endpoint) if endpoint else "") == material.endpoint
        and (material.has_cap or not is_capped)  # else no reply has a limit, and the cap would not hold
        and may_leave(study, address)
    )
