"""The scripted model, beyond the contract."""

import pytest

from app.llm.problems import QuotaExhausted
from app.llm.scripted import ScriptedModel, ScriptEnded
from tests.llm.test_contract import QUESTION


def test_it_answers_from_a_function_of_the_question_for_ever() -> None:
    model = ScriptedModel("first", otherwise=lambda question: {"length": len(question.user)})

    assert [model.answer(QUESTION).text for _ in range(3)] == ["first", '{"length": 16}', '{"length": 16}']
    assert model.questions == [QUESTION] * 3


def test_it_raises_the_problems_of_its_script() -> None:
    with pytest.raises(QuotaExhausted):
        ScriptedModel(QuotaExhausted()).answer(QUESTION)


def test_a_script_that_has_ended_says_so() -> None:
    with pytest.raises(ScriptEnded):
        ScriptedModel().answer(QUESTION)
