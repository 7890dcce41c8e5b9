"""Acts on codes and dimensions, and what refuses them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook import actions, dimension_actions, moving, policy
from app.codebook.actions import CodeText
from app.codebook.dimension_actions import DimensionText
from app.codebook.queries import code_history, visible_codebook, whole_codebook
from app.codebook.revisions import ChangedMeanwhile, next_seq
from app.codebook.tree import CodeEntry, DimensionEntry
from app.problems import NotFound, Problem
from app.studies.models import StudyEvent
from app.studies.viewer import Viewer
from tests import makers


@pytest.fixture
def lead(session: Session) -> Viewer:
    makers.make_code(session, other := makers.make_study(session), makers.make_dimension(session, other), "Noise")
    return makers.make_study(session)


@pytest.fixture
def cause(session: Session, lead: Viewer) -> DimensionEntry:
    return makers.make_dimension(session, lead, "Root cause")


def names(session: Session, viewer: Viewer, dimension: DimensionEntry) -> list[str]:
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    return [code.name for code in codebook.codes_of(dimension.id)]


def edit(session: Session, lead: Viewer, code: CodeEntry, name: str, **more) -> None:
    more = {"seen_seq": code.codebook_seq, "parent_id": code.parent_id, **more}
    actions.edit_code(session, lead.study.id, lead.member, code.id, CodeText(name), **more)


def private_code(
    session: Session, author: Viewer, dimension: DimensionEntry, name: str, *, disclosed: str = ""
) -> CodeEntry:
    return actions.create_code(
        session,
        author.study.id,
        author.member,
        dimension.id,
        CodeText(name, "Mine"),
        origin="coding",
        disclosed=disclosed,
    )


def test_renaming_a_code_adds_a_revision_and_rewrites_none(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    code = makers.make_code(session, lead, cause, "Config")

    edit(session, lead, code, "Configuration change", reason="Said whole")

    newest, first = code_history(session, lead.study.id, code.id)
    assert (newest.name, newest.kind, newest.reason) == ("Configuration change", "renamed", "Said whole")
    assert (first.name, first.kind) == ("Config", "created")


def test_an_edit_that_began_from_an_older_revision_is_refused(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    code = makers.make_code(session, lead, cause, "Config")
    edit(session, lead, code, "Theirs")

    with pytest.raises(ChangedMeanwhile):
        edit(session, lead, code, "Mine")
    assert names(session, lead, cause) == ["Theirs"]


def test_siblings_have_different_names_whatever_their_case(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    makers.make_code(session, lead, cause, "Config")
    load = makers.make_code(session, lead, cause, "Load", is_category=True)

    with pytest.raises(policy.NameTaken):
        makers.make_code(session, lead, cause, "  CONFIG ")
    makers.make_code(session, lead, cause, "Config", parent_id=load.id)


def test_a_name_that_a_colleague_took_privately_is_free(session: Session, lead: Viewer, cause: DimensionEntry) -> None:
    ada, ben = makers.make_coders(session, lead, 2)
    private_code(session, ada, cause, "Retry storm")

    private_code(session, ben, cause, "Retry storm")

    with pytest.raises(policy.NameTaken):
        private_code(session, ben, cause, "retry storm")
    assert names(session, lead, cause) == []


def test_a_category_does_not_move_under_what_stands_beneath_it(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    top = makers.make_code(session, lead, cause, "Top", is_category=True)
    below = makers.make_code(session, lead, cause, "Below", is_category=True, parent_id=top.id)
    lowest = makers.make_code(session, lead, cause, "Lowest", is_category=True, parent_id=below.id)

    for target in (top, below, lowest):
        with pytest.raises(policy.GoesInCircles):
            edit(session, lead, top, "Top", parent_id=target.id)
        with pytest.raises(policy.GoesInCircles):
            actions.merge_codes(session, lead.study.id, lead.member, top.id, target.id, reason="one")


def test_a_code_stays_in_its_dimension(session: Session, lead: Viewer, cause: DimensionEntry) -> None:
    code = makers.make_code(session, lead, cause, "Config")
    elsewhere = makers.make_code(session, lead, makers.make_dimension(session, lead), "Slow")

    with pytest.raises(policy.OtherDimension):
        edit(session, lead, code, "Config", parent_id=elsewhere.id)
    with pytest.raises(policy.OtherDimension):
        actions.merge_codes(session, lead.study.id, lead.member, code.id, elsewhere.id, reason="one")


def test_a_code_is_not_merged_into_a_category(session: Session, lead: Viewer, cause: DimensionEntry) -> None:
    code = makers.make_code(session, lead, cause, "Config")
    category = makers.make_code(session, lead, cause, "Load", is_category=True)

    with pytest.raises(policy.KindsDiffer):
        actions.merge_codes(session, lead.study.id, lead.member, code.id, category.id, reason="one")


def test_merging_keeps_the_history_and_takes_along_what_stood_beneath(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    old = makers.make_code(session, lead, cause, "Overload", is_category=True)
    below = makers.make_code(session, lead, cause, "Retry storm", parent_id=old.id)
    new = makers.make_code(session, lead, cause, "Load", is_category=True)
    before = whole_codebook(session, lead.study.id)

    actions.merge_codes(session, lead.study.id, lead.member, old.id, new.id, reason="the same")

    after = whole_codebook(session, lead.study.id)
    assert (after.codes[old.id].status, after.living(old.id)) == ("merged", new.id)
    assert after.codes[below.id].parent_id == new.id
    assert [r.kind for r in code_history(session, lead.study.id, old.id)] == ["merged", "created"]
    assert whole_codebook(session, lead.study.id, seq=before.codebook_seq).codes == before.codes


def test_what_is_merged_or_retired_is_not_changed_further(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    code = makers.make_code(session, lead, cause, "Config")
    actions.retire_code(session, lead.study.id, lead.member, code.id, reason="unused")

    with pytest.raises(policy.NotActive):
        edit(session, lead, code, "Configuration", seen_seq=10**6)
    with pytest.raises(policy.NotActive):
        makers.make_code(session, lead, cause, "Below", parent_id=code.id)


def test_a_retired_code_comes_back_unless_its_name_was_taken(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    code = makers.make_code(session, lead, cause, "Config")
    actions.retire_code(session, lead.study.id, lead.member, code.id, reason="unused")
    assert names(session, lead, cause) == []
    actions.restore_code(session, lead.study.id, lead.member, code.id, reason="")
    assert names(session, lead, cause) == ["Config"]

    actions.retire_code(session, lead.study.id, lead.member, code.id, reason="unused")
    makers.make_code(session, lead, cause, "Config")
    with pytest.raises(policy.NameTaken):
        actions.restore_code(session, lead.study.id, lead.member, code.id, reason="")


CODE_ACTS: dict[str, Callable[[Session, Viewer, CodeEntry, CodeEntry], None]] = {
    "edit": lambda session, lead, code, _: edit(session, lead, code, "Seen"),
    "retire": lambda session, lead, code, _: actions.retire_code(
        session, lead.study.id, lead.member, code.id, reason="x"
    ),
    "restore": lambda session, lead, code, _: actions.restore_code(
        session, lead.study.id, lead.member, code.id, reason="x"
    ),
    "merge": lambda session, lead, code, own: actions.merge_codes(
        session, lead.study.id, lead.member, code.id, own.id, reason="x"
    ),
    "merge into": lambda session, lead, code, own: actions.merge_codes(
        session, lead.study.id, lead.member, own.id, code.id, reason="x"
    ),
    "move under": lambda session, lead, code, own: edit(session, lead, own, own.name, parent_id=code.id),
}


@pytest.mark.parametrize("act", CODE_ACTS)
def test_no_act_of_the_lead_reaches_a_code_that_is_its_authors_alone(
    session: Session, lead: Viewer, cause: DimensionEntry, act: str
) -> None:
    hidden = private_code(session, makers.make_member(session, lead), cause, "Retry storm")
    own = makers.make_code(session, lead, cause, "Load")

    with pytest.raises(NotFound):
        CODE_ACTS[act](session, lead, hidden, own)


@pytest.mark.parametrize("act", ["edit", "retire", "merge", "merge into"])
def test_a_code_of_which_the_name_alone_is_shared_is_not_rewritten_unread(
    session: Session, lead: Viewer, cause: DimensionEntry, act: str
) -> None:
    shared = private_code(session, makers.make_member(session, lead), cause, "Retry storm", disclosed="name")
    own = makers.make_code(session, lead, cause, "Load")

    with pytest.raises(policy.StillItsAuthors):
        CODE_ACTS[act](session, lead, shared, own)


def test_every_act_on_the_codebook_is_in_the_log(session: Session, lead: Viewer, cause: DimensionEntry) -> None:
    study_id, member = lead.study.id, lead.member
    one, two = (makers.make_code(session, lead, cause, name) for name in ("One", "Two"))
    edit(session, lead, one, "First", reason="why")
    actions.retire_code(session, study_id, member, one.id, reason="why")
    actions.restore_code(session, study_id, member, one.id, reason="why")
    actions.merge_codes(session, study_id, member, one.id, two.id, reason="why")
    actions.name_version(session, study_id, member, name="v1")
    dimension_actions.edit_dimension(
        session, study_id, member, cause.id, DimensionText("Cause"), seen_seq=cause.codebook_seq, reason="why"
    )
    dimension_actions.order_dimensions(session, study_id, member, [cause.id])
    dimension_actions.retire_dimension(session, study_id, member, cause.id, reason="why")
    session.flush()

    kinds = list(
        session.scalars(select(StudyEvent.kind).where(StudyEvent.study_id == study_id).order_by(StudyEvent.id))
    )
    assert kinds == [
        "study.created", "dimension.added", "code.created", "code.created", "code.renamed", "code.retired",
        "code.restored", "code.merged", "codebook.version_named", "dimension.edited", "dimensions.ordered",
        "dimension.retired",
    ]  # fmt: skip


def test_the_log_of_a_private_code_is_veiled_by_its_round(
    session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    ada = makers.make_member(session, lead)
    actions.create_code(
        session, lead.study.id, ada.member, cause.id, CodeText("Mine"),
        origin="coding", created_in_round=7, disclosed="",
    )  # fmt: skip
    session.flush()

    event = session.scalars(
        select(StudyEvent).where(StudyEvent.study_id == lead.study.id).order_by(StudyEvent.id)
    ).all()[-1]
    assert (event.kind, event.veiled_by_round_id, event.member_id) == ("code.created", 7, ada.member.id)


def test_a_version_shows_the_codebook_as_it_stood(session: Session, lead: Viewer, cause: DimensionEntry) -> None:
    code = makers.make_code(session, lead, cause, "Config")
    version = actions.name_version(session, lead.study.id, lead.member, name="v1")
    edit(session, lead, code, "Configuration")
    makers.make_code(session, lead, cause, "Load")

    then = visible_codebook(session, lead.study.id, lead.member.id, seq=version.codebook_seq)

    assert [c.name for c in then.codes.values()] == ["Config"]


def test_a_version_name_is_given_once(session: Session, lead: Viewer) -> None:
    actions.name_version(session, lead.study.id, lead.member, name="v1")

    with pytest.raises(actions.VersionNameTaken):
        actions.name_version(session, lead.study.id, lead.member, name=" v1 ")


def test_one_change_has_one_number_and_numbers_only_rise(session: Session, lead: Viewer) -> None:
    first = next_seq(session, lead.study.id)

    assert next_seq(session, lead.study.id) == first + 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (DimensionText(" "), policy.NoName),
        (DimensionText("root CAUSE"), policy.DimensionNameTaken),
        (DimensionText("n" * 121), policy.NameTooLong),
        (DimensionText("Other", takes="some"), dimension_actions.NoSuchChoice),
        (DimensionText("Other", openness="ajar"), dimension_actions.NoSuchChoice),
    ],
)
def test_a_dimension_that_cannot_be_asked_is_refused(
    session: Session, lead: Viewer, cause: DimensionEntry, words: DimensionText, problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        dimension_actions.add_dimension(session, lead.study.id, lead.member, words)


def test_only_a_dimension_of_several_codes_has_a_main_one(session: Session, lead: Viewer) -> None:
    words = DimensionText("Symptom", takes="one", has_main=True)

    assert not dimension_actions.add_dimension(session, lead.study.id, lead.member, words).has_main


def test_an_order_that_forgets_a_dimension_is_refused(session: Session, lead: Viewer, cause: DimensionEntry) -> None:
    makers.make_dimension(session, lead, "Symptom")

    with pytest.raises(ChangedMeanwhile):
        dimension_actions.order_dimensions(session, lead.study.id, lead.member, [cause.id])


def test_what_would_come_to_stand_at_the_top_finds_none_of_its_name_there(session, lead, cause) -> None:
    """A tree shows at the top what stands under a code that was put away."""
    load = makers.make_code(session, lead, cause, "Load", is_category=True)
    inner = makers.make_code(session, lead, cause, "Timeout", parent_id=load.id)
    outer = makers.make_code(session, lead, cause, "timeout")
    with pytest.raises(policy.NameTaken, match="stands there already"):
        actions.retire_code(session, lead.study.id, lead.member, load.id, reason="unused")
    actions.retire_code(session, lead.study.id, lead.member, outer.id, reason="the same")
    actions.retire_code(session, lead.study.id, lead.member, load.id, reason="unused")

    with pytest.raises(policy.NameTaken):
        actions.restore_code(session, lead.study.id, lead.member, outer.id, reason="used")
    with pytest.raises(policy.NameTaken):
        makers.make_code(session, lead, cause, "Timeout")
    symptom = makers.make_dimension(session, lead, "Symptom")
    makers.make_code(session, lead, symptom, "Timeout")
    actions.restore_code(session, lead.study.id, lead.member, load.id, reason="used")
    under = makers.make_code(session, lead, cause, "Queues", parent_id=load.id, is_category=True)
    moving.move_code(session, lead.study.id, lead.member, inner.id, parent_id=under.id, reason="order")
    actions.retire_code(session, lead.study.id, lead.member, under.id, reason="unused")
    with pytest.raises(policy.NameTaken):
        moving.change_dimension(session, lead.study.id, lead.member, load.id, symptom.id, reason="seen")


def test_new_words_leave_a_code_under_its_parent_that_was_put_away(session, lead, cause) -> None:
    load = makers.make_code(session, lead, cause, "Load", is_category=True)
    storm = makers.make_code(session, lead, cause, "Retry storm", parent_id=load.id)
    actions.retire_code(session, lead.study.id, lead.member, load.id, reason="unused")
    for parent_id in (None, load.id):  # as a form has it, which shows it at the top; as other acts have it
        seen = whole_codebook(session, lead.study.id).codes[storm.id].codebook_seq
        words = CodeText("Retry storm", f"under {parent_id}")
        actions.edit_code(
            session, lead.study.id, lead.member, storm.id, words, seen_seq=seen, parent_id=parent_id, reason="said"
        )
    actions.restore_code(session, lead.study.id, lead.member, load.id, reason="used")
    tree = whole_codebook(session, lead.study.id).tree_of(cause.id)
    assert [(code.name, depth) for code, depth in tree] == [("Load", 0), ("Retry storm", 1)]
