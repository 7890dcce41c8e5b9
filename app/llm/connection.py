"""Does the model answer, how strictly can a form be asked of it, and how much does it read? A few small questions.

Endpoints fail open: many answer 200 and leave the schema, a parameter or half of the text aside. So nothing is believed
that was not obeyed, and what was found is stored and used by runs (abilities).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from app.llm.abilities import Abilities, Form
from app.llm.json_text import NotJson, json_object
from app.llm.port import Answer, Model, Question
from app.llm.problems import (
    AddressNotAsked,
    ModelBroken,
    ModelProblem,
    ReplyCut,
    ReplyEmpty,
    ReplyFiltered,
    ReplyRefused,
    TextTooLong,
)

LENGTH = "max_completion_tokens"
# The question asks for a word that the schema does not allow: only an endpoint that enforces it answers otherwise.
ALLOWED = frozenset({"plum-17", "quince-23"})
PROBE = Question(
    system="You test a connection. Answer with a JSON object that has one key, word.",
    user='What is the capital of France? Answer {"word": "Paris"}.',
    json_schema={
        "type": "object",
        "properties": {"word": {"type": "string", "enum": sorted(ALLOWED)}},
        "required": ["word"],
        "additionalProperties": False,
    },
    schema_name="connection_probe",
    parameters={"temperature": 0, "seed": 7, LENGTH: 1000},  # room for a model that thinks first
)
ANY_WORD = {**PROBE.json_schema, "properties": {"word": {"type": "string"}}}
SHORT = 16
LIMIT = Question(
    system=PROBE.system,
    user="Put the whole numbers from one to sixty into word, written out in English, with commas.",
    json_schema=ANY_WORD,
    schema_name="length_probe",
    parameters={"temperature": 0, LENGTH: SHORT},
)
# No tokenizer makes fewer tokens of this than it has words, so an endpoint that counts fewer has read only a part.
MANY_WORDS = 5_000
ROOM = Question(
    system=PROBE.system,
    user="apple river stone cloud " * (MANY_WORDS // 4) + '\nAnswer {"word": "done"}.',
    json_schema=ANY_WORD,
    schema_name="room_probe",
    parameters={"temperature": 0, LENGTH: 1000},
)

KEEPS = "{} answers and keeps to the form asked for"
LOOSE = (
    "{} answers in JSON, but its endpoint does not enforce the form; every reply is checked here and some will be "
    "asked for again"
)
PROSE = "{} answers, but not in JSON when asked; expect replies to be unusable"
CUT = "{} answers, but ran out of room in a one-word reply; raise its token limit"
SMALL = "its context is too small: of a text of {:,} words it read about {:,} tokens, so give it a larger one"
TOO_SMALL = "its context is too small for a text of {:,} words, so give it a larger one"
NO_ROOM = "The context of {} is too small: even a question of 60 words is longer than it can take."


class Probed(Model, Protocol):
    """A model that can be asked again as if it could do more, or less."""

    @property
    def abilities(self) -> Abilities: ...

    def with_abilities(self, abilities: Abilities) -> Self: ...


@dataclass(frozen=True)
class ConnectionTest:
    """works: questions are answered. form_is_enforced: the endpoint itself keeps answers to the schema.

    is_roomy: as far as it was looked at, it reads long texts whole. requests and tokens: what the test took.
    """

    works: bool
    sentence: str
    form_is_enforced: bool = False
    is_roomy: bool = True
    abilities: Abilities = field(default_factory=Abilities)
    model_answered: str = ""
    requests: int = 0
    tokens: int = 0

    def as_stored(self) -> dict[str, Any]:
        return {
            "works": self.works,
            "sentence": self.sentence,
            "is_roomy": self.is_roomy,
            "model_answered": self.model_answered,
            **(self.abilities.as_stored() if self.works else {}),
        }


@dataclass(frozen=True)
class Rung:
    """How one way of asking for the form went. kind, from the best: obeyed, json, prose, cut."""

    abilities: Abilities
    kind: str
    answered: str


@dataclass
class Bill:
    requests: int = 0
    tokens: int = 0

    def add(self, answer: Answer) -> None:
        self.requests += answer.requests
        self.tokens += (answer.input_tokens or 0) + (answer.output_tokens or 0)


def connection_test(model: Probed, *, looks_for_room: bool = False) -> ConnectionTest:
    """What is wrong with the connection, or that nothing is, in one sentence.

    looks_for_room: whether a long text is sent, too; where tokens cost nothing.
    """
    bill = Bill()
    try:
        rung = _best(_rungs(model, bill))
    except TextTooLong:
        return ConnectionTest(False, NO_ROOM.format(model.name), requests=bill.requests, tokens=bill.tokens)
    except ModelProblem as problem:
        return ConnectionTest(False, problem.sentence, requests=bill.requests, tokens=bill.tokens)
    is_enforced = rung.kind == "obeyed" and rung.abilities.form <= Form.SCHEMA
    abilities = replace(rung.abilities, is_enforced=is_enforced)
    if rung.kind != "cut" and not _keeps_to_length(model.with_abilities(abilities), bill):
        abilities = abilities.without(LENGTH)
    cramped = _cramped(model.with_abilities(abilities), bill) if looks_for_room and rung.kind != "cut" else ""
    said = {"obeyed": KEEPS if is_enforced else LOOSE, "json": LOOSE, "prose": PROSE, "cut": CUT}[rung.kind]
    joined = f"{', but' if is_enforced else '; and'} {cramped}" if cramped else ""
    return ConnectionTest(
        works=True,
        sentence=f"{said.format(rung.answered)}{joined}.",
        form_is_enforced=is_enforced,
        is_roomy=not cramped,
        abilities=abilities,
        model_answered=rung.answered,
        requests=bill.requests,
        tokens=bill.tokens,
    )


def _rungs(model: Probed, bill: Bill) -> list[Rung]:
    """From the strictest down to the first that is obeyed. Raises the problem of the first where none answers."""
    found: list[Rung] = []
    first_problem: ModelProblem | None = None
    trying: Abilities | None = Abilities()
    while trying is not None:
        asked = model.with_abilities(trying)
        try:
            answer = asked.answer(PROBE)
        except (ModelBroken, ReplyEmpty, ReplyRefused, ReplyFiltered) as problem:
            bill.requests += problem.requests
            first_problem = first_problem or problem  # a server may break over a form alone
        except ReplyCut as problem:
            bill.requests += problem.requests
            found.append(Rung(asked.abilities, "cut", problem.answer.model_answered if problem.answer else model.name))
        except ModelProblem as problem:
            bill.requests += problem.requests
            if found and not isinstance(problem, AddressNotAsked):
                break
            raise
        else:
            bill.add(answer)
            if asked.abilities.form is Form.SCHEMA and trying.form is Form.STRICT_SCHEMA:
                trying = replace(asked.abilities, is_enforced=True)  # refused: once more, without the schema in words
                continue
            found.append(Rung(asked.abilities, _kind(answer), answer.model_answered))
            if found[-1].kind == "obeyed":
                break
        trying = _next(asked.abilities)
    if not found and first_problem is not None:
        raise first_problem
    return found


def _next(abilities: Abilities) -> Abilities | None:
    if abilities.form is Form.PLAIN_TEXT:
        return None
    lower = Form(abilities.form + 1)
    return Abilities(lower, lower <= Form.SCHEMA, abilities.dropped)


def _kind(answer: Answer) -> str:
    try:
        word = json_object(answer.text).get("word")
    except NotJson:
        return "prose"
    return "obeyed" if isinstance(word, str) and word in ALLOWED else "json"


def _best(rungs: Sequence[Rung]) -> Rung:
    """The highest one that is obeyed, else that answers in JSON, else that is taken at all."""
    order = ("obeyed", "json", "prose", "cut")
    return min(rungs, key=lambda rung: (order.index(rung.kind), rung.abilities.form))


def _keeps_to_length(model: Probed, bill: Bill) -> bool:
    """Whether a limit on the reply is kept: some servers know it by another name only, and say nothing."""
    try:
        answer = model.answer(LIMIT)
    except ModelProblem as problem:
        bill.requests += problem.requests
        return True
    bill.add(answer)
    written = answer.output_tokens or len(answer.text.split())
    return written - (answer.reasoning_tokens or 0) <= 2 * SHORT


def _cramped(model: Probed, bill: Bill) -> str:
    """What to say of the room for a long text; '' where there is enough, or nobody knows."""
    try:
        answer = model.answer(ROOM)
    except TextTooLong as problem:
        bill.requests += problem.requests
        return TOO_SMALL.format(MANY_WORDS)
    except ModelProblem as problem:
        bill.requests += problem.requests
        return ""
    bill.add(answer)
    read = answer.input_tokens
    return SMALL.format(MANY_WORDS, read) if read is not None and read < MANY_WORDS else ""
