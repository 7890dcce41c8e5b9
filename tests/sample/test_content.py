from collections import Counter
from copy import deepcopy
from statistics import median
from typing import Any

import pytest

from app.codebook.starter import incident_study
from app.sample.checks import CAUSES, problems, sample_content
from app.sample.content import SampleAnswer, SampleRound, raw_files, read_content

CONTENT = sample_content()
STARTER = incident_study()
HAS_MAIN = {dimension.name: dimension.has_main for dimension in STARTER.dimensions}


def round_of(purpose: str) -> SampleRound:
    return next(one for one in CONTENT.rounds if one.purpose == purpose)


def value(answer: SampleAnswer) -> object:
    """What is compared: the main code where the dimension has one, else the set, else the state."""
    if answer.state != "coded":
        return answer.state
    return answer.main if HAS_MAIN[answer.dimension] else frozenset(answer.codes)


def pairs(coding_round: SampleRound, dimension: str) -> list[tuple[SampleAnswer, SampleAnswer]]:
    by_incident: dict[str, list[SampleAnswer]] = {}
    for assignment in coding_round.assignments:
        for answer in assignment.answers:
            if answer.dimension == dimension:
                by_incident.setdefault(assignment.incident, []).append(answer)
    return [(both[0], both[1]) for both in by_incident.values() if len(both) == 2]


def percent(dimension: str) -> float:
    both = pairs(round_of("reliability"), dimension)
    return sum(value(one) == value(other) for one, other in both) / len(both)


def found_after(change: Any) -> str:
    """The problems that the checks find once `change` has been made to the raw files."""
    incidents, codings = (deepcopy(raw) for raw in raw_files())
    change(incidents["incidents"], codings)
    return "\n".join(problems(read_content(incidents, codings), STARTER))


def test_half_of_the_incidents_are_of_genai_services_and_half_of_classic_ones():
    assert Counter(incident.cohort for incident in CONTENT.incidents) == {"GenAI": 22, "Classic": 22}


def test_external_ids_and_texts_are_all_different():
    assert len({incident.external_id for incident in CONTENT.incidents}) == 44
    assert len({incident.text for incident in CONTENT.incidents}) == 44
    assert CONTENT.incidents[0].external_id == "SAMPLE-001"


def test_incidents_have_the_length_of_a_short_report_in_four_to_seven_paragraphs():
    words = [len(incident.text.split()) for incident in CONTENT.incidents]

    assert 150 <= median(words) <= 300
    assert min(words) >= 100 and max(words) <= 350
    assert all(4 <= len(incident.text.split("\n\n")) <= 7 for incident in CONTENT.incidents)


def test_no_two_incidents_share_a_run_of_eight_words():
    seen: dict[tuple[str, ...], str] = {}
    for incident in CONTENT.incidents:
        words = incident.text.lower().split()
        for start in range(len(words) - 7):
            run = tuple(words[start : start + 8])
            assert seen.setdefault(run, incident.external_id) == incident.external_id, " ".join(run)


def test_offsets_are_exercised_by_characters_beyond_ascii_and_by_emoji_before_a_quote():
    texts = CONTENT.texts()
    assert sum(not text.isascii() for text in texts.values()) >= 10
    behind_emoji = [
        evidence
        for one in CONTENT.rounds
        for assignment in one.assignments
        for answer in assignment.answers
        for evidence in answer.evidence
        if any(ord(character) > 0xFFFF for character in texts[assignment.incident][: evidence.start])
    ]
    assert behind_emoji


def test_the_incidents_lie_between_2023_and_2025_and_a_few_stages_are_missing():
    assert {incident.started_at.year for incident in CONTENT.incidents} == {2023, 2024, 2025}
    assert sum(incident.detected_at is None for incident in CONTENT.incidents) == 2
    assert any(incident.mitigated_at is None for incident in CONTENT.incidents)


def test_everything_says_that_it_is_sample_data():
    assert "no real incident" in CONTENT.notice
    assert "no real incident" in CONTENT.study_description
    assert all(incident.attributes["sample"] == CONTENT.notice for incident in CONTENT.incidents)


def test_every_incident_is_in_exactly_one_round():
    planned = [incident for one in CONTENT.rounds for incident in one.incidents]

    assert Counter(planned) == Counter(list(CONTENT.texts()))
    assert [(one.purpose, one.phase, len(one.incidents)) for one in CONTENT.rounds] == [
        ("calibration", "closed", 6),
        ("reliability", "settling", 30),
        ("single_coding", "running", 8),
    ]


@pytest.mark.parametrize("dimension", HAS_MAIN)
def test_two_coders_agree_neither_hardly_nor_perfectly(dimension: str):
    assert 0.5 <= percent(dimension) <= 0.95


def test_coders_agree_most_on_detection_and_least_on_root_cause():
    by_dimension = {dimension: percent(dimension) for dimension in HAS_MAIN}

    assert max(by_dimension, key=by_dimension.__getitem__) == "Detection"
    assert min(by_dimension, key=by_dimension.__getitem__) == "Root cause"
    assert by_dimension["Detection"] == pytest.approx(0.90, abs=0.02)
    assert by_dimension["Root cause"] == pytest.approx(0.60, abs=0.02)


def test_all_three_states_memos_flags_and_a_skip_occur_in_the_reliability_round():
    assignments = round_of("reliability").assignments

    states = {answer.state for assignment in assignments for answer in assignment.answers}
    assert states == {"coded", "none_applies", "not_enough_information"}
    assert sum(assignment.memo is not None for assignment in assignments) >= 5
    assert sum(assignment.flag is not None for assignment in assignments) == 2
    assert sum(assignment.status == "skipped" for assignment in assignments) == 1


def test_the_single_coding_round_is_half_done():
    statuses = Counter(assignment.status for assignment in round_of("single_coding").assignments)

    assert statuses == {"submitted": 4, "draft": 1, "open": 3}


def test_codes_created_in_the_calibration_round_are_used_and_kept():
    used = {
        code
        for one in CONTENT.rounds
        for assignment in one.assignments
        for answer in assignment.answers
        for code in answer.codes
    }
    assert len(CONTENT.new_codes) == 4
    assert {code.name for code in CONTENT.new_codes} <= used


def test_the_calibration_round_has_a_suggestion_for_every_question_and_all_three_decisions():
    asked = {(suggestion.incident, suggestion.dimension) for suggestion in CONTENT.suggestions}
    decisions = Counter(decision.decision for suggestion in CONTENT.suggestions for decision in suggestion.decisions)

    assert asked == {(incident, name) for incident in round_of("calibration").incidents for name in HAS_MAIN}
    assert set(decisions) == {"accepted", "changed", "rejected"}


def test_about_a_third_of_the_disagreements_are_ruled_on_and_only_disagreements_are():
    disagreements = set()
    for one in CONTENT.rounds:
        for dimension in HAS_MAIN:
            for assignment in one.assignments:
                answers = {
                    (answer.state, frozenset(answer.codes), answer.main)
                    for other in one.assignments
                    if other.incident == assignment.incident
                    for answer in other.answers
                    if answer.dimension == dimension
                }
                if len(answers) > 1:
                    disagreements.add((one.name, assignment.incident, dimension))
    ruled = [(ruling.round, ruling.incident, ruling.dimension) for ruling in CONTENT.rulings]

    assert len(ruled) == len(set(ruled))
    assert set(ruled) <= disagreements
    assert 0.25 <= len(ruled) / len(disagreements) <= 0.45
    assert {ruling.cause for ruling in CONTENT.rulings} == set(CAUSES)


def test_a_ruling_says_adopted_only_when_it_equals_an_answer_of_that_coder():
    for ruling in CONTENT.rulings:
        coding_round = next(one for one in CONTENT.rounds if one.name == ruling.round)
        same = {
            assignment.coder
            for assignment in coding_round.assignments
            if assignment.incident == ruling.incident
            for answer in assignment.answers
            if answer.dimension == ruling.dimension
            and (answer.state, set(answer.codes), answer.main) == (ruling.state, set(ruling.codes), ruling.main)
        }
        assert same == ({ruling.adopted_from} if ruling.method == "adopted" else set())


def test_a_quote_that_is_not_in_the_text_is_refused():
    def change(incidents: list[Any], codings: dict[str, Any]) -> None:
        codings["rounds"][0]["assignments"][0]["answers"][0]["evidence"][0]["quote"] = "never written"

    assert "found 0 times, not once: never written" in found_after(change)


def test_a_quote_that_stands_twice_in_the_text_is_refused():
    def change(incidents: list[Any], codings: dict[str, Any]) -> None:
        codings["rounds"][0]["assignments"][0]["answers"][0]["evidence"][0]["quote"] = "the"

    assert "times, not once: the" in found_after(change)


def test_a_code_that_nobody_defined_is_refused():
    def change(incidents: list[Any], codings: dict[str, Any]) -> None:
        codings["rounds"][0]["assignments"][0]["answers"][4]["codes"] = ["Gremlins"]

    assert "no code named Gremlins" in found_after(change)


def test_an_incident_mitigated_before_it_was_detected_is_refused():
    def change(incidents: list[Any], codings: dict[str, Any]) -> None:
        incidents[0]["mitigated_at"] = "2020-01-01T00:00:00Z"

    assert "SAMPLE-001: mitigated_at is before" in found_after(change)


def test_an_incident_not_marked_as_sample_is_refused():
    def change(incidents: list[Any], codings: dict[str, Any]) -> None:
        incidents[0]["attributes"].pop("sample")

    assert "SAMPLE-001: not marked as sample data." in found_after(change)


def test_a_submission_with_a_question_left_out_is_refused():
    def change(incidents: list[Any], codings: dict[str, Any]) -> None:
        codings["rounds"][0]["assignments"][0]["answers"].pop()

    assert "submitted without an answer in every dimension" in found_after(change)
