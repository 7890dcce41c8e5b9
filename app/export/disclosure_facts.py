"""What the study has on record about its models, gathered once for the disclosure. Nothing that a model said."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.ledger.models import ModelCall, ModelEndpoint
from app.llm.addresses import is_local
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import rounds_of
from app.studies.models import Study
from app.studies.viewer import Viewer
from app.suggestions.ledger_decisions import Decided, decided_by_run
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.ledger_queries import Totals, runs_with_rounds, totals
from app.suggestions.models import PromptTemplate, RunIncident, SuggestionRun
from app.suggestions.queries import SUBJECT
from app.suggestions.validity_figures import EPSILONS, USUAL, Validity, validity_of

NOT_ENDED = "No figures: the coding of its round has not ended, so nothing about people can be said yet."


@dataclass(frozen=True)
class AnsweredBy:
    """What calls of one run or purpose really sent, and who answered, from the first to the last of them."""

    asked: str
    answered: str
    address: str
    parameters: str
    dropped: str
    fingerprint: str
    calls: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class RunFacts:
    """validity None: sentence says why. prompt: the instructions and codebook as they were sent, '' where none was."""

    run: SuggestionRun
    coding_round: Round
    states: Mapping[str, int]
    prompt: str
    validity: Validity | None
    sentence: str

    @property
    def incidents(self) -> int:
        return sum(self.states.values())

    @property
    def prompt_sha256(self) -> str:
        return sha256(self.prompt.encode()).hexdigest()


@dataclass(frozen=True)
class Facts:
    study: Study
    runs: Sequence[RunFacts]
    calls: Totals
    answered: Sequence[AnsweredBy]
    templates: Sequence[PromptTemplate]
    endpoints: Mapping[int, ModelEndpoint]
    decided: Mapping[int, Decided]
    bases: Mapping[str, int]
    open_rounds: frozenset[int]
    annotators: str
    codebook: Codebook

    @property
    def models(self) -> list[str]:
        return sorted(name for name in {one.asked for one in self.answered} if name)

    @cached_property
    def coders(self) -> dict[int, int]:
        """member -> number, the same in every run: coders are not named."""
        every = [each for one in self.runs if one.validity for each in one.validity.dimensions]
        members = {beside.member_id for each in every for beside in each.with_people}
        return {member: number for number, member in enumerate(sorted(members), start=1)}


def gathered(session: Session, viewer: Viewer, *, annotators: str = USUAL) -> Facts:
    """annotators: who the coders are, which makes epsilon of the alternative annotator test."""
    study_id = viewer.study.id
    opened = frozenset(each.id for each in rounds_of(session, study_id) if is_open_to_others(each))
    endpoints = session.scalars(select(ModelEndpoint).where(ModelEndpoint.study_id == study_id))
    templates = select(PromptTemplate).where(PromptTemplate.study_id == study_id).order_by(PromptTemplate.version)
    states = _states(session, study_id)
    return Facts(
        study=session.get_one(Study, study_id),
        runs=[
            _run(session, viewer, run, coding_round, states.get(run.id, {}), EPSILONS[annotators])
            for run, coding_round in reversed(runs_with_rounds(session, study_id))
        ],
        calls=totals(session, study_id, LedgerFilter()),
        answered=_answered(session, study_id),
        templates=session.scalars(templates).all(),
        endpoints={each.id: each for each in endpoints},
        decided=decided_by_run(session, study_id, opened),
        bases=_bases(session, study_id, opened),
        open_rounds=opened,
        annotators=annotators,
        codebook=visible_codebook(session, study_id, viewer.member.id),
    )


def where_it_ran(address: str) -> str:
    """Without the name of the host."""
    if not address:
        return "not stored"
    return "in the own network" if is_local(address) else "with a provider elsewhere"


def _run(
    session: Session,
    viewer: Viewer,
    run: SuggestionRun,
    coding_round: Round,
    states: Mapping[str, int],
    epsilon: float,
) -> RunFacts:
    validity, sentence = None, NOT_ENDED
    if is_open_to_others(coding_round):
        validity = validity_of(session, viewer, coding_round, run, epsilon=epsilon)
        sentence = validity.sentence
    prompt = "" if run.example_incident_ids else _system_prompt(session, run)
    return RunFacts(run, coding_round, states, prompt, validity, sentence)


def _system_prompt(session: Session, run: SuggestionRun) -> str:
    """Of the first call: the same for all of a run. The incident, which is another text, is not in it."""
    return (
        session.scalar(
            select(ModelCall.system_prompt)
            .join(RunIncident, (RunIncident.study_id == ModelCall.study_id) & (RunIncident.id == ModelCall.subject_id))
            .where(
                ModelCall.study_id == run.study_id,
                ModelCall.subject_kind == SUBJECT,
                ModelCall.purpose == "suggest",
                RunIncident.run_id == run.id,
            )
            .order_by(ModelCall.id)
            .limit(1)
        )
        or ""
    )


def _states(session: Session, study_id: int) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(RunIncident.run_id, RunIncident.state, func.count())
        .where(RunIncident.study_id == study_id)
        .group_by(RunIncident.run_id, RunIncident.state)
        .order_by(RunIncident.run_id, RunIncident.state)
    )
    for run_id, state, times in rows:
        found[run_id][state] = times
    return found


def _answered(session: Session, study_id: int) -> list[AnsweredBy]:
    keys = (
        ModelCall.model_asked,
        ModelCall.model_answered,
        ModelCall.address,
        ModelCall.parameters,
        ModelCall.fingerprint,
    )
    rows = session.execute(
        select(*keys, func.count(), func.min(ModelCall.at), func.max(ModelCall.at))
        .where(ModelCall.study_id == study_id, ModelCall.requests > 0)
        .group_by(*keys)
        .order_by(ModelCall.model_asked, func.min(ModelCall.at))
    )
    return [
        AnsweredBy(
            asked, answered, address, _said({k: v for k, v in sent.items() if k != "dropped"}),
            ", ".join(map(str, sent.get("dropped", ()))), fingerprint, calls, first, last,
        )
        for asked, answered, address, sent, fingerprint, calls, first, last in rows
    ]  # fmt: skip


def _said(parameters: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(parameters.items()) if name != "model")


def _bases(session: Session, study_id: int, round_ids: frozenset[int]) -> dict[str, int]:
    """How many settled answers stand on each basis."""
    answer = func.concat(FinalCode.incident_id, "-", FinalCode.dimension_id)
    rows = session.execute(
        select(FinalCode.basis, func.count(func.distinct(answer)))
        .where(FinalCode.study_id == study_id, FinalCode.round_id.in_(round_ids), FinalCode.superseded_at.is_(None))
        .group_by(FinalCode.basis)
        .order_by(FinalCode.basis)
    )
    return {basis: times for basis, times in rows}  # noqa: C416
