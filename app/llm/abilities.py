"""What an endpoint can do: how strictly it takes the form of an answer, and which parameters it will not have."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Form(IntEnum):
    """How the form of the answer is asked for, from the strictest down."""

    STRICT_SCHEMA = 0
    SCHEMA = 1
    JSON_MODE = 2
    PLAIN_TEXT = 3


@dataclass(frozen=True)
class Abilities:
    """is_enforced: the endpoint itself keeps answers to the schema; else the schema goes along in words, too.

    dropped: parameters that it refuses. Unless a probe says otherwise the best is taken on trust.
    """

    form: Form = Form.STRICT_SCHEMA
    is_enforced: bool = True
    dropped: tuple[str, ...] = ()

    @property
    def says_schema(self) -> bool:
        return self.form > Form.SCHEMA or not self.is_enforced

    def lower(self) -> "Abilities":
        """After the form was refused. Whether the next one is enforced, nobody knows yet."""
        return Abilities(Form(min(self.form + 1, Form.PLAIN_TEXT)), False, self.dropped)

    def without(self, parameter: str) -> "Abilities":
        return Abilities(self.form, self.is_enforced, tuple(sorted({*self.dropped, parameter})))

    def as_stored(self) -> dict[str, Any]:
        return {"form": self.form.name.lower(), "is_enforced": self.is_enforced, "dropped": list(self.dropped)}

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> "Abilities":
        """The best where nothing was stored."""
        if "form" not in kept:
            return cls()
        return cls(Form[kept["form"].upper()], kept["is_enforced"], tuple(kept["dropped"]))
