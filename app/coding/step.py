"""One act at work: on which assignment, by whom, with what."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.tree import Codebook
from app.coding.models import AssignmentWork
from app.coding.payload import Payload
from app.coding.policy import codable_codebook
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer


@dataclass
class Step:
    """What a handler gets. The assignment's work row is locked."""

    session: Session
    viewer: Viewer
    assignment: Assignment
    coding_round: Round
    work: AssignmentWork
    payload: Payload
    at: datetime

    @cached_property
    def codebook(self) -> Codebook:
        return codable_codebook(self.session, self.viewer, self.coding_round)

    def forget_codebook(self) -> None:
        """After a code was made: the next look reads it afresh."""
        self.__dict__.pop("codebook", None)

    @property
    def study_id(self) -> int:
        return self.assignment.study_id


@dataclass(frozen=True)
class Change:
    """What a handler did. inverse: what was there before, enough to bring it back."""

    inverse: dict[str, Any] = field(default_factory=dict)
    dimension_id: int | None = None
    code_id: int | None = None
    code_application_id: int | None = None
    evidence_id: int | None = None
    submission_id: int | None = None

    @property
    def moves_quotes(self) -> bool:
        """Whether the text is marked otherwise now: a quote was added or removed, or a code that had some went."""
        return self.evidence_id is not None or any(code["evidence"] for code in self.inverse.get("codes", ()))

    @property
    def ids(self) -> dict[str, Any]:
        names = ("dimension_id", "code_id", "code_application_id", "evidence_id", "submission_id")
        return {name: value for name in names if (value := getattr(self, name)) is not None}
