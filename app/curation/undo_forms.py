"""What is typed when an act on the codebook is undone."""

from dataclasses import dataclass

from app.web import forms as web
from app.web.forms import Posted

NO_REASON = "Say why in a few words. The history keeps it, and others read it instead of asking."


@dataclass
class UndoForm(web.Form):
    act: int = 0
    reason: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "UndoForm":
        form = cls(act=posted.number("act") or 0, reason=posted.text("reason"))
        if not form.reason:
            form.problems["reason"] = NO_REASON
        return form
