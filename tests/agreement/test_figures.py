"""What counts as reliability, against figures made by nltk on rows that the test knows."""

from collections.abc import Sequence

import pytest
from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import jaccard_distance
from sqlalchemy.orm import Session

from app.agreement.figures import RoundFigures, Row, round_figures
from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.queries import current_seq, whole_codebook
from app.codebook.splitting import split_code
from app.codebook.undoing import undo_act
from app.coding.exposures import declare_exposure
from app.rounds.models import Round
from app.rounds.policy import StillBlind
from app.studies.models import Membership
from tests import makers
from tests.agreement.conftest import Table, make_table

CAUSES = [
    ("Config", "Config"), ("Code", "Code"), ("Load", "Load"), ("Config", "Code"), ("Code", "Code"),
    ("Load", "Config"), ("Config", "Config"), ("Load", "Load"), ("Code", "Load"), ("Config", "Config"),
]  # fmt: skip


def row_of(figures: RoundFigures, table: Table, kind: str, *, sets: bool = False) -> Row:
    dimension = table.impact if sets else table.cause
    found = [row for row in figures.of(kind) if row.dimension.id == dimension.id]
    assert len(found) == 1
    return found[0]


def nltk_alpha(causes: Sequence[tuple[str | None, ...]]) -> float:
    rows = [
        (str(rater), unit, value)
        for unit, values in enumerate(causes)
        for rater, value in enumerate(values)
        if value is not None
    ]
    return float(AnnotationTask(data=rows).alpha())


def test_the_reliability_row_is_alpha_of_first_submissions(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)

    row = row_of(round_figures(table.session, coding_round), table, "reliability")

    assert row.report is not None and row.headline is not None
    assert row.headline.value == pytest.approx(nltk_alpha(CAUSES))
    assert row.headline.n == len(CAUSES)
    assert row.report.percent.value == pytest.approx(0.7)
    assert row.differing == 3


def test_many_codes_are_compared_as_sets(table: Table) -> None:
    impacts = [(("Slow",), ("Slow",)), (("Slow", "Down"), ("Down",)), (("Loss",), ("Loss", "Down")), (("Down",), ())]
    told = [("Config", "Config")] * 3 + [("Code", "Load")]
    coding_round, incidents = table.round_of(4)
    for incident, cause, impact in zip(incidents, told, impacts, strict=True):
        for place, coder in enumerate(table.coders):
            table.submit(coder, coding_round, incident, [cause[place]], impact[place] or "none_applies")
    table.settle(coding_round)

    row = row_of(round_figures(table.session, coding_round), table, "reliability", sets=True)

    # "None applies" is the empty set; nltk's distance of two sets is Jaccard's, none of them empty on both sides.
    rows = [(str(rater), unit, frozenset(impact[rater])) for unit, impact in enumerate(impacts) for rater in (0, 1)]
    assert row.report is not None and row.report.alpha_jaccard is not None
    task = AnnotationTask(data=rows, distance=lambda a, b: 0.0 if a == b else jaccard_distance(a, b))
    assert row.report.alpha_jaccard.value == pytest.approx(task.alpha())
    assert row.headline is row.report.alpha_masi


def test_an_exposed_first_submission_is_left_out_and_stands_under_assistance(table: Table) -> None:
    coding_round, incidents = table.round_of(len(CAUSES), arm="before")
    table.show_suggestion(table.coders[1], incidents[0])
    declare_exposure(table.session, table.lead.study.id, table.coders[0].member.id, incidents[1].id, "heard of it")
    for incident, said in zip(incidents, CAUSES, strict=True):
        for coder, cause in zip(table.coders, said, strict=True):
            table.submit(coder, coding_round, incident, [cause])
    table.settle(coding_round)

    figures = round_figures(table.session, coding_round)

    kept = [("Config", None), (None, "Code"), *CAUSES[2:]]
    reliability, assisted = row_of(figures, table, "reliability"), row_of(figures, table, "assisted")
    assert reliability.headline is not None and assisted.headline is not None
    assert reliability.headline.value == pytest.approx(nltk_alpha(kept))
    assert reliability.headline.n == len(CAUSES) - 2
    assert assisted.headline.value == pytest.approx(nltk_alpha(CAUSES))
    assert "not a reliability estimate" in assisted.words
    assert (figures.exposed_first, figures.exposed_last) == (2, 2)


def test_what_was_handed_in_again_after_a_suggestion_leaves_the_reliability_row_alone(table: Table) -> None:
    coding_round, incidents = table.round_of(len(CAUSES), arm="after", blind_share=0.0)
    for incident, said in zip(incidents, CAUSES, strict=True):
        for coder, cause in zip(table.coders, said, strict=True):
            table.submit(coder, coding_round, incident, [cause])
    second = table.coders[1]
    table.show_suggestion(second, incidents[3])
    assignment = makers.assignment_of(table.session, second, coding_round, incidents[3])
    makers.act(table.session, second, assignment, "take_back")
    makers.code_and_submit(table.session, second, assignment, {table.cause.id: [table.codes["Config"]]})
    table.settle(coding_round)

    figures = round_figures(table.session, coding_round)

    revised = [*CAUSES[:3], ("Config", "Config"), *CAUSES[4:]]
    reliability, assisted = row_of(figures, table, "reliability"), row_of(figures, table, "assisted")
    assert reliability.headline is not None and assisted.headline is not None
    assert reliability.headline.value == pytest.approx(nltk_alpha(CAUSES))
    assert assisted.headline.value == pytest.approx(nltk_alpha(revised))
    assert (figures.exposed_first, figures.exposed_last) == (0, 1)


@pytest.mark.parametrize("purpose", ["calibration", "single_coding", "recoding"])
def test_rounds_of_another_purpose_have_no_reliability_row(table: Table, purpose: str) -> None:
    coding_round = table.coded_round(CAUSES, purpose=purpose)

    figures = round_figures(table.session, coding_round)

    assert figures.reliability == []
    assert row_of(figures, table, purpose).headline is not None


def test_merging_codes_afterwards_does_not_move_the_reliability_row(table: Table) -> None:
    coding_round = table.coded_round(CAUSES)
    codebook.merge_codes(
        table.session, table.lead.study.id, table.lead.member,
        table.codes["Load"].id, table.codes["Code"].id, reason="the same in practice",
    )  # fmt: skip

    row = row_of(round_figures(table.session, coding_round), table, "reliability")

    assert row.headline is not None and row.headline.value == pytest.approx(nltk_alpha(CAUSES))


def coined_round(table: Table, names: Sequence[str], *, reworded_by_author: bool = False) -> tuple[Round, list[int]]:
    """Each coder coins a code of their own for the first incident; the rest is as in CAUSES."""
    coding_round, incidents = table.round_of(len(CAUSES), code_sharing="private")
    coined = []
    for coder, name in zip(table.coders, names, strict=True):
        assignment = makers.assignment_of(table.session, coder, coding_round, incidents[0])
        answer = makers.act(table.session, coder, assignment, "create_code", dimension_id=table.cause.id, name=name)
        assert answer.code_id is not None
        if reworded_by_author:
            reword(table, coder.member, answer.code_id, "What I mean by it.")
        makers.act(table.session, coder, assignment, "submit", incomplete=True)
        coined.append(answer.code_id)
    for incident, said in zip(incidents[1:], CAUSES[1:], strict=True):
        for coder, cause in zip(table.coders, said, strict=True):
            table.submit(coder, coding_round, incident, [cause])
    return table.settle(coding_round), coined


def reword(table: Table, member: Membership, code_id: int, definition: str) -> None:
    entry = whole_codebook(table.session, table.lead.study.id).codes[code_id]
    words = CodeText(entry.name, definition)
    codebook.edit_code(table.session, table.lead.study.id, member, code_id, words, seen_seq=entry.codebook_seq)


@pytest.mark.parametrize("reworded_by_author", [False, True])
def test_private_coined_codes_block_the_figure_until_they_are_pooled(table: Table, reworded_by_author: bool) -> None:
    coding_round, coined = coined_round(table, ["Quota", "Quota limit"], reworded_by_author=reworded_by_author)

    blocked = row_of(round_figures(table.session, coding_round), table, "reliability")
    assert blocked.report is None
    assert "Quota, Quota limit" in blocked.sentence

    codebook.merge_codes(
        table.session, table.lead.study.id, table.lead.member, coined[1], coined[0], reason="the same idea"
    )
    figures = round_figures(table.session, coding_round)
    pooled = row_of(figures, table, "mapped")

    assert [row.dimension.name for row in figures.reliability] == ["Impact"]
    assert pooled.headline is not None
    assert pooled.headline.value == pytest.approx(nltk_alpha([("Quota", "Quota"), *CAUSES[1:]]))
    assert "Mapped after coding" in pooled.words and not pooled.is_reliability


def test_a_code_that_was_split_is_left_out_as_missing_and_never_guessed(table: Table) -> None:
    coding_round, coined = coined_round(table, ["Quota", "Quota limit"])
    study_id, member = table.lead.study.id, table.lead.member
    codebook.merge_codes(table.session, study_id, member, coined[1], coined[0], reason="the same idea")
    config = table.codes["Config"]
    parts = [CodeText("A bad push"), CodeText("Drift")]
    split_code(table.session, study_id, member, config.id, parts, reason="two things")

    row = row_of(round_figures(table.session, coding_round), table, "mapped")

    said = [("Quota", "Quota"), *CAUSES[1:]]
    pairs = [pair for pair in said if "Config" not in pair]
    assert row.headline is not None
    assert row.headline.value == pytest.approx(nltk_alpha(pairs))
    assert row.unresolved == sum(pair.count("Config") for pair in said)
    assert f"{row.unresolved} answers are left out: a code was split since" in row.words


def test_an_act_of_pooling_that_was_undone_pools_nothing(table: Table) -> None:
    coding_round, coined = coined_round(table, ["Quota", "Quota limit"])
    study_id, member = table.lead.study.id, table.lead.member
    codebook.merge_codes(table.session, study_id, member, coined[1], coined[0], reason="the same idea")
    merging = current_seq(table.session, study_id)
    undo_act(table.session, study_id, member, merging, reason="not the same")
    assert row_of(round_figures(table.session, coding_round), table, "reliability").report is None

    undo_act(table.session, study_id, member, merging + 1, reason="the same after all")
    assert row_of(round_figures(table.session, coding_round), table, "mapped").report is not None


def test_private_coined_codes_block_the_assisted_figure_as_well(table: Table) -> None:
    coding_round, incidents = table.round_of(2, arm="before", code_sharing="private")
    for coder in table.coders:
        table.show_suggestion(coder, incidents[0])
        assignment = makers.assignment_of(table.session, coder, coding_round, incidents[0])
        name = f"Coined by {coder.name}"
        makers.act(table.session, coder, assignment, "create_code", dimension_id=table.cause.id, name=name)
        makers.act(table.session, coder, assignment, "submit", incomplete=True)
    table.settle(coding_round)

    assert row_of(round_figures(table.session, coding_round), table, "assisted").report is None


def test_not_enough_information_is_a_value_and_stands_without_it_beside(table: Table) -> None:
    coding_round, incidents = table.round_of(len(CAUSES))
    first, second = table.coders
    for place, (incident, said) in enumerate(zip(incidents, CAUSES, strict=True)):
        table.submit(first, coding_round, incident, [said[0]])
        table.submit(second, coding_round, incident, "not_enough_information" if place == 0 else [said[1]])
    table.settle(coding_round)

    figures = round_figures(table.session, coding_round)
    row = row_of(figures, table, "reliability")

    assert row.headline is not None and row.without_not_enough is not None
    assert row.headline.value == pytest.approx(nltk_alpha([("Config", "?"), *CAUSES[1:]]))
    assert row.without_not_enough.alpha.value == pytest.approx(nltk_alpha([("Config", None), *CAUSES[1:]]))
    beside = next(each for each in figures.beside if each.dimension.id == table.cause.id)
    assert (beside.coded, beside.not_enough, beside.not_coded) == (19, 1, 0)


def test_skips_and_what_was_never_handed_in_stand_beside(table: Table) -> None:
    coding_round, incidents = table.round_of(3)
    first, second = table.coders
    for incident in incidents:
        table.submit(first, coding_round, incident, ["Config"])
    skipped = makers.assignment_of(table.session, second, coding_round, incidents[0])
    makers.act(table.session, second, skipped, "skip", reason="not an incident")
    table.settle(coding_round)

    figures = round_figures(table.session, coding_round)

    assert (figures.skipped, figures.not_handed_in, figures.assignments) == (1, 2, 6)
    row = row_of(figures, table, "reliability")
    assert row.headline is not None and row.headline.value is None and row.headline.undefined


def test_three_coders_have_three_pairs(session: Session) -> None:
    table = make_table(session, coders=3)
    coding_round = table.coded_round([(a, b, a) for a, b in CAUSES])

    report = row_of(round_figures(table.session, coding_round), table, "reliability").report

    assert report is not None and len(report.cohen) == 3
    ids = [coder.member.id for coder in table.coders]
    of_pair = {frozenset(pair): measured for pair, measured in report.cohen.items()}
    assert of_pair[frozenset((ids[0], ids[2]))].value == pytest.approx(1.0)


def test_figures_of_a_running_round_are_refused(table: Table) -> None:
    coding_round, _ = table.round_of(2)

    with pytest.raises(StillBlind):
        round_figures(table.session, coding_round)
