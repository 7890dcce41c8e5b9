"""The form of a memo: what was typed, and what is wrong with it."""

from dataclasses import dataclass
from typing import ClassVar

from app.coding.memos import MemoTooLong, NoMemo
from app.coding.models import Memo
from app.web.forms import Form, Places, Posted


@dataclass
class MemoForm(Form):
    """seen: when the memo was last changed before the author began to change it."""

    text: str = ""
    shared: bool = False
    seen: str = ""
    belongs_to: ClassVar[Places] = {NoMemo: "text", MemoTooLong: "text"}

    @classmethod
    def of(cls, memo: Memo) -> "MemoForm":
        return cls(memo.text, memo.sharing == "shared", memo.changed_at.isoformat())

    @classmethod
    def read(cls, posted: Posted) -> "MemoForm":
        return cls(posted.raw("text"), posted.text("sharing") == "shared", posted.text("seen"))
