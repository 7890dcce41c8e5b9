"""A coder's memo and flag on an assignment."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.models import Flag, Memo
from app.coding.step import Change, Step
from app.problems import Invalid
from app.rounds.models import Assignment

LONGEST_NOTE = 2_000


class NoteTooLong(Invalid):
    """The note of a flag holds at most 2,000 characters. Put the rest into the memo."""


def own_memo(session: Session, assignment: Assignment) -> Memo | None:
    return session.scalar(
        select(Memo).where(
            Memo.study_id == assignment.study_id,
            Memo.assignment_id == assignment.id,
            Memo.member_id == assignment.member_id,
            Memo.subject_kind == "incident",
        )
    )


def own_flag(session: Session, assignment: Assignment) -> Flag | None:
    return session.scalar(
        select(Flag).where(
            Flag.study_id == assignment.study_id, Flag.assignment_id == assignment.id, Flag.ended_at.is_(None)
        )
    )


def write_memo(step: Step) -> Change:
    """One memo an assignment; blank text removes it.

    sharing: 'shared' shows it beside the answers once the round is settled and somebody opens them; else it stays
    the coder's own.
    """
    sharing = "shared" if step.payload.text("sharing") == "shared" else "private"
    return Change(put_memo(step, step.payload.text("text"), sharing))


def put_memo(step: Step, text: str, sharing: str) -> dict[str, str]:
    """What stood there before."""
    memo = own_memo(step.session, step.assignment)
    inverse = {"memo": memo.text if memo else "", "sharing": memo.sharing if memo else "private"}
    if not text.strip():
        if memo is not None:
            step.session.delete(memo)
    elif memo is not None:
        memo.text, memo.sharing, memo.changed_at = text, sharing, step.at
    else:
        step.session.add(
            Memo(
                study_id=step.study_id,
                member_id=step.assignment.member_id,
                assignment_id=step.assignment.id,
                incident_id=step.assignment.incident_id,
                subject_kind="incident",
                subject_id=step.assignment.incident_id,
                text=text,
                sharing=sharing,
                changed_at=step.at,
            )
        )
    step.session.flush()
    return inverse


def flag(step: Step) -> Change:
    """Flagging again changes the note: the former flag ends and a new one stands."""
    note = step.payload.text("note").strip()
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong
    return Change(put_flag(step, note))


def unflag(step: Step) -> Change:
    return Change(put_flag(step, None))


def put_flag(step: Step, note: str | None) -> dict[str, str | None]:
    """note None: no flag. What stood there before."""
    inverse = _end_flag(step)
    if note is not None:
        step.session.add(Flag(study_id=step.study_id, assignment_id=step.assignment.id, note=note, at=step.at))
        step.session.flush()
    return inverse


def _end_flag(step: Step) -> dict[str, str | None]:
    former = own_flag(step.session, step.assignment)
    if former is not None:
        former.ended_at = step.at
        step.session.flush()
    return {"flag": former.note if former else None}
