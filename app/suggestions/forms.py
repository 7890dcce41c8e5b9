"""What the pages of this room send."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from app.problems import Conflict, Invalid
from app.studies.models import Study
from app.studies.settings_actions import ModelRules, NoSuchCap, NoSuchCostCap, TooManyWords, rules_of
from app.suggestions.deciding import Acting, Choice
from app.web.forms import Form, Places, Posted, whole_number

DOLLARS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


class DecisionNotUnderstood(Invalid):
    """This step could not be read, so nothing was saved. Reload the page and do it again."""


class SomebodyElse(Conflict):
    """Somebody else signed in in this browser, so nothing was saved under their name. Sign in again as yourself."""


@dataclass(frozen=True)
class DecisionForm:
    """anyway: the coder was told of codes that are nearly the same, and coins theirs."""

    choice: Choice
    acting: Acting
    member_id: int | None
    anyway: bool = False

    @classmethod
    def read(cls, posted: Posted) -> "DecisionForm":
        """code_id and name together: the name typed last counts, since the list always has something chosen."""
        name = posted.text("name")
        return cls(
            choice=Choice(
                decision=posted.text("decision"),
                code_id=None if name else posted.number("code_id"),
                name=name,
                reason=posted.text("reason"),
                cause=posted.text("cause"),
            ),
            acting=acting_of(posted),
            member_id=posted.number("member"),
            anyway=bool(posted.text("anyway")),
        )


def acting_of(posted: Posted) -> Acting:
    after = posted.text("after_act_id")
    return Acting(
        _uuid(posted.text("act_id")),
        _uuid(after) if after else None,
        posted.text("tab"),
        whole_number(posted.text("active_seconds")) or 0,
    )


def check_member(posted_member_id: int | None, member_id: int) -> None:
    """A page left open by one person must not save under the name of the next."""
    if posted_member_id not in (None, member_id):
        raise SomebodyElse


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise DecisionNotUnderstood from None


@dataclass
class RulesForm(Form):
    """cap, cost_cap: as typed. seen: the fingerprint of the rules that stood there when the page was made."""

    belongs_to: ClassVar[Places] = {NoSuchCap: "cap", NoSuchCostCap: "cost_cap", TooManyWords: "own_words"}
    redacts: bool = False
    own_words: str = ""
    cap: str = ""
    cost_cap: str = ""
    local_only: bool = False
    seen: str = ""

    @classmethod
    def of(cls, study: Study) -> "RulesForm":
        rules = rules_of(study)
        cap = "" if rules.token_cap is None else str(rules.token_cap)
        cost_cap = "" if rules.cost_cap_usd is None else f"{rules.cost_cap_usd.normalize():f}"
        return cls(rules.redacts, rules.own_words, cap, cost_cap, rules.local_models_only, rules.fingerprint)

    @classmethod
    def read(cls, posted: Posted) -> "RulesForm":
        words = "\n".join(line.strip() for line in posted.raw("own_words").splitlines() if line.strip())
        caps = (posted.text("cap"), posted.text("cost_cap"))
        return cls("redacts" in posted, words, *caps, "local_only" in posted, posted.text("seen"))

    def rules(self, posted: Posted) -> ModelRules:
        """Raises NoSuchCap for what is no number of tokens, NoSuchCostCap for what is no sum of money."""
        try:
            cap = posted.number("cap")
        except Invalid as problem:
            raise NoSuchCap from problem
        if self.cost_cap and not DOLLARS.fullmatch(self.cost_cap):
            raise NoSuchCostCap
        cost_cap = Decimal(self.cost_cap) if self.cost_cap else None
        return ModelRules(self.redacts, self.own_words, cap, cost_cap, self.local_only)
