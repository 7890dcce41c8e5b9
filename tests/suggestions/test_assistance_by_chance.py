"""Rounds by chance, made by the acts of people: the figures equal a count that reads the tables one row at a time."""

from collections import defaultdict
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import whole_codebook
from app.coding.exposures import declare_exposure
from app.coding.models import Exposure, Submission, SubmittedAnswer, SubmittedCode
from app.db.session import Database
from app.rounds.models import Assignment
from app.suggestions.assistance_anchoring import equal_to_offered
from app.suggestions.assistance_decisions import cases_of
from app.suggestions.assistance_effect import Asked, effects_of
from app.suggestions.assistance_source import work_of
from app.suggestions.assistance_switches import switching_of
from app.suggestions.models import Suggestion, SuggestionDecision
from tests import makers
from tests.suggestions.assisted import Helped, make_helped

INCIDENTS = 10


@pytest.mark.parametrize("seed", range(4))
def test_figures_equal_a_count_by_brute_force(session: Session, database: Database, seed: int) -> None:
    table = make_helped(session, database, INCIDENTS, arm="on_request", arms=("after", "on_request", "before"))
    play(table, Random(seed))
    table.settle()
    session.expire_all()
    run = table.run
    assert run is not None
    work = work_of(session, table.coding_round, run)
    cases = cases_of(session, table.coding_round, run)
    living = whole_codebook(session, table.lead.study.id).living
    asked = [Asked(one, living, living) for one in (table.cause, table.symptom)]
    became = {(case.assignment_id, case.offered.id): case.became for case in cases if case.became is not None}
    brute = Brute(table)

    assert sorted((c.assignment_id, c.offered.id, c.outcome) for c in cases) == brute.decisions()
    effects = effects_of(work, asked)
    for arm, here in [("blind", effects.blind), *((each.arm, each.here) for each in effects.arms)]:
        assert (here.assignments, here.skipped, here.exposed, here.not_handed_in) == brute.counts(arm)
    for one in equal_to_offered(work, asked, became):
        assert (one.share.value or 0) * one.share.n == pytest.approx(brute.equal(one.arm, own=one.before_seeing)[0])
        assert one.share.n == brute.equal(one.arm, own=one.before_seeing)[1]
    switching = switching_of(work, asked, {}, became)
    known = brute.switches()
    assert {key: (round((of.switched.value or 0) * of.switched.n), of.switched.n) for key, of in
            (switching.by_coder.items() if switching else ())} == known  # fmt: skip


def play(table: Helped, chance: Random) -> None:
    """Each coder comes to each incident and does what falls to them: declares, opens, decides, codes, skips."""
    table.asks({place: chance.choice([table.config, table.network]) for place in range(INCIDENTS)})
    for who in (table.ada, table.ben):
        for incident in table.incidents:
            arm, roll = table.arm_of(incident), chance.random
            if roll() < 0.1:
                declare_exposure(table.session, table.lead.study.id, who.member.id, incident.id, "Somebody told me.")
            if arm in ("on_request", "before") and roll() < 0.6:
                table.opens(who, incident)
                if roll() < 0.6:
                    decision = chance.choice(["accept", "reject"])
                    table.decides(who, table.offered(incident, table.cause.id), incident, decision, reason="")
            if roll() < 0.2:
                if roll() < 0.5:
                    makers.act(table.session, who, table.hold(who, incident), "skip", reason="Too short")
                continue
            cause: Any = [chance.choice([table.config, table.network])] if roll() < 0.9 else "not_enough_information"
            if table.session.scalar(_applied(table, who, incident)):
                table.answers_nothing(who, incident)
                table.again(who, incident)
            else:
                table.says(who, incident, cause, [table.slow] if roll() < 0.5 else "none_applies")
            if arm == "after" and roll() < 0.7:
                if roll() < 0.3 and not isinstance(cause, str):
                    table.again(who, incident, chance.choice([table.config, table.network]))
                table.opens(who, incident)
            if roll() < 0.4:
                table.again(who, incident, chance.choice([table.config, table.network]))


def _applied(table: Helped, who: Any, incident: Any) -> Any:
    return (
        select(SuggestionDecision.id)
        .where(
            SuggestionDecision.assignment_id == table.hold(who, incident).id, SuggestionDecision.decision == "accepted"
        )
        .limit(1)
    )


def _skip(one: Assignment) -> Any:
    return select(Submission.id).where(Submission.assignment_id == one.id, Submission.kind == "skipped").limit(1)


class Brute:
    """Asks the database about one assignment at a time."""

    def __init__(self, table: Helped) -> None:
        self.table, self.session = table, table.session
        of_round = Assignment.round_id == table.coding_round.id
        self.assignments = list(self.session.scalars(select(Assignment).where(of_round)))

    def handed(self, one: Assignment) -> list[Submission]:
        of_one = select(Submission).where(Submission.assignment_id == one.id).order_by(Submission.ordinal)
        found = list(self.session.scalars(of_one))
        return [] if found and found[-1].kind == "skipped" else found

    def shown(self, one: Assignment) -> list[Exposure]:
        here = (Exposure.member_id == one.member_id, Exposure.incident_id == one.incident_id)
        return list(self.session.scalars(select(Exposure).where(*here)))

    def counted(self, one: Assignment) -> Submission | None:
        """The last that counts, judged by every exposure before it."""
        found = None
        for each in self.handed(one):
            before = [shown for shown in self.shown(one) if shown.at < each.at]
            if not [shown for shown in before if one.arm == "blind" or shown.kind != "suggestion"]:
                found = each
        return found

    def own(self, one: Assignment) -> Submission | None:
        alone = [each for each in self.handed(one) if not [s for s in self.shown(one) if s.at < each.at]]
        return alone[-1] if alone else None

    def counts(self, arm: str) -> tuple[int, int, int, int]:
        here = [one for one in self.assignments if one.arm == arm]
        nothing = [one for one in here if not self.handed(one)]
        exposed = [one for one in here if self.handed(one) and self.counted(one) is None]
        skips = [one for one in here if self.session.scalar(_skip(one))]
        return len(here), len(skips), len(exposed), len(nothing) - len(skips)

    def said(self, handed: Submission, dimension_id: int) -> frozenset[Any] | None:
        answer = self.session.scalars(
            select(SubmittedAnswer).where(
                SubmittedAnswer.submission_id == handed.id, SubmittedAnswer.dimension_id == dimension_id
            )
        ).one_or_none()
        if answer is None:
            return None
        codes = self.session.scalars(select(SubmittedCode.code_id).where(SubmittedCode.answer_id == answer.id))
        return frozenset(codes) | ({answer.state} if answer.state == "not_enough_information" else set())

    def offered(self, incident_id: int, dimension_id: int) -> frozenset[Any]:
        rows = self.session.scalars(
            select(Suggestion).where(Suggestion.incident_id == incident_id, Suggestion.dimension_id == dimension_id)
        )
        return frozenset(row.code_id or f"new {row.id}" for row in rows)

    def equal(self, arm: str, *, own: bool) -> tuple[int, int]:
        hits = n = 0
        for one in self.assignments:
            handed = (self.own(one) if own else self.counted(one)) if one.arm == arm else None
            for dimension in (self.table.cause, self.table.symptom) if handed else ():
                said = self.said(handed, dimension.id) if handed else None
                if said is not None:
                    n += 1
                    hits += said == self.offered(one.incident_id, dimension.id)
        return hits, n

    def decisions(self) -> list[tuple[int, int, str]]:
        found = []
        for one in self.assignments:
            for shown in self.shown(one):
                if shown.kind == "suggestion" and shown.subject_id is not None:
                    found.append((one.id, shown.subject_id, self._outcome(one, shown.subject_id)))
        return sorted(found)

    def _outcome(self, one: Assignment, suggestion_id: int) -> str:
        decided = self.session.scalars(
            select(SuggestionDecision)
            .where(SuggestionDecision.assignment_id == one.id, SuggestionDecision.suggestion_id == suggestion_id)
            .order_by(SuggestionDecision.id.desc())
        ).first()
        if decided is None:
            return "undecided"
        gone = decided.decision != "rejected" and decided.code_application_id is None  # a removal empties it
        return "taken_away" if gone else decided.decision

    def switches(self) -> dict[int, tuple[int, int]]:
        found: defaultdict[int, list[bool]] = defaultdict(list)
        for one in self.assignments:
            own, last = self.own(one), self.counted(one)
            opened = {shown.subject_id for shown in self.shown(one) if shown.kind == "suggestion"}
            for dimension in (self.table.cause, self.table.symptom):
                of_dimension = select(Suggestion.id).where(
                    Suggestion.incident_id == one.incident_id, Suggestion.dimension_id == dimension.id
                )
                if one.arm != "after" or own is None or last is None:
                    continue
                first = self.said(own, dimension.id)
                if first is not None and opened & set(self.session.scalars(of_dimension)):
                    found[one.member_id].append(first != self.said(last, dimension.id))
        return {key: (sum(each), len(each)) for key, each in sorted(found.items())}
