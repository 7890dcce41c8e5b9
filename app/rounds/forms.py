"""The form that plans a round: what was typed, what it means, and what is wrong with it.

A field left blank takes what is usual for the purpose; what is not blank is the lead's own and stays.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.methods.allocation import MOST_REPEATS
from app.methods.sampling import TooFewIncidents
from app.problems import Invalid
from app.rounds.actions import RoundPlan
from app.rounds.choosing import (
    AllKeptOut,
    Chosen,
    NothingFits,
    QuotaUnreadable,
    UnknownSampling,
    Wanted,
    choose,
)
from app.rounds.models import ARMS
from app.rounds.named import ListedUnknown, NoneNamed
from app.rounds.purposes import usual
from app.rounds.wished import Wished
from app.studies.viewer import Viewer
from app.web.forms import Posted, whole_number

FILTERS = ("cohort", "service", "severity", "words")
BLANK: dict[str, str] = {
    "name": "",
    "purpose": "calibration",
    **dict.fromkeys(FILTERS, ""),
    "coded": "",
    "take": "all",
    "sample_size": "",
    "strata_by": "cohort",
    "quotas": "equal",
    "strata_size": "",
    "seed": "",
    "coders_per_incident": "",
    "overlap_percent": "",
    "blind_percent": "",
    "repeat_percent": "0",
    "queue_order": "random",
    "code_sharing": "",
    "reveal": "round_end",
    "codebook": "",
}
LONG = ("stratum_quotas", "listed", "reason")  # line ends kept
LONGEST_REASON = 2_000


@dataclass
class PlanForm:
    """problems: field -> sentence; '' for what concerns the whole plan. seed: typed, or drawn and sent along."""

    typed: dict[str, Any]
    coder_ids: list[int]
    arms: list[str] = field(default_factory=list)
    seed: int = 0
    is_sent: bool = True  # a form that nobody filled in yet marks nothing as wrong
    problems: dict[str, str] = field(default_factory=dict)
    chosen: Chosen | None = None
    plan: RoundPlan | None = None
    wished: Wished = field(default_factory=Wished)

    @classmethod
    def empty(cls, session: Session, viewer: Viewer, coder_ids: list[int]) -> "PlanForm":
        form = cls(BLANK | dict.fromkeys(LONG, ""), coder_ids, seed=secrets.randbelow(10**6), is_sent=False)
        form._read_plan(session, viewer)
        return form

    @classmethod
    def read(cls, posted: Posted, session: Session, viewer: Viewer) -> "PlanForm":
        typed = {name: posted.text(name, value) for name, value in BLANK.items()}
        form = cls(typed | {name: posted.raw(name).strip() for name in LONG}, coder_ids=[])
        form.wished = Wished.read(posted)
        form.arms = [arm for arm in posted.many("arm") if arm]
        try:
            form.coder_ids = posted.numbers("coder_ids")
        except Invalid as problem:
            form.problems["coder_ids"] = problem.sentence
        drawn = whole_number(posted.text("drawn_seed"))
        form.seed = form._number("seed", "the seed", at_least=0, blank=drawn if drawn is not None else -1) or 0
        if form.seed < 0:
            form.seed = secrets.randbelow(10**6)
        form._read_plan(session, viewer)
        return form

    def _read_plan(self, session: Session, viewer: Viewer) -> None:
        per_incident = self._usual_number("coders_per_incident", "the coders on each incident", at_least=1)
        overlap = self._usual_number("overlap_percent", "the share with several coders", at_most=100)
        blind = self._usual_number("blind_percent", "the blind share", at_most=100)
        repeats = self._number("repeat_percent", "the share of repeats", at_most=int(MOST_REPEATS * 100), blank=0)
        self.chosen = self._choose(session, viewer)
        if self._or_usual("codebook") not in ("live", "freeze") and whole_number(self.typed["codebook"]) is None:
            self.problems[""] = "The plan names a codebook that does not exist."
        if len(self.typed["reason"]) > LONGEST_REASON:
            self.problems["reason"] = f"The reason is longer than {LONGEST_REASON} characters. Shorten it."
        if self.typed["take"] == "listed" and not self.typed["reason"]:
            self.problems["reason"] = "Incidents chosen by hand stand for no others. Say why these."
        if self.problems or not self.chosen:
            return
        self.plan = self._plan(self.chosen, per_incident or 1, overlap or 0, blind or 0, repeats or 0)

    def _plan(self, chosen: Chosen, per_incident: int, overlap: int, blind: int, repeats: int) -> RoundPlan:
        typed, purpose = self.typed, self.typed["purpose"]
        arms = [arm for arm in ARMS if arm in self.arms] + [arm for arm in self.arms if arm not in ARMS]
        arms = arms or list(usual(purpose, "arm"))
        codebook = self._or_usual("codebook")
        listed = typed["take"] == "listed"
        return RoundPlan(
            name=typed["name"],
            purpose=purpose,
            incident_ids=chosen.sample.ids,
            coder_ids=self.coder_ids,
            coders_per_incident=per_incident,
            arm=arms[0],
            arms=tuple(dict.fromkeys(arms)),
            blind_share=blind / 100,
            overlap=overlap / 100,
            repeats=repeats / 100,
            queue_order=typed["queue_order"],
            code_sharing=self._or_usual("code_sharing"),
            reveal=typed["reveal"],
            frozen=codebook == "freeze",
            version_id=whole_number(codebook),
            seed=self.seed,
            population=chosen.population,
            chances=chosen.sample.chances,
            how_chosen=typed["take"],
            strata_by=typed["strata_by"] if chosen.strata else "",
            quotas={stratum.name: stratum.quota for stratum in chosen.strata},
            filters={} if listed else {name: typed[name] for name in FILTERS} | {"coded": self._or_usual("coded")},
            kept_out=chosen.kept_out.total,
            reason=typed["reason"] if listed else "",
        )

    def _choose(self, session: Session, viewer: Viewer) -> Chosen | None:
        typed = self.typed
        size_field = {"sample": "sample_size", "strata": "strata_size"}.get(typed["take"], "")
        if typed["take"] == "strata" and typed["quotas"] == "each":
            size_field = ""
        n = self._number(size_field, "the incidents in the sample", at_least=1) if size_field else 0
        if n is None:
            return None
        wanted = Wanted(
            purpose=typed["purpose"],
            filters={name: typed[name] for name in FILTERS},
            coded=self._or_usual("coded"),
            take=typed["take"],
            n=n,
            strata_by=typed["strata_by"],
            quotas=typed["quotas"],
            quota_lines=typed["stratum_quotas"],
            listed=typed["listed"],
        )
        places: dict[type[Invalid], str] = {
            TooFewIncidents: size_field or "stratum_quotas",
            QuotaUnreadable: "stratum_quotas",
            NoneNamed: "listed",
            ListedUnknown: "listed",
            NothingFits: "take",
            AllKeptOut: "take",
            UnknownSampling: "",
        }
        try:
            return choose(session, viewer.study.id, wanted, self.seed)
        except tuple(places) as problem:
            self.problems[places[type(problem)]] = problem.sentence
            return None

    def _or_usual(self, name: str) -> str:
        return self.typed[name] or str(usual(self.typed["purpose"], name))

    def _usual_number(self, name: str, words: str, *, at_least: int = 0, at_most: int = 10**9) -> int | None:
        blank = usual(self.typed["purpose"], name, coders=len(self.coder_ids))
        return self._number(name, words, at_least=at_least, at_most=at_most, blank=blank)

    def _number(
        self, name: str, words: str, *, at_least: int = 0, at_most: int = 10**9, blank: int | None = None
    ) -> int | None:
        """blank: what nothing typed means; None where a number must be given."""
        typed = str(self.typed[name])
        if not typed:
            if blank is None:
                self.problems[name] = f"A number is missing. Give one for {words}."
            return blank
        number = whole_number(typed)
        if number is None or not at_least <= number <= at_most:
            limit = f" and at most {at_most}" if at_most < 10**9 else ""
            told = f"“{typed[:40]}” cannot be used for {words}."
            self.problems[name] = f"{told} Give a whole number of at least {at_least}{limit}."
            return None
        return number
