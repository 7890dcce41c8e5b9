"""The ruling form: what was typed, what it means, and what is wrong with it. And the words of its choices."""

from dataclasses import dataclass, field
from string import ascii_uppercase

from app.adjudication.actions import RulingWords
from app.adjudication.disagreement_shown import DisagreementPage, ShownRuling
from app.adjudication.models import BASES
from app.adjudication.policy import (
    CodeNotUsable,
    CodesOrState,
    MainNotChosen,
    NoAnswer,
    NoCause,
    NoReason,
    NoSuchChoice,
    OneCodeOnly,
    TooLong,
)
from app.adjudication.rule_forms import RuleForm
from app.adjudication.rule_lines import NoRule, NoRuleCode, NoSuchQuote, RuleTooLong
from app.coding.models import ANSWER_STATES
from app.problems import Invalid
from app.web.forms import Posted

CAUSE_WORDS = [
    ("definition_gap", "Definition unclear"),
    ("granularity", "Finer or coarser"),
    ("real_ambiguity", "Several true"),
    ("evidence_missed", "Overlooked"),
    ("text_says_too_little", "Thin text"),
    ("model_anchored", "Followed the model"),
    ("slip", "Slip"),
]
CAUSE_KEYS = {
    "definition_gap": "g",
    "granularity": "f",
    "real_ambiguity": "s",
    "evidence_missed": "v",
    "text_says_too_little": "t",
    "model_anchored": "w",
    "slip": "l",
}
STATE_WORDS = {
    "coded": "Coded",
    "none_applies": "None applies",
    "not_enough_information": "Not enough information",
    "skipped": "Skipped",
    "": "Left open",
}
KIND_WORDS = {
    "unanimous": "Agreed by now",
    "single": "One coder",
    "evidence": "Other evidence",
    "missing": "Not answered by all",
    "state": "Another kind of answer",
    "apart": "Other codes",
    "overlap": "Some codes in common",
    "main": "Another main code",
}
BASIS_WORDS = {basis: basis.replace("_", " ") for basis in BASES} | {"": "a later round’s answer stands"}
METHOD_WORDS = {"adopted": "adopted", "combined": "combined", "other": "another answer"}
BELONGS_TO: dict[type[Invalid], str] = {
    NoAnswer: "answer",
    CodesOrState: "answer",
    OneCodeOnly: "answer",
    CodeNotUsable: "answer",
    MainNotChosen: "main",
    NoCause: "cause",
    NoReason: "reason",
    TooLong: "reason",
    NoRuleCode: "rule_code",
    NoRule: "rule_line",
    RuleTooLong: "rule_line",
    NoSuchQuote: "rule_example",
}


@dataclass
class RulingForm:
    """answers: ids of codes or states, as text. problems: field -> sentence; '' for the whole ruling."""

    answers: list[str] = field(default_factory=list)
    main: str = ""
    cause: str = ""
    reason: str = ""
    participants: list[str] = field(default_factory=list)
    seen_ruling_id: int | None = None
    rule: RuleForm = field(default_factory=RuleForm)
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, shown: DisagreementPage) -> "RulingForm":
        """Starts from the ruling that stands, or blank: no coder's answer is chosen beforehand."""
        standing = shown.standing_ruling
        return cls.again(standing) if standing else cls()

    @classmethod
    def again(cls, standing: ShownRuling) -> "RulingForm":
        ruling = standing.ruling
        codes = [(str(shown.code.id), shown.is_main) for shown in standing.codes if shown.code]
        return cls(
            answers=[code for code, _ in codes] or [ruling.state],
            main=next((code for code, is_main in codes if is_main), ""),
            cause=ruling.cause,
            reason="",
            participants=[str(member.id) for member in standing.participants],
            seen_ruling_id=ruling.id,
        )

    @classmethod
    def read(cls, posted: Posted) -> "RulingForm":
        form = cls(
            answers=list(dict.fromkeys(answer for answer in posted.many("answer") if answer)),
            main=posted.text("main"),
            cause=posted.text("cause"),
            reason=posted.text("reason"),
            participants=posted.many("participants"),
            seen_ruling_id=posted.number("seen_ruling_id"),
            rule=RuleForm.read(posted),
        )
        if any(not (_is_key(each) or each in ascii_uppercase) for each in form.participants):
            raise NoSuchChoice
        posted.number("main")
        form._check()
        return form

    @property
    def words(self) -> RulingWords:
        states = [answer for answer in self.answers if answer in ANSWER_STATES]
        codes = [int(answer) for answer in self.answers if answer not in ANSWER_STATES]
        return RulingWords(
            state=states[0] if states else "coded",
            code_ids=codes,
            main_code_id=int(self.main) if self.main else None,
            cause=self.cause,
            reason=self.reason,
            participant_ids=[int(member) if _is_key(member) else member for member in self.participants],
            seen_ruling_id=self.seen_ruling_id,
            rule=self.rule.words,
        )

    def stands_on(self, shown: DisagreementPage) -> None:
        """What stands there now is shown beside what was typed; the next press starts from it."""
        standing = shown.standing_ruling
        self.seen_ruling_id = standing.ruling.id if standing else None
        self.rule.seen_seq = shown.codebook.told_seq

    def refuse(self, problem: Invalid) -> None:
        """Says it at the field it belongs to."""
        self.problems[BELONGS_TO.get(type(problem), "")] = problem.sentence

    def _check(self) -> None:
        """All that is missing at once; what needs the codebook is checked by the act."""
        states = [answer for answer in self.answers if answer in ANSWER_STATES]
        unknown = [answer for answer in self.answers if answer not in ANSWER_STATES and not _is_key(answer)]
        if not self.answers or unknown:
            self.refuse(NoAnswer())
        elif len(states) > 1 or (states and len(self.answers) > 1):
            self.refuse(CodesOrState())
        if not self.cause:
            self.refuse(NoCause())
        if not self.reason:
            self.refuse(NoReason())
        if self.rule.is_wanted and self.rule.code_id is None:
            self.refuse(NoRuleCode())


def _is_key(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 19
