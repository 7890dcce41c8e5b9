"""One incident on its way through a run: what was answered so far, and what is to be asked next.

An incident is asked about `samples` times, each time in one call, or in as many as its dimensions need. Each of these
has a reply, at most one more that mends it, and a limited number of attempts. What is in the ledger is never asked for
again, so an errand that is taken up by another worker goes on where the first one was.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from app.ledger.actions import CallContext
from app.ledger.models import ModelCall
from app.llm.port import Question
from app.llm.prices import WHOLE
from app.llm.problems import ModelProblem
from app.suggestions.attempts import ENDING, MOST_ATTEMPTS, READ, outcome_of_problem, state_of, told, words_of_outcome
from app.suggestions.material import Material, Share
from app.suggestions.prompt import DimensionEntry, RunPrompt
from app.suggestions.queries import SUBJECT
from app.suggestions.reply import Reading, read_reply, repair_question


@dataclass(frozen=True)
class Reply:
    """A reply that is in the ledger."""

    call_id: int
    text: str
    reading: Reading


@dataclass
class Part:
    """One sample of one group of dimensions. state: under what name it came to nothing, '' while it did not."""

    sample: int
    prompt: RunPrompt
    replies: list[Reply] = field(default_factory=list)
    tries: int = 0
    state: str = ""
    problem: str = ""

    @property
    def is_open(self) -> bool:
        return not self.state and not self._is_answered

    @property
    def _is_answered(self) -> bool:
        return bool(self.replies) and (self.replies[0].reading.is_whole or len(self.replies) > 1)

    def gives_up(self, state: str, problem: str) -> None:
        self.state, self.problem = state, problem


@dataclass(frozen=True)
class NextQuestion:
    part: Part
    question: Question

    @property
    def is_repair(self) -> bool:
        return bool(self.question.later_turns)

    @property
    def dimensions(self) -> list[DimensionEntry]:
        asked = self.question.json_schema["properties"]
        return [one for one in self.part.prompt.dimensions if one.key in asked]


class Errand:
    def __init__(self, material: Material, share: Share) -> None:
        self.material = material
        self.share = share
        self.parts = [Part(sample, group) for sample in range(1, material.samples + 1) for group in material.groups]
        self.made = len(share.calls)
        for call in share.since:
            self._read_again(call)

    def next(self) -> NextQuestion | None:
        """None: there is nothing left to ask."""
        part = next((one for one in self.parts if one.is_open), None)
        return None if part is None else self._question(part)

    def next_of_each_sample(self) -> list[NextQuestion]:
        """What may be asked at the same time: of one sample a part waits for the part before it."""
        first: dict[int, Part] = {}
        for part in self.parts:
            if part.is_open:
                first.setdefault(part.sample, part)
        return [self._question(part) for part in first.values()]

    def context(self, asked: NextQuestion, *, ahead: int = 0, price_share: Decimal | None = WHOLE) -> CallContext:
        """Whose call it is. ahead: how many more are begun before it and not answered yet."""
        material = self.material
        return CallContext(
            study_id=material.study_id,
            member_id=material.asked_by,
            purpose="repair" if asked.is_repair else "suggest",
            subject_kind=SUBJECT,
            subject_id=self.share.run_incident_id,
            attempt=self.made + 1 + ahead,
            sample=asked.part.sample,
            endpoint_id=material.endpoint_id,
            redaction=material.leaving.version,
            prices=material.prices,
            priced_as=material.priced_as,
            purse=material.purse,
            price_share=price_share,
        )

    def read(self, asked: NextQuestion, text: str) -> Reading:
        return read_reply(text, self.share.text.text, asked.dimensions)

    def answered(self, asked: NextQuestion, call_id: int, text: str, reading: Reading) -> None:
        asked.part.tries += 1
        self.made += 1
        asked.part.replies.append(Reply(call_id, text, reading))

    def failed(self, asked: NextQuestion, problem: ModelProblem, *, again: bool) -> bool:
        """Whether it is to be tried again. What cannot be had for one sample cannot be had for the next."""
        part = asked.part
        part.tries += 1
        self.made += 1
        if again and part.tries < MOST_ATTEMPTS:
            part.problem = told(problem)
            return True
        part.gives_up(outcome_of_problem(problem), told(problem))
        if not again and part.state == "failed":
            for other in self.parts:
                if other.is_open:
                    other.gives_up(part.state, part.problem)
        return False

    def _question(self, part: Part) -> NextQuestion:
        question = self.material.question(part.prompt, self.share.text)
        if part.replies:
            first = part.replies[0]
            question = repair_question(question, first.text, first.reading.faults)
        return NextQuestion(part, question)

    def _read_again(self, call: ModelCall) -> None:
        part = next((one for one in self.parts if one.sample == call.sample and _asks(call, one)), None)
        if part is None:
            return
        part.tries += 1
        if call.outcome in READ and call.raw_answer:
            reading = read_reply(call.raw_answer, self.share.text.text, part.prompt.dimensions)
            part.replies.append(Reply(call.id, call.raw_answer, reading))
        elif call.outcome in ENDING or part.tries >= MOST_ATTEMPTS:
            part.gives_up(state_of(call.outcome), words_of_outcome(call.outcome) or call.problem)


def _asks(call: ModelCall, part: Part) -> bool:
    """Where a run has more dimensions than one call takes, which of its calls this was."""
    return all(f"## {one.key} " in call.system_prompt for one in part.prompt.dimensions[:1])
