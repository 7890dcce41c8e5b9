"""Before a plain form coins a proposed code under another name: is it nearly the same as one that is there?

The desk's script offers that while the name is typed, and never asks here. The proposal's own name is not asked about:
what is nearly the same as it stands above it on every page.
"""

from sqlalchemy.orm import Session

from app.coding.near_codes import NearlyTheSame, near_duplicates
from app.methods.names import same_name
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer
from app.suggestions.deciding import Choice
from app.suggestions.offers import standing, visible_suggestions


def check_named_apart(session: Session, viewer: Viewer, assignment_id: int, suggestion_id: int, choice: Choice) -> None:
    """Raises NearlyTheSame. A suggestion that the viewer has not opened is left to whoever decides about it."""
    if choice.decision != "change" or not choice.name:
        return
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    found = standing(session, viewer, assignment, coding_round)
    for one in visible_suggestions(session, found):
        if one.id == suggestion_id and one.new_code_name != choice.name:
            near = near_duplicates(found.codebook.appliable(one.dimension_id), choice.name)
            if near and not any(same_name(code.name, choice.name) for code in near):
                raise NearlyTheSame(near)
