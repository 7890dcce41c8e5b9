"""Who wants to know that incidents came in. Rounds stand on a higher floor, so the wiring says, once, what is done."""

from typing import Protocol

from sqlalchemy.orm import Session


class AfterImport(Protocol):
    """In the transaction of the import, which holds the study: what takes a lock of its own belongs into a job."""

    def __call__(self, session: Session, study_id: int, member_id: int) -> None: ...


_wired: list[AfterImport] = []


def after_an_import(act: AfterImport) -> None:
    _wired[:] = [act]


def tell_of_arrivals(session: Session, study_id: int, member_id: int) -> None:
    """member_id: who imported them. Nothing happens where nothing was wired."""
    for act in _wired:
        act(session, study_id, member_id)
