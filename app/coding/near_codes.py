"""Before a plain form makes a new code: is it nearly the same as one that is there? The desk's script offers that
while the name is typed (static/js/near_list.js), and never asks here."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry
from app.coding.policy import codable_codebook
from app.methods.names import same_name
from app.methods.near_names import is_near, near_names
from app.problems import Invalid
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer

MOST = 3


class NearlyTheSame(Invalid):
    """A code that is nearly the same exists."""

    def __init__(self, codes: Sequence[CodeEntry]) -> None:
        self.codes = list(codes)
        names = " and ".join(_said(code) for code in codes)
        super().__init__(f"Nearly the same as {names}. Apply what is there, or create yours anyway.")


def _said(code: CodeEntry) -> str:
    return f"“{code.name}”" + (f" (also called {', '.join(code.synonyms)})" if code.synonyms else "")


def check_not_near(session: Session, viewer: Viewer, assignment_id: int, dimension_id: int | None, name: str) -> None:
    """Of the codes that the viewer may see, and no other (promise 1). A code of that very name is found, not made."""
    _, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    codes = codable_codebook(session, viewer, coding_round).appliable(dimension_id or 0)
    typed = " ".join(name.split()).casefold()
    if any(code.name.casefold() == typed for code in codes):
        return
    found = [code for code in codes if _is_called(code, name)][:MOST]
    if found:
        raise NearlyTheSame(found)


def near_duplicates(codes: Sequence[CodeEntry], name: str) -> list[CodeEntry]:
    """Of these codes the ones that may mean what a new name does: called so, or nearly so, by name or synonym."""
    return [
        code
        for code in codes
        if any(same_name(name, known) or is_near(name, known) for known in (code.name, *code.synonyms))
    ][:MOST]


def _is_called(code: CodeEntry, typed: str) -> bool:
    """By its name nearly, or by one of its synonyms."""
    is_synonym = any(same_name(typed, synonym) for synonym in code.synonyms)
    return is_synonym or bool(near_names(typed, (code.name, *code.synonyms)))
