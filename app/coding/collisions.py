"""An act that was built on an old state, in words: what was tried, and what is stored now."""

from collections.abc import Mapping
from uuid import UUID

from app.coding.desk import Card, Desk
from app.coding.desk_page import Collision
from app.web.forms import whole_number

STATES = {"none_applies": "none applies", "not_enough_information": "not enough information", "": "not coded"}
WHOLE = {
    "write_memo": "write the memo",
    "flag": "flag the incident",
    "unflag": "take the flag away",
    "skip": "skip the incident",
    "submit": "submit the incident",
    "take_back": "take the incident back to draft",
    "undo": "undo your last change",
    "redo": "redo what you undid",
}


def collision_of(desk: Desk, act_id: UUID, kind: str, dimension_id: int | None, fields: Mapping[str, str]) -> Collision:
    card = desk.card(dimension_id) if dimension_id else None
    stored_in = {each.dimension.id: _stored(each) for each in desk.cards}
    if card is None:
        return Collision(act_id, _of_whole(kind, fields), _stored_whole(desk, kind), kind, fields, stored_in)
    name, tried = card.dimension.name, _of_dimension(desk, kind, fields)
    stored = f"{name}: {stored_in[card.dimension.id]}"
    return Collision(act_id, f"{name}: {tried}", stored, kind, fields, stored_in)


def _of_dimension(desk: Desk, kind: str, fields: Mapping[str, str]) -> str:
    code = desk.codebook.codes.get(whole_number(fields.get("code_id", "")) or 0)
    name = f"“{code.name}”" if code else "a code"
    if kind == "answer":
        return STATES.get(fields.get("state", ""), "not coded")
    if kind == "create_code":
        return f"new code “{fields.get('name', '')}”"
    if kind == "add_evidence":
        return f"quote “{fields.get('quote', '')}” under {name}"
    if kind == "remove_evidence":
        return "remove a quote"
    if kind == "set_main":
        return f"make {name} the main code" if code else "no main code"
    return f"apply or remove {name}"


def _of_whole(kind: str, fields: Mapping[str, str]) -> str:
    typed = fields.get("text") or fields.get("note") or fields.get("reason") or ""
    return WHOLE.get(kind, "change the incident") + (f": “{typed}”" if typed else "")


def _stored(card: Card) -> str:
    codes = [chip.code.name + (" (main)" if chip.is_main else "") for chip in card.applied]
    quotes = len(card.evidence)
    words = ", ".join(codes) if codes else STATES.get(card.state, card.state)
    return words + (f", {quotes} quote{'s' if quotes != 1 else ''}" if quotes else "")


def _stored_whole(desk: Desk, kind: str) -> str:
    if kind == "write_memo":
        return f"memo: “{desk.memo}”" if desk.memo else "no memo"
    answered = sum(card.is_answered for card in desk.cards)
    flagged = ", flagged" if desk.flag else ""
    return f"{desk.state_word.lower()}{flagged}, {answered} of {len(desk.cards)} dimensions answered"
