"""Comments as threads, and the members that they call by name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.adjudication.blind import Names, Somebody, Unnamed
from app.adjudication.models import Comment
from app.adjudication.ruling_models import CommentMention
from app.studies.models import Membership

PARAGRAPH = re.compile(r"¶ ?(\d{1,4})")


@dataclass(frozen=True)
class Piece:
    """A stretch of a comment. kind: 'text', 'mention', or 'paragraph' with its number."""

    text: str
    kind: str = "text"
    number: int = 0


@dataclass(frozen=True)
class ShownComment:
    """place: of its author among the coders of the incident, None for anybody else."""

    id: int
    by: Somebody
    at: datetime
    place: int | None
    pieces: tuple[Piece, ...]

    @property
    def is_unnamed(self) -> bool:
        return isinstance(self.by, Unnamed)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Thread:
    first: ShownComment
    replies: tuple[ShownComment, ...]


def threads(comments: Sequence[Comment], names: Names, place: Callable[[int], int | None]) -> tuple[Thread, ...]:
    """In the order of their first comments. What answers one that may not be seen stands by itself."""
    shown = {comment.id: comment for comment in comments}
    first_of = {comment.id: _first(comment, shown) for comment in comments}
    return tuple(
        Thread(
            _shown(comment, names, place),
            tuple(_shown(one, names, place) for one in comments if one is not comment and first_of[one.id] is comment),
        )
        for comment in comments
        if first_of[comment.id] is comment
    )


def callable_people(names: Names, member_id: int) -> tuple[str, ...]:
    """The names that a comment may call, as this member reads them."""
    able = [each.id for each in names.members.values() if _can_be_called(each) and each.id != member_id]
    return tuple(sorted((names.of(each).name for each in able), key=str.casefold))


def write_mentions(session: Session, comment: Comment, names: Names) -> list[int]:
    """Whoever the text calls by their whole name, the longest name first."""
    called = []
    by_length = sorted(names.members.values(), key=lambda member: -len(member.name))
    left = comment.text
    for member in by_length:
        calls = re.compile(rf"@{re.escape(member.name)}(?!\w)", re.IGNORECASE)
        if _can_be_called(member) and calls.search(left):
            left = calls.sub("", left)
            called.append(member.id)
    called = sorted(set(called) - {comment.member_id})
    session.add_all(
        CommentMention(study_id=comment.study_id, comment_id=comment.id, member_id=member_id) for member_id in called
    )
    session.flush()
    return called


def pieces_of(text: str, names: Names) -> tuple[Piece, ...]:
    """As it may be read: names that are called, and paragraphs that are pointed at, told apart."""
    text = names.words(text)
    called = sorted({names.of(member_id).name for member_id in names.members}, key=len, reverse=True)
    called_or_paragraph = re.compile(
        rf"(?P<mention>@(?:{'|'.join(map(re.escape, called))})(?!\w))|{PARAGRAPH.pattern}", re.IGNORECASE
    )
    found, at = [], 0
    for match in called_or_paragraph.finditer(text):
        found.append(Piece(text[at : match.start()]))
        kind = "mention" if match["mention"] else "paragraph"
        found.append(Piece(match[0], kind, int(match[2]) if kind == "paragraph" else 0))
        at = match.end()
    return tuple(piece for piece in [*found, Piece(text[at:])] if piece.text)


def _shown(comment: Comment, names: Names, place: Callable[[int], int | None]) -> ShownComment:
    pieces = pieces_of(comment.text, names)
    return ShownComment(comment.id, names.of(comment.member_id), comment.at, place(comment.member_id), pieces)


def _first(comment: Comment, shown: dict[int, Comment]) -> Comment:
    while comment.parent_id is not None and comment.parent_id in shown:
        comment = shown[comment.parent_id]
    return comment


def _can_be_called(member: Membership) -> bool:
    return member.kind == "human" and not member.ended_at
