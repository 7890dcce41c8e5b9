"""The precision that a lead wishes for, as it is typed beside a plan. It never stands in the plan's way."""

from dataclasses import dataclass

from app.web.forms import Posted, whole_number

ALPHAS = ("0.5", "0.6", "0.667", "0.7", "0.8", "0.9")
WIDTHS = ("0.1", "0.15", "0.2", "0.3")
USUAL_ALPHA, USUAL_WIDTH = "0.7", "0.2"
MOST_PERCENT = 50


@dataclass(frozen=True)
class Wished:
    """alpha: the one that is expected; width: of the 95 % interval, end to end; rarest_percent: of the rarest code,
    None where nothing is known. typed: as it stood in the field."""

    alpha: float = float(USUAL_ALPHA)
    width: float = float(USUAL_WIDTH)
    rarest_percent: int | None = None
    typed: str = ""
    problem: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "Wished":
        alpha, width = posted.text("expected_alpha"), posted.text("wanted_width")
        typed = posted.text("rarest_percent")
        rarest = whole_number(typed)
        is_share = rarest is not None and 1 <= rarest <= MOST_PERCENT
        return cls(
            alpha=float(alpha if alpha in ALPHAS else USUAL_ALPHA),
            width=float(width if width in WIDTHS else USUAL_WIDTH),
            rarest_percent=rarest if is_share else None,
            typed=typed,
            problem="" if is_share or not typed else f"Give a whole number from 1 to {MOST_PERCENT}.",
        )
