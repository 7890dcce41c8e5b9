"""Whether a model is a fit rater: the figures of a run, held against another hand's."""

import pytest
from sqlalchemy.orm import Session

from app.agreement.figures import NONE_APPLIES
from app.db.session import Database
from app.rounds.policy import StillBlind
from app.suggestions.validity_figures import Validity, validity_of
from tests.suggestions.fit_world import FitWorld, make_fit_world
from tests.support import fitness_by_hand

CAUSES, SYMPTOMS = ("bug", "config", "load"), ("slow", "down", "wrong")


def cause_by(shift: int):
    """Mostly the same for everybody; every so often the next one, by who says it."""
    return lambda number: CAUSES[(number + (number % (7 + shift) == shift)) % 3]


def symptoms_by(shift: int):
    return lambda number: " ".join(
        name for place, name in enumerate(SYMPTOMS) if (number + place) % 3 and (number + place) % (5 + shift)
    )


def symptom_set_by(shift: int):
    return lambda number: frozenset(symptoms_by(shift)(number).split())


def fit_world(session: Session, database: Database) -> FitWorld:
    """33 blind incidents, 11 on which both coders looked first and then said what the model says: those 22 submissions
    would flatter it, so that none of them may be in a figure."""
    world = make_fit_world(session, database)
    world.ask(cause_by(3), symptoms_by(3))
    seen = {number for number, one in enumerate(world.incidents) if world.arm_of(one) == "before"}
    for shift, coder in enumerate(world.coders):

        def after_looking(says, own):
            return lambda number: says(number) if number in seen else own(number)

        world.code(
            coder, after_looking(cause_by(3), cause_by(shift)), after_looking(symptoms_by(3), symptoms_by(shift))
        )
    return world


def of(world: FitWorld, **how: object) -> Validity:
    assert world.run is not None
    return validity_of(world.session, world.lead, world.coding_round, world.run, **how)  # type: ignore[arg-type]


def test_figures_are_of_unexposed_submissions_and_equal_another_hands(session: Session, database: Database) -> None:
    world = fit_world(session, database)
    with pytest.raises(StillBlind):
        of(world)
    world.settle()
    found = of(world, epsilon=0.2)

    blind = [n for n, one in enumerate(world.incidents) if world.arm_of(one) == "blind"]
    assert (found.sentence, found.done, found.first, found.exposed) == ("", 44, 88, 22)
    assert {one.arm: (one.first, one.exposed) for one in found.arms} == {"blind": (66, 0), "before": (22, 22)}
    for dimension, says, sets in (
        (world.cause, cause_by, False),
        (world.symptom, symptom_set_by, True),
    ):
        one = found.of(dimension.id)
        people = {str(coder.member.id): {str(n): says(at)(n) for n in blind} for at, coder in enumerate(world.coders)}
        model = {str(n): says(3)(n) for n in range(44)}
        tested = fitness_by_hand.alternative_annotator(people, model, epsilon=0.2)

        assert one.people is not None and one.people.n == 33 and one.people.low is not None
        assert one.people.value == pytest.approx(fitness_by_hand.alpha(people, sets=sets))
        for beside in one.with_people:
            pair = {"model": {n: model[n] for n in map(str, blind)}, "coder": people[str(beside.member_id)]}
            assert beside.alpha.value == pytest.approx(fitness_by_hand.alpha(pair, sets=sets)) and beside.alpha.n == 33
        assert one.test is not None and one.test.winning_rate == tested.winning_rate
        assert one.test.advantage.value == pytest.approx(tested.advantage)
        assert {str(h.rater): h.p for h in one.test.humans} == pytest.approx(tested.p_values)
        assert (one.labelled, one.predicted, one.answered) == (33, 11, 44)
        names = {world.codes[name].id: name for name in world.codes}
        told = {share.code: share for share in one.shares}
        assert NONE_APPLIES in told and len(told) == 4
        for code, share in told.items():
            if code == NONE_APPLIES:
                continue

            def has(value: object, name: str = names[int(code)]) -> float:
                return float(name in value if isinstance(value, frozenset) else name == value)

            labels = [sum(has(of[str(n)]) for of in people.values()) / 2 for n in blind]
            others = [has(model[str(n)]) for n in range(44) if n not in blind]
            expected = fitness_by_hand.corrected(labels, [has(model[str(n)]) for n in blind], others)
            got = share.corrected
            assert (got.value, got.low, got.high, got.tuning) == pytest.approx(tuple(expected))
            assert share.people.value == pytest.approx(sum(labels) / 33) and share.people.n == 33
            assert share.model.value == pytest.approx(sum(map(has, model.values())) / 44) and share.model.n == 44


def test_where_all_looked_first_there_is_a_sentence_and_no_figure(session: Session, database: Database) -> None:
    world = make_fit_world(session, database, incidents=3, blind_share=0.0)
    world.ask(cause_by(3), symptoms_by(3))
    for coder in world.coders:
        world.code(coder, cause_by(3), symptoms_by(3))
    world.settle()
    found = of(world)

    assert found.dimensions == () and (found.first, found.exposed) == (6, 6)
    assert "all 6 first submissions" in found.sentence and "from the start" in found.sentence


def test_a_live_codebook_gives_a_sentence_and_no_figure(session: Session, database: Database) -> None:
    world = make_fit_world(session, database, incidents=3, purpose="calibration", arm="after", blind_share=0.0)
    world.ask(cause_by(3), symptoms_by(3))
    for coder in world.coders:
        world.code(coder, cause_by(0), symptoms_by(0))
    world.settle()

    assert "live codebook" in of(world).sentence and of(world).dimensions == ()


def test_incidents_that_came_to_nothing_are_missing_and_not_none_applies(session: Session, database: Database) -> None:
    world = make_fit_world(session, database, incidents=6, arm="after", blind_share=0.0)
    world.broken, world.unread = {1}, {2}
    world.ask(cause_by(3), lambda number: "slow" if number else "")
    for coder in world.coders:
        world.code(coder, cause_by(0), lambda number: "slow" if number else "")
    world.settle()
    found = of(world)

    assert (found.incidents, found.done, found.nothing) == (6, 5, (("invalid", 1),))
    symptom = found.of(world.symptom.id)
    assert (symptom.answered, symptom.not_read, found.of(world.cause.id).answered) == (4, 1, 5)
    assert {share.code: share.model.value for share in symptom.shares}[NONE_APPLIES] == pytest.approx(0.25)
    assert symptom.people is not None and symptom.people.value == 1.0  # first incident: none applies, said by both


def test_a_new_code_of_the_model_is_one_that_no_human_has(session: Session, database: Database) -> None:
    world = make_fit_world(session, database, incidents=6, arm="after", blind_share=0.0)
    world.new_codes = {0: "Odd certificates", 1: "odd  Certificates"}
    world.ask(cause_by(0), lambda number: "slow")
    for coder in world.coders:
        world.code(coder, cause_by(0), lambda number: "slow" if number < 4 else "down")
    world.settle()
    one = of(world).of(world.symptom.id)

    assert one.proposing == 2 and one.people is not None and one.people.value == 1.0
    assert all(beside.alpha.value is not None and beside.alpha.value < 1.0 for beside in one.with_people)
    assert {share.code for share in one.shares} == {world.codes["slow"].id, world.codes["down"].id, NONE_APPLIES}
    assert one.test is not None and one.test.undefined and "30 items" in one.test.undefined
