"""The form that plans a round: what was typed, what it means, and what is wrong with it."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.methods.sampling import draw
from app.problems import Invalid
from app.rounds import queries
from app.rounds.actions import RoundPlan
from app.studies.viewer import Viewer
from app.web.forms import Posted, whole_number

DEFAULTS: dict[str, Any] = {
    "name": "",
    "purpose": "calibration",
    "cohort": "",
    "service": "",
    "severity": "",
    "words": "",
    "take": "all",
    "sample_size": "",
    "seed": "",
    "coders_per_incident": "2",
    "arm": "after",
    "blind_percent": "30",
    "code_sharing": "private",
    "reveal": "round_end",
    "codebook": "live",
}


@dataclass
class PlanForm:
    """problems: field -> sentence; '' for what concerns the whole plan."""

    typed: dict[str, Any]
    coder_ids: list[int]
    problems: dict[str, str] = field(default_factory=dict)
    plan: RoundPlan | None = None

    @classmethod
    def empty(cls, coder_ids: list[int]) -> "PlanForm":
        return cls(typed=DEFAULTS | {"coders_per_incident": str(min(2, len(coder_ids)) or 1)}, coder_ids=coder_ids)

    @classmethod
    def read(cls, posted: Posted, session: Session, viewer: Viewer) -> "PlanForm":
        form = cls(typed={name: posted.text(name, str(value)) for name, value in DEFAULTS.items()}, coder_ids=[])
        try:
            form.coder_ids = posted.numbers("coder_ids")
        except Invalid as problem:
            form.problems["coder_ids"] = problem.sentence
        form._read_plan(posted, session, viewer)
        return form

    def _read_plan(self, posted: Posted, session: Session, viewer: Viewer) -> None:
        typed = self.typed
        per_incident = self._number(posted, "coders_per_incident", at_least=1)
        blind_percent = self._number(posted, "blind_percent", at_least=0, at_most=100)
        seed = self._number(posted, "seed", at_least=0, optional=True)
        seed = seed if seed is not None else secrets.randbelow(10**6)
        candidates = queries.candidate_incident_ids(
            session,
            viewer.study.id,
            cohort=typed["cohort"],
            service=typed["service"],
            severity=typed["severity"],
            words=typed["words"],
        )
        incident_ids = self._drawn(posted, candidates, seed)
        if self.problems or incident_ids is None or per_incident is None or blind_percent is None:
            return
        version_id = whole_number(typed["codebook"])
        self.plan = RoundPlan(
            name=typed["name"],
            purpose=typed["purpose"],
            incident_ids=incident_ids,
            coder_ids=self.coder_ids,
            coders_per_incident=per_incident,
            arm=typed["arm"],
            blind_share=blind_percent / 100,
            code_sharing=typed["code_sharing"],
            reveal=typed["reveal"],
            frozen=typed["codebook"] == "freeze",
            version_id=version_id,
            seed=seed,
            population=len(candidates),
            how_chosen=typed["take"],
        )

    def _drawn(self, posted: Posted, candidates: list[int], seed: int) -> list[int] | None:
        if not candidates:
            self.problems["take"] = "No incident fits this filter. Widen it, or import incidents first."
            return None
        if self.typed["take"] != "sample":
            return candidates
        size = self._number(posted, "sample_size", at_least=1)
        if size is None:
            return None
        try:
            return list(draw(candidates, size, seed).ids)
        except Invalid as problem:
            self.problems["sample_size"] = problem.sentence
            return None

    def _number(
        self, posted: Posted, name: str, *, at_least: int, at_most: int = 10**9, optional: bool = False
    ) -> int | None:
        try:
            number = posted.number(name)
        except Invalid as problem:
            self.problems[name] = problem.sentence
            return None
        if number is None:
            if not optional:
                self.problems[name] = "A number is missing."
            return None
        if not at_least <= number <= at_most:
            self.problems[name] = f"Give a number of at least {at_least}" + (
                f" and at most {at_most}." if at_most < 10**9 else "."
            )
            return None
        return number
