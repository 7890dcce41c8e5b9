"""One incident as it would be sent: the very bytes, but for the random word in its marks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents.models import Incident
from app.incidents.queries import incident as incident_of
from app.incidents.queries import incident_numbers
from app.ledger.actions import prompt_sha256
from app.llm.marks import preview_mark
from app.llm.port import Question
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions.leaving import Leaving
from app.suggestions.prompt import INSTRUCTIONS, RunPrompt
from app.suggestions.run_plan import RunPlan, example_ids, seq_of, template_of
from app.suggestions.run_prompts import prompt_of


@dataclass(frozen=True)
class Sent:
    """One question, as it would leave."""

    question: Question

    @property
    def schema(self) -> str:
        """As it is sent, but for line breaks."""
        return json.dumps(self.question.json_schema, ensure_ascii=False, indent=1)

    @property
    def system_bytes(self) -> int:
        return len(self.question.system.encode())

    @property
    def user_bytes(self) -> int:
        return len(self.question.user.encode())

    @property
    def prompt_bytes(self) -> int:
        return self.system_bytes + self.user_bytes

    @property
    def schema_bytes(self) -> int:
        return len(json.dumps(self.question.json_schema, ensure_ascii=False, separators=(",", ":")).encode())

    @property
    def sha256(self) -> str:
        """As the ledger computes it for a call; there the random word differs each time."""
        return prompt_sha256(self.question.system, self.question.user)


@dataclass(frozen=True)
class Prompting:
    """What makes questions about an incident out of its text: the plan's prompt, and the study's redaction."""

    prompt: RunPrompt
    leaving: Leaving

    def sent(self, text: str) -> list[Sent]:
        """One, or several where the round asks more dimensions than one call takes."""
        leaves = self.leaving.of_text(text).text
        mark = preview_mark(leaves)
        return [Sent(self.leaving.of_codebook(one.question(leaves, mark=mark))) for one in self.prompt.groups()]


@dataclass(frozen=True)
class Preview:
    """place: 1, 2 … of the incidents chosen. before, after: numbers of the incidents beside it."""

    incident: Incident
    place: int
    of: int
    before: int | None
    after: int | None
    sent: list[Sent]
    redacts: bool


def prompting_of(session: Session, coding_round: Round, plan: RunPlan, asked: Sequence[int]) -> Prompting:
    """Raises what is wrong with the plan's template and examples."""
    template = template_of(session, coding_round.study_id, plan.prompt_template_id)
    prompt = prompt_of(
        session,
        coding_round,
        seq=seq_of(session, coding_round),
        dimension_ids=plan.dimension_ids,
        instructions=template.instructions if template else INSTRUCTIONS,
        example_incident_ids=example_ids(session, coding_round, plan, asked),
        parameters=plan.parameters,
    )
    return Prompting(prompt, Leaving.of(session.get_one(Study, coding_round.study_id)))


def preview_of(
    session: Session, coding_round: Round, prompting: Prompting, asked: Sequence[int], number: int | None
) -> Preview | None:
    """asked: the incidents of the plan. number: of the one to show; the first where it is none of them."""
    if not asked:
        return None
    place = _place(session, coding_round.study_id, asked, number)
    shown = incident_of(session, coding_round.study_id, asked[place])
    beside = [asked[at] if 0 <= at < len(asked) else 0 for at in (place - 1, place + 1)]
    numbers = incident_numbers(session, coding_round.study_id, beside)
    return Preview(
        incident=shown,
        place=place + 1,
        of=len(asked),
        before=numbers.get(beside[0]),
        after=numbers.get(beside[1]),
        sent=prompting.sent(shown.text or ""),
        redacts=bool(prompting.leaving.version),
    )


def _place(session: Session, study_id: int, asked: Sequence[int], number: int | None) -> int:
    if number is None:
        return 0
    wanted = session.scalar(select(Incident.id).where(Incident.study_id == study_id, Incident.number == number))
    return asked.index(wanted) if wanted in asked else 0
