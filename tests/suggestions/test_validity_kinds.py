"""Validity of other kinds of runs and rounds: what is counted then, or the sentence that says why nothing is."""

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.adjudication.settled import final_codes_of_study
from app.agreement.figures import NONE_APPLIES
from app.db.session import Database
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.choosing import Choice
from app.suggestions.looking_up import suggest_from_similar
from app.suggestions.run_plan import RunPlan
from app.suggestions.similar import CodedIncident
from app.suggestions.similar_source import read_coded_incidents_by
from app.suggestions.validity_figures import DimensionValidity, Validity
from tests.suggestions.fit_world import FitWorld, Says, make_fit_world, make_rated_world
from tests.suggestions.test_validity import of
from tests.suggestions.test_validity_page import address
from tests.support import fitness_by_hand
from tests.support.clients import ClientFor

CAUSES = ("bug", "config", "load")


def usual(shift: int) -> Says:
    return lambda number: CAUSES[(number + (number % (6 + shift) == shift)) % 3]


def values(says: Says, numbers: range | list[int]) -> dict[str, str]:
    return {str(number): says(number) or NONE_APPLIES for number in numbers}


def apart(
    world: FitWorld, one: DimensionValidity, people: dict[str, dict[str, str]], model: dict[str, str], **how: object
) -> list[str]:
    """Where the figures of the root cause differ from another hand's. people: by the name of the rater."""
    names = {beside.member_id: name for beside, name in zip(one.with_people, people, strict=True)}
    spelt = {entry.id: name for name, entry in world.codes.items()}
    used = {value for said in (*people.values(), model) for value in said.values()} - {NONE_APPLIES}
    given = {"labelled": set(model), "epsilon": 0.15, **how}
    theirs = fitness_by_hand.figures(people, model, codes=used, sets=False, **given)  # type: ignore[arg-type]
    mine = fitness_by_hand.told(one, rater=names.__getitem__, code=spelt.__getitem__)
    return list(fitness_by_hand.apart(mine, theirs))


def cause_of(world: FitWorld, found: Validity) -> DimensionValidity:
    assert found.sentence == ""
    return found.of(world.cause.id)


def test_of_several_samples_what_the_majority_holds_is_measured_and_the_page_says_so(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    """Of the first ten no answer has the majority; then two of three say bug; then two of three that none applies."""
    raters = {"Ada": usual(0), "Ben": usual(1)}
    world = make_rated_world(session, database, raters)
    sample: Counter[int] = Counter()

    def says(number: int) -> str:
        sample[number] += 1
        k = sample[number] - 1
        if number < 10:
            return CAUSES[k]
        if number < 20:
            return "bug" if k else "load"
        return ("" if k else "bug") if number < 25 else usual(2)(number)

    world.measure(says, samples=3)
    one = cause_of(world, of(world))
    majority = {str(n): "bug" if n < 20 else NONE_APPLIES if n < 25 else usual(2)(n) for n in range(10, 40)}

    assert sample == Counter(dict.fromkeys(range(40), 3))
    assert (one.unsettled, one.answered) == (10, 30)
    assert apart(world, one, {name: values(says, range(40)) for name, says in raters.items()}, majority) == []
    page = client_for(world.lead).get(address(world)).text
    assert "Each incident was asked 3 times. Measured is none of these answers alone" in page
    assert "10 incidents are missing: no answer of its samples had a majority." in page
    assert one.test is not None and one.test.tested == 2 and "With two coders it only says" in page


@pytest.fixture
def wired() -> Iterator[None]:
    yield
    read_coded_incidents_by(final_codes_of_study)


@pytest.mark.usefixtures("wired")
def test_similar_incidents_are_measured_like_a_model_and_what_they_do_not_offer_is_missing(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    raters = {"Ada": usual(0), "Ben": usual(1)}
    topics = ("printer ran out of paper", "certificate has expired", "disk filled up slowly")
    world = make_rated_world(
        session, database, raters, incidents=34,
        text_of=lambda number: "0123456789" if number < 3 else f"{topics[number % 3]} " * 3,
    )  # fmt: skip
    settled = [
        CodedIncident(-place, f"{topic} " * 3, {world.cause.id: {world.codes[CAUSES[place]].id}})
        for place, topic in enumerate(topics)
    ]
    read_coded_incidents_by(lambda session, study_id: settled)
    plan = RunPlan("", choice=Choice(which="all"), is_offered=False)
    world.run = ask_for_suggestions(session, world.lead, world.coding_round, plan)
    session.flush()
    suggest_from_similar(database, study_id=world.lead.study.id, run_id=world.run.id)
    session.expire_all()
    one = cause_of(world, of(world))

    assert (one.answered, one.not_read) == (31, 3)
    people = {name: values(says, range(34)) for name, says in raters.items()}
    assert apart(world, one, people, values(lambda n: CAUSES[n % 3], range(3, 34))) == []
    page = client_for(world.lead).get(address(world)).text
    assert "Similar incidents cannot tell that no code applies" in page
    assert "3 incidents are missing: no similar one offers a code." in page


def test_ratings_from_a_file_count_only_where_they_are_said_to_be_independent(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    """Also fewer than thirty: agreement is told, the test is refused, and a share has its interval."""
    raters = {"Ada": usual(0), "Ben": usual(1)}
    unsaid = make_rated_world(session, database, raters, incidents=3, independent=False)
    unsaid.measure(usual(2))
    assert "nobody said that they were made independently" in of(unsaid).sentence and of(unsaid).dimensions == ()

    world = make_rated_world(session, database, raters, incidents=29)
    world.measure(usual(2))
    one = cause_of(world, of(world))
    people = {name: values(says, range(29)) for name, says in raters.items()}
    assert apart(world, one, people, values(usual(2), range(29))) == []
    assert one.test is not None and one.test.winning_rate is None and one.test.passes is None
    page = client_for(world.lead).get(address(world)).text
    assert "of that there is no log" in page
    assert page.count("No human rated 30 items or more") == 1 and "Left out: 29 items" in page
    assert "none is predicted" in page and "passes" not in page.split("How to read it")[0]


def test_by_category_codes_under_one_category_agree(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    """Ben and the model say config wherever Ada says bug; both are changes. Load is another category."""
    category = {"bug": "Change", "config": "Change", "load": "Weight"}
    raters: dict[str, Says] = {"Ada": usual(0), "Ben": lambda n: usual(0)(n).replace("bug", "config")}
    world = make_rated_world(session, database, raters, category_of=category)
    world.measure(lambda n: "config" if n % 5 else "load")
    by_code, by_category = (cause_of(world, of(world, level=level)) for level in ("code", "category"))
    numbers = range(40)
    people = {name: values(says, numbers) for name, says in raters.items()}
    above = {name: {n: category[value] for n, value in said.items()} for name, said in people.items()}
    model = values(lambda n: "config" if n % 5 else "load", numbers)

    assert apart(world, by_code, people, model) == []
    assert apart(world, by_category, above, {n: category[value] for n, value in model.items()}) == []
    assert by_code.people is not None and by_category.people is not None
    assert by_code.people.value is not None and by_code.people.value < 0.7 and by_category.people.value == 1.0
    page = client_for(world.lead).get(address(world, "?level=category&annotators=experts")).text
    assert "Change" in page and "config" not in page.split("What it rests on")[0].split("In short")[1]
    assert "ε = .20, experts" in page and "export/disclosure?annotators=experts" in page


def test_without_spread_there_is_a_sentence_for_each_figure(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    raters: dict[str, Says] = {"Ada": lambda n: "bug", "Ben": lambda n: "bug"}
    world = make_rated_world(session, database, raters, incidents=30)
    world.measure(lambda n: "bug")
    one = cause_of(world, of(world))
    people = {name: values(says, range(30)) for name, says in raters.items()}

    assert apart(world, one, people, values(lambda n: "bug", range(30))) == []
    assert one.people is not None and one.people.value is None and one.people.undefined
    assert one.test is not None and [human.p for human in one.test.humans] == [0.0, 0.0] and one.test.passes
    page = client_for(world.lead).get(address(world)).text
    assert one.people.undefined in page.replace("&#39;", "'")
    assert "no spread to test by; the difference is below ε without doubt." in page
    assert "the interval is Wilson’s of the labelled items" in page.replace("&#39;", "’").replace("'", "’")


def test_unequal_chances_of_the_draw_reach_the_corrected_shares(session: Session, database: Database) -> None:
    """Every third incident was drawn with a quarter of the chance of the others; half are coded unseen."""
    world = make_fit_world(session, database, incidents=20, blind_share=0.5, chance_of=lambda n: 0.2 if n % 3 else 0.8)
    world.ask(usual(1), lambda number: "")
    blind = [n for n, one in enumerate(world.incidents) if world.arm_of(one) == "blind"]
    for shift, coder in enumerate(world.coders):
        world.code(coder, usual(2 * shift), lambda number: "")
    world.settle()
    found = of(world)
    one = cause_of(world, found)
    weights = {str(n): 5.0 if n % 3 else 1.25 for n in range(20)}

    assert found.is_weighed and (one.labelled, one.predicted) == (10, 10) and len(blind) == 10
    people = {name: values(usual(2 * shift), blind) for shift, name in enumerate(("Ada", "Ben"))}
    model = values(usual(1), range(20))
    assert apart(world, one, people, model, labelled={str(n) for n in blind}, weights=weights) == []
    assert apart(world, one, people, model, labelled={str(n) for n in blind}) != []
