"""Examples of a prompt: agreed or ruled codes of incidents that nobody codes, and nothing else."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.adjudication import actions as settling
from app.adjudication.models import FinalCode
from app.adjudication.settled import settled_for_examples
from app.codebook.queries import current_seq
from app.db.session import Database
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.models import Study, StudyEvent
from app.suggestions.example import LONGEST_EXAMPLE, example_entry, example_part
from app.suggestions.example_source import read_examples_by
from app.suggestions.examples import (
    MOST_EXAMPLES,
    Example,
    ExampleIsAsked,
    ExampleNotSettled,
    ExamplesGone,
    TooManyExamples,
    check_examples,
    chosen_examples,
    examples_available,
)
from app.suggestions.run_prompts import prompt_of, run_prompt
from tests import makers
from tests.suggestions.conftest import Table, lead_of, make_table

MARK = "aa11aa11aa11aa11"


@dataclass
class Settled:
    """Beside the running round of the table: one that is settled, with an agreed, a differing and a lone incident."""

    table: Table
    coding_round: Round
    agreed: Incident
    differing: Incident
    lone: Incident


@pytest.fixture
def settled(session: Session, database: Database) -> Settled:
    read_examples_by(settled_for_examples)
    table = make_table(session, database)
    agreed, differing, lone = (
        makers.make_incidents(session, table.lead, 1, text=words)[0]
        for words in ("Agreed: the network of 10.20.30.40 failed.", "They differ.", "One alone.")
    )
    made = makers.make_round(session, table.lead, [table.ada, table.ben], [agreed, differing])
    single = makers.make_round(session, table.lead, [table.ada], [lone], purpose="single_coding")
    for coder, other in ((table.ada, table.network), (table.ben, table.config)):
        for incident, code in ((agreed, table.network), (differing, other)):
            assignment = makers.assignment_of(session, coder, made, incident)
            answers = {table.cause.id: [code], table.symptom.id: "none_applies"}
            makers.code_and_submit(session, coder, assignment, answers)
    makers.code_and_submit(
        session, table.ada, makers.assignment_of(session, table.ada, single, lone), {table.cause.id: [table.network]}
    )
    for each in (made, single):
        settling.change_phase(session, table.lead, each.number, "settling")
    return Settled(table, made, agreed, differing, lone)


def available(session: Session, settled: Settled, **more: object) -> dict[int, dict[int, frozenset[int]]]:
    study_id, coding_round = settled.table.lead.study.id, settled.table.coding_round
    found = examples_available(session, study_id, coding_round, **more)  # type: ignore[arg-type]
    return {one.incident_id: dict(one.codes) for one in found}


def test_what_two_agree_on_is_an_example_and_what_they_differ_on_or_one_coded_alone_is_none(
    session: Session, settled: Settled
) -> None:
    table = settled.table
    none_applies: frozenset[int] = frozenset()
    found = available(session, settled)

    assert found == {
        settled.agreed.id: {table.cause.id: frozenset({table.network.id}), table.symptom.id: none_applies},
        settled.differing.id: {table.symptom.id: none_applies},  # in the other dimension they agree
    }
    bases = set(session.scalars(select(FinalCode.basis)))
    assert "single_coder" in bases  # it was there to be left out


def test_an_answer_of_which_one_code_stands_on_another_basis_is_left_out_whole(
    session: Session, settled: Settled
) -> None:
    table = settled.table
    here = FinalCode.incident_id == settled.agreed.id, FinalCode.dimension_id == table.cause.id
    session.add(
        FinalCode(
            study_id=table.lead.study.id, round_id=settled.coding_round.id, incident_id=settled.agreed.id,
            dimension_id=table.cause.id, state="coded", code_id=table.config.id, basis="recoded", codebook_seq=1,
        )
    )  # fmt: skip
    session.flush()
    assert len(session.scalars(select(FinalCode.id).where(*here)).all()) == 2
    assert table.cause.id not in available(session, settled)[settled.agreed.id]


@pytest.mark.parametrize("phase", ["planned", "running"])
def test_promise_1_an_incident_that_somebody_codes_again_is_no_example(
    session: Session, settled: Settled, phase: str
) -> None:
    table = settled.table
    makers.make_round(session, table.lead, [table.lead], [settled.agreed], phase=phase)

    assert settled.agreed.id not in available(session, settled)
    assert settled.differing.id in available(session, settled)


def test_promise_1_a_round_that_is_reopened_gives_no_examples_and_its_run_says_so(
    session: Session, settled: Settled
) -> None:
    table = settled.table
    run = table.ask(limit=1)
    run.example_incident_ids = [settled.agreed.id]
    session.flush()
    assert run_prompt(session, run, table.coding_round).examples
    settling.change_phase(session, table.lead, settled.coding_round.number, "running", reason="More to code")

    assert available(session, settled) == {}
    with pytest.raises(ExamplesGone):
        run_prompt(session, run, table.coding_round)


def test_an_incident_of_the_run_is_no_example(session: Session, settled: Settled) -> None:
    study_id, coding_round = settled.table.lead.study.id, settled.table.coding_round
    chosen = [settled.agreed.id]

    assert settled.agreed.id not in available(session, settled, without=chosen)
    check_examples(session, study_id, coding_round, chosen, asked_ids=[settled.lone.id])
    with pytest.raises(ExampleIsAsked):
        check_examples(session, study_id, coding_round, chosen, asked_ids=chosen)
    with pytest.raises(ExampleNotSettled):
        check_examples(session, study_id, coding_round, [settled.lone.id], asked_ids=())
    with pytest.raises(TooManyExamples):
        check_examples(session, study_id, coding_round, range(1, MOST_EXAMPLES + 2), asked_ids=())


def test_nothing_is_shown_of_another_study(session: Session, database: Database, settled: Settled) -> None:
    other = make_table(session, database)

    assert examples_available(session, other.lead.study.id, other.coding_round) == []
    with pytest.raises(ExampleNotSettled):
        check_examples(
            session, other.lead.study.id, other.coding_round, [settled.agreed.id], asked_ids=()
        )  # fmt: skip


def test_a_prompt_has_no_examples_unless_they_are_chosen(session: Session, settled: Settled) -> None:
    table = settled.table
    run = table.ask()

    assert run.example_incident_ids == [] and run_prompt(session, run, table.coding_round).examples == ()
    assert all("settled report" not in question.user for question in table.model.questions)


def test_a_run_shows_its_examples_to_every_incident_in_the_same_words_whatever_is_ruled_later(
    session: Session, settled: Settled
) -> None:
    table = settled.table
    session.execute(update(Study).values(redacts=True))
    run = table.ask(otherwise=None)
    run.example_incident_ids = [settled.agreed.id]
    session.flush()
    first = run_prompt(session, run, table.coding_round).question("One.", mark=MARK)
    of_agreed = FinalCode.incident_id == settled.agreed.id
    stands = session.scalars(select(FinalCode).where(of_agreed, FinalCode.dimension_id == table.cause.id)).one()
    session.execute(update(FinalCode).where(FinalCode.id == stands.id).values(superseded_at=run.ended_at))
    session.expire_all()
    second = run_prompt(session, run, table.coding_round).question("Two.", mark="bb22bb22bb22bb22")

    assert first.system == second.system and "Agreed:" not in first.system
    before, after = (one.user.split("<<<report ")[0] for one in (first, second))
    assert before == after
    assert f"d{table.cause.id}: c{table.network.id}\n" in before
    assert f"d{table.symptom.id}: no code applies" in before
    assert "10.20.30.40" not in before and "<IP_" in before
    assert first.user.endswith("[1] One.\n<<<end of report aa11aa11aa11aa11>>>")


def test_a_preview_shows_the_examples_that_may_be_shown(session: Session, settled: Settled) -> None:
    table = settled.table
    prompt = prompt_of(
        session,
        table.coding_round,
        seq=current_seq(session, table.lead.study.id),
        dimension_ids=[table.cause.id],
        instructions="Code this.",
        example_incident_ids=[settled.lone.id, settled.agreed.id],
    )
    parts = prompt.parts("One.", mark=MARK)

    assert [(part.name, part.is_edited) for part in parts] == [
        ("instructions", True),
        ("about the marks", False),
        ("dimensions and codes", False),
        ("examples", False),
        ("the incident", False),
    ]
    question = prompt.question("One.", mark=MARK)
    assert question.system + question.user == "\n\n".join(p.text for p in parts[:3]) + "\n\n".join(
        p.text for p in parts[3:]
    )
    assert parts[0].text == "Code this." and "Symptom" not in question.system
    assert "One alone." not in question.user and "Agreed:" in question.user


@pytest.mark.parametrize(("path", "status"), [("/preview", 200), ("/confirmation", 200), ("", 409)])
def test_promise_3_who_previews_a_prompt_with_examples_has_seen_what_they_were_settled_as(
    session: Session, settled: Settled, path: str, status: int
) -> None:
    """seen: of another number of incidents the page asks again instead of starting."""
    table = settled.table
    lead, code = lead_of(session, table), f"d{table.cause.id}: c{table.network.id}"
    form = {"composed": "yes", "dimension_ids": table.cause.id, "seen": 1}
    assert code not in lead.post(table.runs_url + path, data=form).text
    assert table.exposures(table.lead) == []

    for _ in range(2):
        answer = lead.post(table.runs_url + path, data=form | {"examples": 1})
        assert answer.status_code == status and code in answer.text
        assert [(each.kind, each.incident_id) for each in table.exposures(table.lead)] == [
            ("final_code", settled.agreed.id)
        ]
    assert session.query(StudyEvent).filter_by(kind="suggestions.examples_shown").count() == 1


def test_examples_are_chosen_so_that_they_show_many_codes_and_by_the_seed_alone() -> None:
    one, two, three = frozenset({1}), frozenset({2}), frozenset({3})
    many = [Example(id, id, "", {10: one}) for id in range(1, 20)]
    many += [Example(30, 30, "", {10: two}), Example(31, 31, "", {10: three, 11: frozenset()})]
    chosen = chosen_examples(many, 3, seed=7)

    assert chosen[0] == 31 and set(chosen[1:]) & {30} and len(chosen) == 3
    assert chosen == chosen_examples(many[::-1], 3, seed=7)
    assert len({tuple(chosen_examples(many, 3, seed=seed)) for seed in range(8)}) > 1
    assert len(chosen_examples(many, 99, seed=7)) == MOST_EXAMPLES
    assert chosen_examples([], 3, seed=7) == [] == chosen_examples(many, 0, seed=7)


def test_an_example_stands_between_marks_of_its_own_and_a_long_one_is_cut() -> None:
    text = "x" * (LONGEST_EXAMPLE + 1)
    entry = example_entry(5, text, {1: {12, 7}, 2: {20}}, secret=b"secret")
    again = example_entry(5, text, {1: {7, 12}, 2: {20}}, secret=b"secret")
    other = example_entry(5, text, {1: {7, 12}}, secret=b"another")

    assert entry == again and entry.mark != other.mark and entry.text.endswith(" […]")
    part = example_part(entry, {"d1": {"c7", "c12"}, "d2": {"c21"}})
    assert part.startswith(f"<<<settled report {entry.mark}>>>\nx")
    assert part.endswith(f"<<<end of settled report {entry.mark}>>>\nd1: c7, c12")  # d2 has a code that is not asked
    assert example_part(entry, {"d3": set()}) == ""


def test_a_text_that_holds_its_own_mark_gets_another() -> None:
    plain = example_entry(5, "x", {}, secret=b"secret")
    guessed = example_entry(5, f"x {plain.mark}", {}, secret=b"secret")

    assert guessed.mark not in guessed.text
