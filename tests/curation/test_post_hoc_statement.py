"""Figures of rounds of other codebooks in the statement of a version: scored under it, and never its reliability.

Two coders code eight incidents, twice each of: load and load, load and change, change and luck, luck and luck. Of 16
values 6 are load, 4 change and 6 luck, and half of the incidents differ, so that alpha as it was coded is
1 - .5 / (1 - (6·5 + 4·3 + 6·5) / (16·15)) = 1 - .5 / .7 = .2857.
"""

import pytest

from app.codebook import actions
from app.codebook.actions import CodeText
from app.codebook.queries import version as version_of
from app.codebook.queries import whole_codebook
from app.codebook.splitting import split_code
from app.curation.statement import statement
from app.db.shared import SHARED, Shared
from app.rounds.actions import change_phase
from tests import makers
from tests.curation.closed_round import coders, lead
from tests.makers import act, assignment_of, code_and_submit, make_code, make_dimension, make_round, move_round

__all__ = ["coders", "lead"]

ADA = ("load", "load", "change", "luck") * 2
BEN = ("load", "change", "luck", "luck") * 2


@pytest.fixture
def cause(session, lead):
    return make_dimension(session, lead, "Root cause")


@pytest.fixture
def before(session, lead, cause):
    """A version in which there is no luck yet."""
    for name in ("load", "change"):
        make_code(session, lead, cause, name)
    return name_version(session, lead, "before")


@pytest.fixture
def codes(session, lead, cause, before):
    make_code(session, lead, cause, "luck")
    return {code.name: code for code in whole_codebook(session, lead.study.id).codes.values()}


def name_version(session, lead, name):
    return actions.name_version(session, lead.study.id, lead.member, name=name)


def coded(session, lead, coders, cause, codes, *, phase="closed", **plan):
    incidents = makers.make_incidents(session, lead, 8)
    coding_round = make_round(session, lead, coders, incidents, **{"purpose": "reliability", "name": "May", **plan})
    for coder, said in zip(coders, (ADA, BEN), strict=True):
        for incident, name in zip(incidents, said, strict=True):
            code_and_submit(
                session, coder, assignment_of(session, coder, coding_round, incident), {cause.id: [codes[name]]}
            )
    return move_round(session, lead, coding_round, phase)


def merge(session, lead, code, into):
    actions.merge_codes(session, lead.study.id, lead.member, code.id, into.id, reason="The same")


def own_version(session, coding_round):
    return version_of(session, coding_round.study_id, coding_round.codebook_version_id)


def only_line(session, version):
    (told,) = statement(session, version).post_hoc
    (line,) = told.lines
    return line


def figure(line):
    return round(line.whisker.value, 4), line.whisker.n, line.raters


def test_promise_9_a_merge_after_the_round_is_scored_post_hoc_and_never_stands_under_reliability(
    session, lead, coders, cause, codes
):
    """Of 16 values 10 are load and 6 luck, and 2 of 8 incidents differ: 1 - .25 / (1 - (10·9 + 6·5) / 240) = .5."""
    coding_round = coded(session, lead, coders, cause, codes)
    merge(session, lead, codes["change"], codes["load"])
    later = name_version(session, lead, "later")

    line = only_line(session, later)
    assert figure(line) == (0.5, 8, 2)
    assert line.whisker.low < 0.5 < line.whisker.high and line.whisker.apart
    assert line.words == "Post hoc. Reliability round of another codebook: not a reliability estimate"
    assert (line.dimension, line.measure, line.left_out) == ("Root cause", "alpha, nominal", "")
    told = statement(session, later)
    assert (told.reliability, told.beside) == ((), ())
    assert told.post_hoc[0].under == f"coded under {own_version(session, coding_round).name}"

    own = statement(session, own_version(session, coding_round))
    assert [figure(line) for told in own.reliability for line in told.lines] == [(0.2857, 8, 2)]
    assert own.post_hoc == ()


def test_what_became_of_a_code_after_the_version_does_not_count(session, lead, coders, cause, codes):
    coded(session, lead, coders, cause, codes)
    version = name_version(session, lead, "new")
    merge(session, lead, codes["change"], codes["load"])
    assert figure(only_line(session, version)) == (0.2857, 8, 2)


def test_a_code_that_was_split_by_then_is_left_out_and_said(session, lead, coders, cause, codes):
    """Without the 6 ratings of luck 4 incidents have two: 6 load and 2 change, and half of them differ:
    1 - .5 / (1 - (6·5 + 2·1) / (8·7)) = -.1667."""
    coded(session, lead, coders, cause, codes)
    parts = [CodeText("bad luck"), CodeText("good luck")]
    split_code(session, lead.study.id, lead.member, codes["luck"].id, parts, reason="Two things")
    line = only_line(session, name_version(session, lead, "new"))
    assert figure(line) == (-0.1667, 4, 2)
    assert line.left_out == "6 ratings left out: 1 code split by then, and which part was meant is not known."


def test_a_code_that_the_version_does_not_have_is_left_out_and_said(session, lead, coders, cause, codes, before):
    coded(session, lead, coders, cause, codes)
    line = only_line(session, before)
    assert figure(line) == (-0.1667, 4, 2)
    assert line.left_out == "6 ratings left out: 1 code not in this version."


def test_a_code_that_was_retired_by_then_stands_as_it_was_given_and_is_said(session, lead, coders, cause, codes):
    coded(session, lead, coders, cause, codes)
    actions.retire_code(session, lead.study.id, lead.member, codes["luck"].id, reason="It explains nothing")
    line = only_line(session, name_version(session, lead, "new"))
    assert (figure(line), line.left_out) == ((0.2857, 8, 2), "1 code retired by then, scored as given.")


def test_figures_that_cannot_be_made_say_why(session, lead, coders, cause, codes):
    """Load and change are one code, and luck is split: whoever can be compared said the same."""
    coded(session, lead, coders, cause, codes)
    merge(session, lead, codes["change"], codes["load"])
    parts = [CodeText("bad luck"), CodeText("good luck")]
    split_code(session, lead.study.id, lead.member, codes["luck"].id, parts, reason="Two things")
    line = only_line(session, name_version(session, lead, "new"))
    assert line.whisker is None and line.sentence and line.left_out.startswith("6 ratings left out")


def test_each_kind_of_round_keeps_its_own_name_and_one_of_the_version_itself_is_not_among_them(
    session, lead, coders, cause, codes
):
    version = name_version(session, lead, "new")
    coded(session, lead, coders, cause, codes, purpose="calibration", name="Pilot")
    coded(session, lead, coders, cause, codes, purpose="calibration", name="Own", version_id=version.id)
    (told,) = statement(session, version).post_hoc
    assert (told.name, told.under, told.incidents) == ("Pilot", "coded while no version was frozen", 8)
    assert [line.words for line in told.lines] == ["Post hoc. Calibration: not a reliability estimate"]


@pytest.mark.parametrize("phase", ["running", "settling"])
def test_promise_1_no_post_hoc_figure_is_of_a_round_that_is_not_closed(session, lead, coders, cause, codes, phase):
    coded(session, lead, coders, cause, codes, phase=phase)
    assert statement(session, name_version(session, lead, "new")).post_hoc == ()


def test_promise_1_the_name_of_a_version_that_names_an_open_round_is_not_told(session, lead, coders, cause, codes):
    other = name_version(session, lead, "For June")
    coded(session, lead, coders, cause, codes, version_id=other.id)
    version = name_version(session, lead, "new")
    june = make_round(session, lead, coders, makers.make_incidents(session, lead, 1), name="June")
    assert [told.under for told in statement(session, version).post_hoc] == ["coded under another version"]
    move_round(session, lead, june, "closed")
    assert [told.under for told in statement(session, version).post_hoc] == ["coded under For June"]


def coined_round(session, lead, coders, cause):
    """Closed; both coders coined two codes alone and gave them to the same incidents."""
    incidents = makers.make_incidents(session, lead, 6)
    coding_round = make_round(session, lead, coders, incidents, purpose="reliability", name="May")
    for coder in coders:
        for incident in incidents:
            assignment = assignment_of(session, coder, coding_round, incident)
            act(session, coder, assignment, "create_code", dimension_id=cause.id, name=f"Own {incident.number % 2}")
            act(session, coder, assignment, "submit")
    return move_round(session, lead, coding_round, "closed")


def pool(session, lead):
    for at in (0, 1):
        codes = whole_codebook(session, lead.study.id).codes.values()
        kept, same = (code for code in codes if code.name == f"Own {at}")
        merge(session, lead, same, kept)


def test_codes_that_were_coined_alone_are_scored_only_under_a_version_by_which_they_were_pooled(
    session, lead, coders, cause
):
    coined_round(session, lead, coders, cause)
    raw = name_version(session, lead, "raw")
    pool(session, lead)
    pooled = name_version(session, lead, "pooled")

    line = only_line(session, raw)
    assert line.whisker is None and "coined codes alone" in line.sentence
    assert "Own" not in line.sentence and not any(sign.isdigit() for sign in line.sentence)
    line = only_line(session, pooled)
    assert (figure(line), line.words) == (
        (1.0, 6, 2),
        "Post hoc. Mapped after coding: not a reliability estimate",
    )


def test_promise_1_a_code_that_is_its_coders_alone_in_an_open_round_is_neither_named_nor_counted(
    session, lead, coders, cause, codes
):
    """Ada coins a code in a round that runs on, and gives it in another one, which closes; the version is older."""
    version = name_version(session, lead, "new")
    (incident,) = makers.make_incidents(session, lead, 1)
    running = make_round(session, lead, coders, [incident], purpose="reliability", name="Runs on")
    own = assignment_of(session, coders[0], running)
    act(session, coders[0], own, "create_code", dimension_id=cause.id, name="COINED")
    coined = next(code for code in whole_codebook(session, lead.study.id).codes.values() if code.name == "COINED")
    coded(session, lead, coders, cause, codes)
    again = make_round(session, lead, [coders[0]], makers.make_incidents(session, lead, 1), name="July")
    code_and_submit(session, coders[0], assignment_of(session, coders[0], again), {cause.id: [coined]})
    move_round(session, lead, again, "closed")

    told = {each.name: each.lines[0] for each in statement(session, version).post_hoc}
    assert set(told) == {"May", "July"}
    assert told["July"].whisker is None and told["July"].left_out == ""
    assert "COINED" not in told["July"].sentence and "1 code" not in told["July"].sentence


def test_figures_are_made_once_for_all_who_look_until_a_round_closes_or_reopens(session, lead, coders, cause, codes):
    coding_round = coded(session, lead, coders, cause, codes)
    version = name_version(session, lead, "new")
    session.info[SHARED] = Shared()
    first, second = statement(session, version), statement(session, version)
    assert first.post_hoc and first.post_hoc[0].lines is second.post_hoc[0].lines
    make_code(session, lead, cause, "Said later")
    change_phase(session, lead, coding_round.number, "settling", reason="One more look")
    assert statement(session, version).post_hoc == ()
