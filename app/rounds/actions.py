"""Planning rounds and leading them through their phases."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.codebook import actions as codebook
from app.codebook import queries as codebook_queries
from app.methods.allocation import BLIND, Allocation, Rules, allocate
from app.methods.names import plain_name
from app.methods.sampling import Sample
from app.problems import Invalid
from app.rounds import policy, queries
from app.rounds.models import ARMS, PURPOSES, Assignment, Round, RoundCoder, RoundIncident, RoundPhaseChange
from app.studies.events import record
from app.studies.queries import hold_study, people_who_code
from app.studies.viewer import Viewer, check_leads

LONGEST_NAME = 120


class NameTooLong(Invalid):
    """The name is longer than 120 characters. Take a shorter one."""


class NoIncidents(Invalid):
    """The round has no incidents. Import some first, or widen the filter."""


class NoCoders(Invalid):
    """The round has no coders. Choose at least one."""


class NotCodable(Invalid):
    """Some of the chosen incidents have no text or are excluded, so they cannot be coded."""


class NotACoder(Invalid):
    """Somebody chosen is no coder of this study. Readers, models and placeholders do not code."""


class CodersPerIncident(Invalid):
    """Coders per incident must be at least one and at most the number of coders chosen."""


class UnknownChoice(Invalid):
    """The plan holds a choice that does not exist."""


class ReliabilityNeedsTwo(Invalid):
    """A reliability round needs at least two coders on each incident; with one nothing can be compared."""


class RepeatsTell(Invalid):
    """In a queue by date a repeat stands where its date does not belong. Choose the random order, or no repeats."""


class OnlyCalibrationOpensEach(Invalid):
    """Only a calibration round may open answers incident by incident. Open them when the coding ends."""


class OpeningTellsPrivateCodes(Invalid):
    """Comparing answers would tell new codes that are private to their author. Share new codes by name, or open all
    answers when the coding ends."""


class OpeningSpoilsRepeats(Invalid):
    """A repeat tells how steady a coder is only if they saw no colleague's answer in between. Plan no repeats, or open
    all answers when the coding ends."""


class HandPickingNeedsReason(Invalid):
    """Incidents chosen by hand stand for no others, so readers must know why these. Say why."""


class NoDimensions(Invalid):
    """The study has no dimension yet, so coders would have nothing to answer. Add one to the codebook first."""


class FewerThanAsked(Invalid):
    """There are fewer incidents than asked for."""


@dataclass(frozen=True)
class RoundPlan:
    """What a lead decides before a round. seed None: one is drawn and kept.

    population: how many incidents the sample was drawn from; the sampling probability is their share, unless chances
    says it for each incident (None where it was chosen by hand). coders_per_incident holds for the share `overlap` of
    the incidents, the rest has one coder. arms: when suggestions appear, where that is more than one way.
    """

    name: str
    purpose: str
    incident_ids: Sequence[int]
    coder_ids: Sequence[int]
    coders_per_incident: int
    arm: str = "after"
    blind_share: float = 0.3
    code_sharing: str = "private"
    reveal: str = "round_end"
    frozen: bool = False
    version_id: int | None = None
    seed: int | None = None
    population: int | None = None
    how_chosen: str = "all"
    dimension_ids: Sequence[int] = field(default=())
    arms: Sequence[str] = ()
    overlap: float = 1.0
    repeats: float = 0.0
    queue_order: str = "random"
    chances: Mapping[int, float | None] = field(default_factory=dict)
    strata_by: str = ""
    quotas: Mapping[str, int] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    kept_out: int = 0
    reason: str = ""

    @property
    def all_arms(self) -> tuple[str, ...]:
        return tuple(self.arms) or (self.arm,)


def plan_round(session: Session, viewer: Viewer, plan: RoundPlan) -> Round:
    """Makes the round with its assignments, in phase *planned*. Nobody sees anything of it before it runs."""
    check_leads(viewer)
    check_plan(session, viewer, plan)
    study_id = viewer.study.id
    seed = plan.seed if plan.seed is not None else secrets.randbelow(10**6)
    number = next_number(session, study_id)
    coding_round = Round(
        study_id=study_id,
        number=number,
        name=plain_name(plan.name) or f"Round {number}",
        purpose=plan.purpose,
        phase="planned",
        arm=plan.arm,
        seed=seed,
        plan=_kept(plan) | {"seed": seed},
        codebook_version_id=plan.version_id,
        code_sharing=plan.code_sharing,
        reveal=plan.reveal,
        created_by=viewer.member.id,
    )
    session.add(coding_round)
    session.flush()
    _assign(session, coding_round, plan, seed)
    record(
        session,
        study_id,
        viewer.member,
        "round.planned",
        subject=("round", coding_round.id),
        name=coding_round.name,
        purpose=plan.purpose,
        incidents=len(plan.incident_ids),
        reason=plan.reason,
    )
    return coding_round


def _kept(plan: RoundPlan) -> dict[str, Any]:
    """The plan without what stands in rows of its own."""
    return asdict(replace(plan, incident_ids=(), chances={})) | {"incident_ids": len(plan.incident_ids)}


def allocation_of(session: Session, study_id: int, plan: RoundPlan, seed: int) -> Allocation:
    """What the plan makes under this seed: of the preview and of the round alike."""
    ids = set(plan.incident_ids)
    probability = len(ids) / max(plan.population or 0, len(ids), 1)
    chances: dict[int, float | None] = dict.fromkeys(ids, probability)
    sample = Sample(tuple(sorted(ids)), chances | {one: plan.chances[one] for one in ids & plan.chances.keys()})
    by_date = plan.queue_order == "date"
    rules = Rules(
        coder_ids=plan.coder_ids,
        per_incident=plan.coders_per_incident,
        arms=plan.all_arms,
        seed=seed,
        blind=plan.blind_share,
        overlap=plan.overlap,
        repeats=plan.repeats,
        repeatable=unassisted_arms(plan.purpose),
        ranks=queries.ranks_by_date(session, study_id, ids) if by_date else None,
    )
    return allocate(sample, rules)


def unassisted_arms(purpose: str) -> tuple[str, ...]:
    """Arms under which no suggestion appears between the two passes of an incident, so that both are one's own.

    After a submission it does; only a reliability round waits until everything is in.
    """
    return (BLIND, "after") if purpose == "reliability" else (BLIND,)


def check_plan(session: Session, viewer: Viewer, plan: RoundPlan) -> None:
    if plan.purpose not in PURPOSES or not {plan.arm, *plan.arms} <= set(ARMS):
        raise UnknownChoice
    if not 0 <= plan.blind_share <= 1 or plan.queue_order not in ("random", "date"):
        raise UnknownChoice
    if len(plan.name.strip()) > LONGEST_NAME:
        raise NameTooLong
    if plan.code_sharing not in ("private", "shared") or plan.reveal not in ("round_end", "each_incident"):
        raise UnknownChoice
    if plan.reveal == "each_incident":
        _check_opens_each(plan)
    if not plan.incident_ids:
        raise NoIncidents
    if not plan.coder_ids:
        raise NoCoders
    if not set(plan.incident_ids) <= set(queries.codable_incident_ids(session, viewer.study.id)):
        raise NotCodable
    if not set(plan.coder_ids) <= {member.id for member in people_who_code(session, viewer.study.id)}:
        raise NotACoder
    if not 1 <= plan.coders_per_incident <= len(set(plan.coder_ids)):
        raise CodersPerIncident
    if plan.purpose == "reliability" and (plan.coders_per_incident < 2 or plan.overlap < 1):
        raise ReliabilityNeedsTwo
    if plan.queue_order == "date" and plan.repeats:
        raise RepeatsTell
    if plan.how_chosen == "listed" and not plan.reason:
        raise HandPickingNeedsReason
    if plan.version_id is not None:
        codebook_queries.version(session, viewer.study.id, plan.version_id)


def _check_opens_each(plan: RoundPlan) -> None:
    if plan.purpose != "calibration":
        raise OnlyCalibrationOpensEach
    if plan.code_sharing != "shared":
        raise OpeningTellsPrivateCodes
    if plan.repeats:
        raise OpeningSpoilsRepeats


def plan_pilot(session: Session, viewer: Viewer) -> Round:
    """A round with oneself on everything, running at once: the one button after an import.

    One that runs already on just these incidents is given instead of a second one.
    """
    check_leads(viewer)
    hold_study(session, viewer.study.id)  # a button pressed twice waits here
    incident_ids = queries.codable_incident_ids(session, viewer.study.id)
    running = queries.running_pilot(session, viewer.study.id, viewer.member.id)
    if running is not None and queries.incident_ids_of(session, running) == set(incident_ids):
        return running
    plan = RoundPlan(
        name="Pilot",
        purpose="calibration",
        incident_ids=incident_ids,
        coder_ids=[viewer.member.id],
        coders_per_incident=1,
        arm="after",
        blind_share=0.0,
        code_sharing="shared",
        population=len(incident_ids),
        how_chosen="pilot",
    )
    coding_round = plan_round(session, viewer, plan)
    change_phase(session, viewer, coding_round.number, "running")
    return coding_round


def change_phase(session: Session, viewer: Viewer, number: int, phase: str, *, reason: str = "") -> Round:
    """One step of the table in policy. Leaving *running* opens the codes that were private to their authors.

    What else a step brings (unanimous answers becoming final) is done by the rooms above, in the same transaction.
    """
    check_leads(viewer)
    coding_round = _locked(session, viewer.study.id, number)
    policy.check_may_step(coding_round, phase, reason)
    if phase == "running":
        if not codebook_queries.whole_codebook(session, viewer.study.id).dimensions:
            raise NoDimensions
        _freeze(session, viewer, coding_round)
    if phase == "settling":
        coined = codebook_queries.undisclosed_codes_of_round(session, viewer.study.id, coding_round.id)
        codebook.disclose(session, viewer.study.id, coined, viewer.member)
    before, coding_round.phase = coding_round.phase, phase
    session.add(
        RoundPhaseChange(
            study_id=viewer.study.id,
            round_id=coding_round.id,
            from_phase=before,
            to_phase=phase,
            member_id=viewer.member.id,
            reason=reason.strip(),
        )
    )
    session.flush()
    record(
        session,
        viewer.study.id,
        viewer.member,
        f"round.{phase}",
        subject=("round", coding_round.id),
        name=coding_round.name,
        reason=reason.strip(),
    )
    return coding_round


def _freeze(session: Session, viewer: Viewer, coding_round: Round) -> None:
    """A round that codes under a frozen codebook names a version when it starts, if it was not given one."""
    wants_frozen = coding_round.purpose == "reliability" or coding_round.plan.get("frozen")
    if wants_frozen and coding_round.codebook_version_id is None:
        version = codebook.name_version(
            session,
            viewer.study.id,
            viewer.member,
            name=f"v{len(codebook_queries.versions(session, viewer.study.id)) + 1}",
            notes=f"Frozen for {coding_round.name}.",
        )
        coding_round.codebook_version_id = version.id


def _locked(session: Session, study_id: int, number: int) -> Round:
    coding_round = queries.round_by_number(session, study_id, number)
    session.refresh(coding_round, with_for_update=True)
    return coding_round


def next_number(session: Session, study_id: int) -> int:
    """Of a round; held, so that two rounds planned at once do not take the same."""
    hold_study(session, study_id)
    newest = session.scalar(select(func.max(Round.number)).where(Round.study_id == study_id))
    return (newest or 0) + 1


def _assign(session: Session, coding_round: Round, plan: RoundPlan, seed: int) -> None:
    of_study = {"study_id": coding_round.study_id, "round_id": coding_round.id}
    allocation = allocation_of(session, coding_round.study_id, plan, seed)
    session.add_all(RoundCoder(member_id=coder, **of_study) for coder in sorted(set(plan.coder_ids)))
    session.add_all(
        RoundIncident(incident_id=one.incident_id, sampling_probability=one.chance, **of_study)
        for one in allocation.incidents
    )
    session.add_all(
        Assignment(
            incident_id=share.incident_id,
            member_id=share.coder_id,
            pass_=share.nth,
            arm=share.arm,
            order=share.order,
            sampling_probability=share.chance,
            **of_study,
        )
        for share in allocation.assignments
    )
    session.flush()
