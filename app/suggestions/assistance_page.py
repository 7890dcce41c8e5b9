"""What the suggestions of a run did to the people who saw them, for the page that asks whether a model is fit.

Opens with the round (promise 1). Loads numpy only where there is something to tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement.figures import NOT_OPEN
from app.codebook.queries import visible_codebook, whole_codebook
from app.codebook.tree import Codebook
from app.rounds.models import Round
from app.rounds.policy import StillBlind, is_open_to_others
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions.final_source import final_answers
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.similar import NAME as SIMILAR

if TYPE_CHECKING:
    from app.suggestions.assistance_effect import Asked
    from app.suggestions.assistance_shown import (
        DecisionsShown,
        EffectsShown,
        EqualShown,
        SwitchingShown,
    )

ONLY_MEASURED = "This run was only measured: no coder was offered what came of it, so it did nothing to anybody."


@dataclass(frozen=True)
class Assistance:
    """sentence: why nothing is told, '' where something is. others: how many other runs offered codes on the same
    incidents. not_asked: incidents of the round that this run was not asked about."""

    sentence: str
    source: str = ""
    others: int = 0
    not_asked: int = 0
    decisions: "DecisionsShown | None" = None
    effects: "EffectsShown | None" = None
    equal: "Sequence[EqualShown]" = ()
    has_base: bool = False
    switching: "SwitchingShown | None" = None
    has_finals: bool = False


def assistance_of(session: Session, viewer: Viewer, coding_round: Round, run: SuggestionRun) -> Assistance:
    if not is_open_to_others(coding_round):
        return Assistance(StillBlind.__doc__ or "")
    if not run.is_offered:
        return Assistance(ONLY_MEASURED)
    # numpy: not before there is something to count
    from app.suggestions.assistance_anchoring import equal_to_offered
    from app.suggestions.assistance_decisions import became_by_offer, cases_of
    from app.suggestions.assistance_effect import effects_of
    from app.suggestions.assistance_shown import decisions_shown, effects_shown, equal_shown, switching_shown
    from app.suggestions.assistance_source import BLIND, work_of
    from app.suggestions.assistance_switches import switching_of

    work = work_of(session, coding_round, run)
    cases = cases_of(session, coding_round, run)
    asked = asked_of(session, coding_round, run)
    names = _Names.of(session, viewer)
    became = became_by_offer(cases)
    finals = finals_of(session, coding_round, asked)
    return Assistance(
        sentence="",
        source=run.model if run.source == "model" else SIMILAR,
        others=_others(session, run),
        not_asked=work.not_asked,
        decisions=decisions_shown(cases, names.code, names.member, names.dimension, _known_codes(session, run)),
        effects=effects_shown(effects_of(work, asked)),
        equal=equal_shown(equal_to_offered(work, asked, became)),
        has_base=any(share.arm == BLIND for share in work.randomised),
        switching=switching_shown(switching_of(work, asked, finals, became), names.member),
        has_finals=bool(finals),
    )


@dataclass(frozen=True)
class _Names:
    """What this viewer may read."""

    codebook: Codebook
    members: Mapping[int, str]

    @classmethod
    def of(cls, session: Session, viewer: Viewer) -> "_Names":
        members = {key: member.name for key, member in members_by_id(session, viewer.study.id).items()}
        return cls(visible_codebook(session, viewer.study.id, viewer.member.id), members)

    def code(self, code_id: int) -> str:
        code = self.codebook.codes.get(code_id)
        return code.name if code else NOT_OPEN

    def member(self, member_id: int) -> str:
        return self.members.get(member_id, "")

    def dimension(self, dimension_id: int) -> str:
        every = (*self.codebook.dimensions, *self.codebook.retired_dimensions)
        return next((one.name for one in every if one.id == dimension_id), "")


def asked_of(session: Session, coding_round: Round, run: SuggestionRun) -> "list[Asked]":
    """The dimensions that the run asked, with how their codes are compared."""
    from app.agreement.figured_rows import NOT_SETTLED, Look
    from app.agreement.lens import PLAIN
    from app.suggestions.assistance_effect import Asked

    look = Look.at(session, coding_round, PLAIN)
    living = whole_codebook(session, coding_round.study_id).living
    in_plan = set(coding_round.plan.get("dimension_ids") or ())
    of_run = set(run.dimension_ids)
    return [
        Asked(one, look.code_of(one), living, "" if all(look.used(one).values()) else NOT_SETTLED)
        for one in look.codebook.dimensions
        if (not in_plan or one.id in in_plan) and (not of_run or one.id in of_run)
    ]


def finals_of(
    session: Session, coding_round: Round, asked: "Sequence[Asked]"
) -> "dict[tuple[int, int], frozenset[int | str]]":
    """Those that judge the coders, as what their codes have become."""
    living = {one.dimension.id: one.living for one in asked}
    found: dict[tuple[int, int], frozenset[int | str]] = {}
    for final in final_answers(session, coding_round):
        if final.judges(coding_round) and final.dimension_id in living:
            codes = [living[final.dimension_id](code_id) for code_id in final.code_ids]
            if None not in codes:
                found[final.incident_id, final.dimension_id] = frozenset(code for code in codes if code is not None)
    return found


def _known_codes(session: Session, run: SuggestionRun) -> set[int]:
    """Codes that there were when the run was asked: a new name that became one of them was no new code."""
    return set(whole_codebook(session, run.study_id, seq=run.codebook_seq).codes)


def _others(session: Session, run: SuggestionRun) -> int:
    mine = select(RunIncident.incident_id).where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
    return session.scalars(
        select(func.count(SuggestionRun.id.distinct()))
        .join(
            RunIncident,
            (RunIncident.study_id == SuggestionRun.study_id) & (RunIncident.run_id == SuggestionRun.id),
        )
        .where(
            SuggestionRun.study_id == run.study_id,
            SuggestionRun.round_id == run.round_id,
            SuggestionRun.id != run.id,
            SuggestionRun.is_offered,
            RunIncident.state == "done",
            RunIncident.incident_id.in_(mine),
        )
    ).one()
