"""What a lead sees of what leaves for a model: the rules, what was spent, and an incident as it would be sent."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents.models import Incident
from app.methods.redaction import Redacted
from app.problems import Invalid
from app.studies.models import Study
from app.studies.settings_actions import ModelRules, NoSuchCap, TooManyWords, rules_of
from app.suggestions.budget import Spending, spending
from app.suggestions.leaving import Leaving
from app.suggestions.prompt import incident_part
from app.suggestions.runs import PREVIEW_MARK
from app.web.forms import Posted


@dataclass
class RulesForm:
    """cap: as typed. seen: the fingerprint of the rules that stood there when the page was made."""

    redacts: bool = False
    own_words: str = ""
    cap: str = ""
    seen: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study) -> "RulesForm":
        rules = rules_of(study)
        cap = "" if rules.token_cap is None else str(rules.token_cap)
        return cls(rules.redacts, rules.own_words, cap, rules.fingerprint)

    @classmethod
    def read(cls, posted: Posted) -> "RulesForm":
        words = "\n".join(line.strip() for line in posted.raw("own_words").splitlines() if line.strip())
        return cls("redacts" in posted, words, posted.text("cap"), posted.text("seen"))

    def rules(self, posted: Posted) -> ModelRules:
        """Raises NoSuchCap for anything that is not a number of tokens."""
        try:
            return ModelRules(self.redacts, self.own_words, posted.number("cap"))
        except Invalid as problem:
            raise NoSuchCap from problem

    def refuse(self, problem: Invalid) -> None:
        where = {NoSuchCap: "cap", TooManyWords: "own_words"}.get(type(problem))
        if where is None:
            raise problem
        self.problems[where] = problem.sentence


@dataclass(frozen=True)
class LeavingPage:
    """incident None: the study has none with a text. sent: its part of the message, byte for byte but for the mark."""

    spending: Spending
    version: str
    incident: Incident | None
    redacted: Redacted | None
    sent: str
    before: int | None
    after: int | None

    @property
    def taken_out(self) -> list[tuple[str, str]]:
        """(placeholder, what stands there), each once, in the order of the text."""
        if self.redacted is None:
            return []
        return list(
            dict.fromkeys((r.placeholder, r.original.of(self.redacted.original)) for r in self.redacted.replaced)
        )


def leaving_page(session: Session, study_id: int, number: int | None) -> LeavingPage:
    """number: of the incident to show; the first with a text where there is no such one."""
    study = session.get_one(Study, study_id)
    leaving = Leaving.of(study)
    numbers = list(
        session.scalars(
            select(Incident.number)
            .where(Incident.study_id == study_id, Incident.text.is_not(None))
            .order_by(Incident.number)
        )
    )
    at = numbers.index(number) if number in numbers else 0
    incident = (
        session.scalars(select(Incident).where(Incident.study_id == study_id, Incident.number == numbers[at])).one()
        if numbers
        else None
    )
    redacted = leaving.of_text(incident.text or "") if incident else None
    return LeavingPage(
        spending=spending(session, study_id),
        version=leaving.version,
        incident=incident,
        redacted=redacted,
        sent=incident_part(redacted.text, mark=PREVIEW_MARK) if redacted else "",
        before=numbers[at - 1] if at > 0 else None,
        after=numbers[at + 1] if at + 1 < len(numbers) else None,
    )
