"""Rulings of a study as plain files: what was ruled and why, the rules that came of it, and the talk before."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.models import Comment, RuledCode, Ruling, RulingParticipant
from app.adjudication.ruling_models import CommentMention, RuleDecision, RulingRule, RulingTakenBack
from app.export.naming import Names, joined
from app.export.queries import StudyData
from app.export.writing import ExportFile, csv_bytes

RULINGS = (
    "id", "round", "incident", "dimension", "ruled_by", "with", "ruled_at", "method", "state", "codes", "main", "cause",
    "reason", "supersedes", "taken_back_by", "taken_back_at", "taken_back_because",
)  # fmt: skip
RULES = ("ruling", "code", "kind", "drafted", "decided_by", "decided_at", "written", "codebook_seq", "reason")
COMMENTS = ("id", "answers_to", "round", "incident", "dimension", "written_by", "written_at", "calls", "text")

Row = TypeVar("Row", RuledCode, RulingParticipant, RulingRule, RulingTakenBack, RuleDecision, CommentMention)


def ruling_files(session: Session, data: StudyData) -> list[ExportFile]:
    """Of rounds that are open to others (promise 1), oldest first; no file where there is nothing to put into it."""
    rulings, comments = rulings_of(session, data), comments_of(session, data)
    rules = _by(session, RulingRule, "ruling_id", rulings)
    files = [
        ("rulings.csv", RULINGS, _ruling_rows(session, data, rulings)),
        ("ruling-rules.csv", RULES, _rule_rows(session, data.names, rulings, rules)),
        ("comments.csv", COMMENTS, _comment_rows(session, data, comments)),
    ]
    return [ExportFile(name, "", csv_bytes(header, rows)) for name, header, rows in files if rows]


def rulings_of(session: Session, data: StudyData) -> Sequence[Ruling]:
    round_ids = [each.coding_round.id for each in data.rounds]
    of_rounds = (Ruling.study_id == data.study.id, Ruling.round_id.in_(round_ids))
    return session.scalars(select(Ruling).where(*of_rounds).order_by(Ruling.id)).all()


def comments_of(session: Session, data: StudyData) -> Sequence[Comment]:
    round_ids = [each.coding_round.id for each in data.rounds]
    of_rounds = (Comment.study_id == data.study.id, Comment.round_id.in_(round_ids))
    return session.scalars(select(Comment).where(*of_rounds).order_by(Comment.id)).all()


def _ruling_rows(session: Session, data: StudyData, rulings: Sequence[Ruling]) -> list[tuple[object, ...]]:
    names = data.names
    codes = _by(session, RuledCode, "ruling_id", rulings)
    people = _by(session, RulingParticipant, "ruling_id", rulings)
    returned = _by(session, RulingTakenBack, "ruling_id", rulings)
    rows: list[tuple[object, ...]] = []
    for each in rulings:
        back = next(iter(returned.get(each.id, ())), None)
        given = codes.get(each.id, [])
        rows.append(
            (
                each.id, *_place(data, each), names.raters[each.member_id],
                joined(names.raters[one.member_id] for one in people.get(each.id, ())),
                each.at.isoformat(), each.method, each.state,
                joined(names.codes[code.code_id] for code in given),
                joined(names.codes[code.code_id] for code in given if code.is_main),
                each.cause, each.reason, each.supersedes_id or "",
                names.raters[back.member_id] if back else "", _when(back.at if back else None),
                back.reason if back else "",
            )
        )  # fmt: skip
    return rows


def _rule_rows(
    session: Session, names: Names, rulings: Sequence[Ruling], rules: dict[int, list[RulingRule]]
) -> list[tuple[object, ...]]:
    found = [rule for ruling in rulings for rule in rules.get(ruling.id, ())]
    decisions = _by(session, RuleDecision, "rule_id", found)
    rows: list[tuple[object, ...]] = []
    for rule in found:
        decided = next(iter(decisions.get(rule.id, ())), None)
        told = ("", "", "", "", "")
        if decided:
            by, at = names.raters[decided.member_id], decided.at.isoformat()
            told = (by, at, decided.text, str(decided.codebook_seq or ""), decided.reason)
        rows.append((rule.ruling_id, names.codes[rule.code_id], rule.kind, rule.text, *told))
    return rows


def _comment_rows(session: Session, data: StudyData, comments: Sequence[Comment]) -> list[tuple[object, ...]]:
    raters = data.names.raters
    called = _by(session, CommentMention, "comment_id", comments)
    return [
        (
            each.id, each.parent_id or "", *_place(data, each), raters[each.member_id], each.at.isoformat(),
            joined(raters[one.member_id] for one in called.get(each.id, ())), each.text,
        )
        for each in comments
    ]  # fmt: skip


def _by(
    session: Session, table: type[Row], column: str, of: Iterable[Ruling | Comment | RulingRule]
) -> dict[int, list[Row]]:
    """The rows that belong to each, in the order in which they were made."""
    owners = {each.id: each.study_id for each in of}
    key = getattr(table, column)
    found: dict[int, list[Row]] = {}
    rows = session.scalars(
        select(table).where(table.study_id.in_(set(owners.values())), key.in_(list(owners))).order_by(table.id)
    )
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return found


def _place(data: StudyData, each: Ruling | Comment) -> tuple[str, str, str]:
    dimensions = {one.id: one.name for one in (*data.codebook.dimensions, *data.codebook.retired_dimensions)}
    dimension = dimensions.get(each.dimension_id, "") if each.dimension_id is not None else ""
    return data.names.rounds[each.round_id], data.names.units[each.incident_id], dimension


def _when(at: datetime | None) -> str:
    return at.isoformat() if at else ""
