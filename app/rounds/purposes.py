"""What a round of a purpose is like unless its lead says otherwise."""

from dataclasses import dataclass
from typing import Any

from app.rounds.models import ARM_WORDS

NUMBERS = ("coders_per_incident", "overlap_percent", "blind_percent")
CHOICES = ("coded", "code_sharing", "codebook")


@dataclass(frozen=True)
class Usual:
    """As the form spells its fields. coders_per_incident is the most: fewer where there are fewer coders."""

    arm: tuple[str, ...]
    coders_per_incident: int
    overlap_percent: int
    blind_percent: int
    code_sharing: str
    codebook: str
    coded: str


USUAL = {
    "calibration": Usual(("after",), 2, 100, 30, "shared", "live", "any"),
    "reliability": Usual(("blind",), 2, 100, 0, "private", "freeze", "not_yet"),
    "single_coding": Usual(("on_request",), 2, 10, 50, "private", "freeze", "not_yet"),
    "recoding": Usual(("after",), 1, 100, 30, "private", "freeze", "before"),
}

WORDS = {
    "coded": {"any": "coded or not", "not_yet": "not yet coded", "before": "coded before"},
    "code_sharing": {"private": "private", "shared": "shared by name"},
    "codebook": {"live": "live", "freeze": "frozen when the round starts"},
}


def usual(purpose: str, field: str, *, coders: int | None = None) -> Any:
    """coders: how many are chosen; two on an incident cannot be had from one."""
    found = getattr(USUAL.get(purpose, USUAL["calibration"]), field)
    return min(found, max(coders, 1)) if field == "coders_per_incident" and coders is not None else found


def usual_words() -> dict[str, dict[str, str]]:
    """purpose -> field -> what stands beside it on the page."""
    return {
        purpose: {
            "arm": " or ".join(ARM_WORDS[arm] for arm in of.arm),
            **{field: str(getattr(of, field)) for field in NUMBERS},
            **{field: WORDS[field][getattr(of, field)] for field in CHOICES},
        }
        for purpose, of in USUAL.items()
    }
