"""The part of the ruling form that drafts a rule, and the form by which a lead decides on one."""

from dataclasses import dataclass

from app.adjudication.rule_lines import LINES, RuleWords
from app.web.forms import Posted, whole_number

RULE_WORDS = {"use_when": "Use when", "not_when": "Not when", "example": "Example"}
RULE_STANDING_WORDS = {
    "proposed": ("Proposed", "open", "circle-dashed"),
    "stands": ("In the codebook", "agreed", "check"),
    "superseded": ("Its ruling does not stand any more", "caution", "rotate-ccw"),
    "gone": ("The code says so no more", "caution", "history"),
    "declined": ("Declined", "partial", "x"),
}


@dataclass
class RuleForm:
    """is_wanted: the ruling needs a rule. example: a quote of the incident, as "start-end". seen_seq: the codebook as
    it stood when the form was shown."""

    is_wanted: bool = False
    code_id: int | None = None
    kind: str = "use_when"
    line: str = ""
    example: str = ""
    seen_seq: int = 0

    @classmethod
    def read(cls, posted: Posted) -> "RuleForm":
        return cls(
            is_wanted="needs_rule" in posted,
            code_id=posted.number("rule_code"),
            kind=posted.text("rule_kind") if posted.text("rule_kind") in LINES else "use_when",
            line=posted.raw("rule_line").strip(),
            example=posted.text("rule_example"),
            seen_seq=posted.number("rule_seen_seq") or 0,
        )

    @property
    def words(self) -> RuleWords | None:
        if not self.is_wanted:
            return None
        return RuleWords(self.code_id, self.kind, self.line, self._span, self.seen_seq)

    @property
    def _span(self) -> tuple[int, int] | None:
        """What is no span of a text is an empty one, which no incident holds."""
        if not self.example:
            return None
        start, _, end = self.example.partition("-")
        return whole_number(start) or 0, whole_number(end) or 0
