"""The form that says how a round is settled: what was typed, and what it means."""

import math
from dataclasses import dataclass
from typing import ClassVar

from app.adjudication.settling_models import SINGLE
from app.adjudication.settling_rules import SettlingRules
from app.problems import Invalid
from app.web.forms import Form, Places, Posted, whole_number


class NoShare(Invalid):
    """The share is a number from 0 to 100."""


class NoSeed(Invalid):
    """The seed is a whole number, zero or more."""


class NoSuchRule(Invalid):
    """The form holds a choice that does not exist."""


@dataclass
class SettlingForm(Form):
    """percent, seed: as typed."""

    belongs_to: ClassVar[Places] = {NoShare: "percent", NoSeed: "seed", NoSuchRule: "single"}
    blind: str = "no"
    majority: str = "no"
    single: str = "final"
    percent: str = ""
    seed: str = ""

    @classmethod
    def of(cls, rules: SettlingRules) -> "SettlingForm":
        return cls(
            blind="yes" if rules.blind else "no",
            majority="yes" if rules.by_majority else "no",
            single=rules.single,
            percent=f"{100 * rules.audit_share:.6g}",
            seed=str(rules.audit_seed),
        )

    @classmethod
    def read(cls, posted: Posted) -> "SettlingForm":
        return cls(
            blind=posted.text("blind"),
            majority=posted.text("majority"),
            single=posted.text("single"),
            percent=posted.text("percent"),
            seed=posted.text("seed"),
        )

    def rules(self) -> SettlingRules | None:
        """None where something is wrong, which is then said at its field."""
        percent, seed = _percent(self.percent), whole_number(self.seed)
        if percent is None:
            self.refuse(NoShare())
        if seed is None:
            self.refuse(NoSeed())
        if self.single not in SINGLE or not {self.blind, self.majority} <= {"yes", "no"}:
            self.refuse(NoSuchRule())
        if self.problems or percent is None or seed is None:
            return None
        return SettlingRules(self.blind == "yes", self.majority == "yes", self.single, percent / 100, seed)


def _percent(typed: str) -> float | None:
    try:
        percent = float(typed.replace(",", ".").removesuffix("%"))
    except ValueError:
        return None
    return percent if math.isfinite(percent) and 0 <= percent <= 100 else None
