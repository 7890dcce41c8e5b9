"""Does the model answer, and does it keep to a form? One small question, one sentence."""

from dataclasses import dataclass

from app.llm.json_text import NotJson, json_object
from app.llm.port import Model, Question
from app.llm.problems import ModelProblem, ReplyCut

# The question asks for a word that the schema does not allow: only an endpoint that enforces it answers otherwise.
PROBE = Question(
    system="You test a connection. Answer with a JSON object that has one key, word.",
    user='What is the capital of France? Answer {"word": "Paris"}.',
    json_schema={
        "type": "object",
        "properties": {"word": {"type": "string", "enum": ["plum-17", "quince-23"]}},
        "required": ["word"],
        "additionalProperties": False,
    },
    schema_name="connection_probe",
)
ALLOWED = frozenset({"plum-17", "quince-23"})


@dataclass(frozen=True)
class ConnectionTest:
    """works: questions are answered. form_is_enforced: the endpoint itself keeps answers to the schema."""

    works: bool
    form_is_enforced: bool
    sentence: str


def connection_test(model: Model) -> ConnectionTest:
    """What is wrong with the connection, or that nothing is, in one sentence."""
    try:
        answer = model.answer(PROBE)
    except ReplyCut:
        return _loose(f"{model.name} answers, but ran out of room in a one-word reply; raise its token limit.")
    except ModelProblem as problem:
        return ConnectionTest(works=False, form_is_enforced=False, sentence=problem.sentence)
    try:
        word = json_object(answer.text).get("word")
    except NotJson:
        return _loose(f"{answer.model_answered} answers, but not in JSON when asked; expect replies to be unusable.")
    asked_for_form = answer.parameters_sent.get("response_format", "json_schema") == "json_schema"
    if word not in ALLOWED or not asked_for_form:
        return _loose(
            f"{answer.model_answered} answers in JSON, but its endpoint does not enforce the form; "
            "every reply is checked here and some will be asked for again."
        )
    return ConnectionTest(
        works=True,
        form_is_enforced=True,
        sentence=f"{answer.model_answered} answers and keeps to the form asked for.",
    )


def _loose(sentence: str) -> ConnectionTest:
    return ConnectionTest(works=True, form_is_enforced=False, sentence=sentence)
