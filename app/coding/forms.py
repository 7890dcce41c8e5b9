"""What the forms of the desk send, made into acts. Browsers count in UTF-16 units, acts in code points."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.coding.acts import ActRequest
from app.coding.payload import ActNotUnderstood
from app.methods.quotes import QuoteStatus, locate_quote
from app.methods.text import from_utf16_offset
from app.problems import Conflict, Invalid
from app.web.forms import Posted, whole_number

FIELDS: dict[str, tuple[str, ...]] = {
    "toggle_code": ("dimension_id", "code_id"),
    "set_main": ("dimension_id", "code_id"),
    "answer": ("dimension_id", "state"),
    "create_code": ("dimension_id", "name", "definition", "parent_id"),
    "add_evidence": ("dimension_id", "code_id"),
    "remove_evidence": ("dimension_id", "evidence_id"),
    "write_memo": ("text", "sharing"),
    "flag": ("note",),
    "unflag": (),
    "skip": ("reason",),
    "submit": ("incomplete",),
    "take_back": (),
    "undo": (),
    "redo": (),
}
TYPED = ("name", "definition", "quote", "text", "note", "reason")
LARGEST_OFFSET = 2**31


class SomebodyElse(Conflict):
    """Somebody else signed in in this browser, so nothing was saved under their name. Sign in again as yourself."""


class QuoteNotInText(Invalid):
    """The incident does not say this. Paste the words as they stand in the text."""


class NoCodeToQuoteFor(Invalid):
    """Choose a code first; the quote is kept under it."""


@dataclass(frozen=True)
class ActForm:
    """One act as posted. after_act_id and act_id come from the page's script, or from the page as it was rendered."""

    kind: str
    act_id: UUID
    after_act_id: UUID | None
    tab: str
    member_id: int | None
    dimension_id: int | None
    active_seconds: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, posted: Posted) -> "ActForm":
        kind = posted.text("kind")
        if kind not in FIELDS:
            raise ActNotUnderstood
        return cls(
            kind=kind,
            act_id=_uuid(posted.text("act_id")),
            after_act_id=_uuid(posted.text("after_act_id")) if posted.text("after_act_id") else None,
            tab=posted.text("tab"),
            member_id=posted.number("member"),
            dimension_id=posted.number("dimension_id"),
            active_seconds=active_seconds(posted),
            fields={name: posted.raw(name) for name in FIELDS[kind] if name in posted}
            | {name: posted.text(name) for name in ("start", "end", "quote") if posted.text(name)},
            typed={name: posted.raw(name) for name in TYPED if name in posted},
        )

    def check_member(self, member_id: int) -> None:
        """A page left open by one person must not save under the name of the next."""
        if self.member_id not in (None, member_id):
            raise SomebodyElse

    @property
    def may_quote(self) -> bool:
        """Only then does `request` need the text."""
        return self.kind in ("add_evidence", "create_code")

    def request(self, text: str) -> ActRequest:
        """text: of the incident; raises when what was quoted is not in it."""
        payload = {name: value for name, value in self.fields.items() if name not in ("start", "end", "quote")}
        if self.may_quote:
            payload |= _evidence(text, self.fields, needed=self.kind == "add_evidence")
        if self.kind == "add_evidence" and not payload.get("code_id"):
            raise NoCodeToQuoteFor
        return ActRequest(self.act_id, self.after_act_id, self.tab, self.kind, payload, self.active_seconds)


def active_seconds(posted: Posted) -> int:
    """Of an act, as the browser counts them. What is no number is none, since time must stand in no save's way."""
    return whole_number(posted.text("active_seconds")) or 0


def _evidence(text: str, fields: dict[str, Any], *, needed: bool) -> dict[str, Any]:
    quote = str(fields.get("quote", "")).replace("\r\n", "\n")
    if fields.get("start") and fields.get("end"):
        start, end = (from_utf16_offset(text, _offset(fields[name])) for name in ("start", "end"))
        # Between paragraphs a browser sees line ends only; apart from white space the words must be the same.
        same = quote.split() == text[start:end].split()
        return {"start": start, "end": end, "quote": text[start:end] if same else quote}
    if not needed and not quote:
        return {}
    found = locate_quote(text, quote)
    if found.status not in (QuoteStatus.EXACT, QuoteStatus.FOLDED):
        raise QuoteNotInText
    return {"start": found.start, "end": found.end, "quote": text[found.start : found.end]}


def _offset(typed: str) -> int:
    offset = whole_number(typed)
    if offset is None or offset >= LARGEST_OFFSET:
        raise ActNotUnderstood
    return offset


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise ActNotUnderstood from None
