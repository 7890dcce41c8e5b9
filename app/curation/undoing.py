"""Undoing an act on the codebook, unless what was coded since rests on it.

The codebook cannot see what was coded; this floor can. What coders of a running round do with a new code is not told
by a refusal (promise 1): a code that is unmade while they use it is no longer offered, and what they applied stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode
from app.codebook import undoing as codebook
from app.codebook.comparing import EntryChange
from app.codebook.queries import visible_codebook
from app.codebook.reading import Change, both_states
from app.codebook.told_values import label_of, told_value
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.codebook.undo_policy import StandsLater
from app.codebook.undoing import Turnabout
from app.codebook.withholding import open_incidents, readable
from app.coding.code_counts import counted_codes
from app.curation.recoding_models import Recoding, RecodingTakenBack
from app.studies.viewer import Viewer, check_leads


@dataclass(frozen=True)
class Preview:
    """What an undo would bring back: of each code and dimension how it stands and how it stood."""

    codes: Sequence[tuple[CodeEntry, Sequence[Change]]]
    dimensions: Sequence[tuple[DimensionEntry, Sequence[Change]]]


def undo_act(session: Session, viewer: Viewer, undone_seq: int, *, reason: str) -> Turnabout:
    check_leads(viewer)
    back = codebook.undo_act(session, viewer.study.id, viewer.member, undone_seq, reason=reason)
    check_nothing_coded(session, viewer.study.id, back.unmade)
    return back


def preview(session: Session, viewer: Viewer, undone_seq: int) -> Preview:
    """Raises what undo_act would raise. Of examples only those that the viewer may read yet."""
    check_leads(viewer)
    back = codebook.turnabout(session, viewer.study.id, viewer.member, undone_seq)
    check_nothing_coded(session, viewer.study.id, back.unmade)
    now = visible_codebook(session, viewer.study.id, viewer.member.id)
    kept_from = open_incidents(session, viewer.study.id, viewer.member.id)
    former = [replace(code, examples=readable(code.examples, kept_from)) for code in back.codes]
    codes = [(now.codes[code.id], both_states(now, now.codes[code.id], code)) for code in former]
    asked = {each.id: each for each in (*now.dimensions, *now.retired_dimensions)}
    return Preview(codes, [(asked[each.id], _changes(now, asked[each.id], each)) for each in back.dimensions])


def _changes(codebook: Codebook, now: DimensionEntry, back: DimensionEntry) -> list[Change]:
    told = [each for each in EntryChange.between(now, back).alterations if each.name != "codebook_seq"]
    return [
        Change(label_of(each.name), *(told_value(each.name, value, codebook) for value in (each.before, each.after)))
        for each in told
    ]


def check_nothing_coded(session: Session, study_id: int, unmade: Sequence[CodeEntry]) -> None:
    """unmade: codes that the undo would take out of the codebook."""
    if not unmade:
        return
    submitted = counted_codes(session, study_id)
    final = _final_counts(session, study_id)
    moved = _quotes_moved_to(session, study_id)
    for code in unmade:
        if code.id in moved:
            raise StandsLater(f"Quotes were moved to “{code.name}” since. Take that recoding back first.")
        if submitted.get(code.id) or final.get(code.id):
            said = f"{submitted.get(code.id, 0)} submissions and {final.get(code.id, 0)} final codes"
            raise StandsLater(f"“{code.name}” was coded with since: {said} name it. Retire or merge it instead.")


def _final_counts(session: Session, study_id: int) -> dict[int | None, int]:
    rows = session.execute(
        select(FinalCode.code_id, func.count())
        .where(FinalCode.study_id == study_id, FinalCode.superseded_at.is_(None), FinalCode.code_id.is_not(None))
        .group_by(FinalCode.code_id)
    )
    return dict(rows.all())


def _quotes_moved_to(session: Session, study_id: int) -> set[int]:
    """Codes that recodings put something under which were not taken back. In rounds that are open to others, as all
    recodings are that anybody could make."""
    taken_back = select(RecodingTakenBack.recoding_id).where(RecodingTakenBack.study_id == study_id)
    moved = select(Recoding.to_code_id).where(Recoding.study_id == study_id, Recoding.id.not_in(taken_back))
    return set(session.scalars(moved.distinct()))
