"""Final codes of similar incidents, offered without a model."""

import subprocess
import sys

import pytest

from app.suggestions.similar import CodedIncident, SimilarIncidents

SLOW, DOWN, DEPLOY, CAPACITY = 1, 2, 3, 4
SYMPTOM, CAUSE = 10, 20
CODED = [
    CodedIncident(
        1,
        "Chat completions were slow because the cluster ran out of GPUs.",
        {SYMPTOM: {SLOW}, CAUSE: {CAPACITY}},
    ),
    CodedIncident(
        2,
        "Completions were slow after the cluster ran out of GPU capacity.",
        {SYMPTOM: {SLOW}, CAUSE: {CAPACITY}},
    ),
    CodedIncident(
        3,
        "A faulty deployment took the login page down; it was rolled back.",
        {SYMPTOM: {DOWN}, CAUSE: {DEPLOY}},
    ),
    CodedIncident(4, "Login page down after a faulty deployment, later rolled back.", {SYMPTOM: {DOWN}, CAUSE: set()}),
    CodedIncident(5, "Login page down; the faulty deployment was rolled back later.", {SYMPTOM: {DOWN, SLOW}}),
    CodedIncident(6, "   ", {SYMPTOM: {DOWN}}),
]
MANY = {SYMPTOM: True, CAUSE: False}


def test_the_codes_of_the_nearest_incidents_are_offered_with_where_they_come_from() -> None:
    offered = SimilarIncidents(CODED, takes_many=MANY).codes_for("Completions slow: the cluster ran out of GPUs")

    assert [(code.dimension_id, code.code_id) for code in offered] == [(SYMPTOM, SLOW), (CAUSE, CAPACITY)]
    assert {neighbour.incident_id for neighbour in offered[0].neighbours} >= {1, 2}
    assert 0.5 <= offered[0].share <= 1
    assert all(neighbour.similarity >= 0.1 for neighbour in offered[0].neighbours)


def test_an_incident_is_not_its_own_neighbour() -> None:
    similar = SimilarIncidents(CODED, takes_many=MANY)

    assert similar.neighbours(CODED[0].text)[0].incident_id == 1
    assert 1 not in {neighbour.incident_id for neighbour in similar.neighbours(CODED[0].text, without={1})}


def test_a_dimension_of_one_code_gets_one_and_none_applies_is_a_vote_for_none() -> None:
    offered = SimilarIncidents(CODED, takes_many=MANY).codes_for("login page down, faulty deployment rolled back")
    causes = [code for code in offered if code.dimension_id == CAUSE]

    assert len(causes) <= 1
    assert all(code.code_id != CAPACITY for code in causes)
    shares = {code.code_id: code.share for code in offered if code.dimension_id == SYMPTOM}
    assert shares[DOWN] > 0.9


def test_the_same_incidents_give_the_same_offers_in_whatever_order_they_come() -> None:
    text = "Login page slow, then down, GPUs missing, deployment rolled back"
    forward = SimilarIncidents(CODED, takes_many=MANY).codes_for(text)

    assert forward == SimilarIncidents(CODED[::-1], takes_many=MANY).codes_for(text)
    assert forward


def test_of_two_equal_ones_the_lower_id_comes_first() -> None:
    twins = [CodedIncident(id, "The same words here.", {CAUSE: {17 - id}}) for id in (9, 8)]
    similar = SimilarIncidents(twins, takes_many={CAUSE: False})

    assert [neighbour.incident_id for neighbour in similar.neighbours("The same words here.")] == [8, 9]
    assert [code.code_id for code in similar.codes_for("The same words here.")] == [8]


@pytest.mark.parametrize("text", ["", "   ", "ξένος κόσμος", "zzz qqq"])
def test_nothing_is_offered_for_what_resembles_nothing(text: str) -> None:
    assert SimilarIncidents(CODED, takes_many=MANY).codes_for(text) == ()


def test_nothing_is_offered_from_nothing() -> None:
    assert SimilarIncidents([], takes_many=MANY).codes_for("Chat was slow") == ()
    assert SimilarIncidents(CODED[-1:], takes_many=MANY).codes_for("Chat was slow") == ()


def test_importing_it_does_not_import_scikit_learn() -> None:
    code = "import sys, app.suggestions.similar; print('sklearn' in sys.modules, 'scipy' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False", "False"]
