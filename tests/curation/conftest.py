"""A round in which Ada and Ben each coined codes of their own, and everybody who may look at it."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.curation import actions
from app.curation.outcomes import GroupWords
from app.curation.pooling_page import PoolingPage, pooling_page
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import client_for

__all__ = ["client_for"]
NAMES = (("Quota", "Quota too small"), ("Quota limit", "Node drained"))


@dataclass
class Board:
    """quota and small are Ada's, limit and drained are Ben's; quota and limit stand on the first incident."""

    session: Session
    lead: Viewer
    judge: Viewer
    reader: Viewer
    outside: Viewer  # a coder who is not of the round
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry
    config: CodeEntry
    incidents: list[Incident]
    coding_round: Round
    quota: int = 0
    small: int = 0
    limit: int = 0
    drained: int = 0

    @property
    def all(self) -> list[int]:
        return [self.quota, self.small, self.limit, self.drained]

    @property
    def place(self) -> tuple[int, int]:
        return self.coding_round.number, self.cause.id

    @property
    def address(self) -> str:
        return f"/studies/{self.lead.study.slug}/rounds/{self.coding_round.number}/pooling/{self.cause.id}"

    def settles(self) -> "Board":
        makers.move_round(self.session, self.lead, self.coding_round, "settling")
        return self

    def takes_pen(self, viewer: Viewer, **how: object) -> None:
        actions.take_pen(self.session, viewer, *self.place, **how)

    def groups(self, viewer: Viewer, *code_ids: int, into: int | None = None) -> int:
        return actions.group_codes(self.session, viewer, *self.place, code_ids, group_id=into).id

    def shown(self, viewer: Viewer) -> PoolingPage:
        self.session.expire_all()
        return pooling_page(self.session, viewer, self.coding_round, self.cause.id)

    def words(self, outcome: str, *code_ids: int, **more: object) -> GroupWords:
        said: dict[str, object] = {
            "name": "Quota exceeded", "definition": "A limit set by ourselves was reached.",
            "reason": "They mean the same.", "seen_code_ids": code_ids, "seen_seq": 10**9,
        }  # fmt: skip
        return GroupWords(outcome=outcome, **{**said, **more})

    def settle(self, viewer: Viewer, outcome: str, *code_ids: int, **more: object) -> int:
        group_id = self.groups(viewer, *code_ids)
        words = self.words(outcome, *code_ids, **more)
        actions.settle(self.session, viewer, *self.place, group_id, words)
        return group_id


def make_board(session: Session) -> Board:
    lead = makers.make_study(session)
    judge = makers.make_member(session, lead, role="adjudicator")
    reader = makers.make_member(session, lead, role="reader")
    outside, ada, ben = makers.make_coders(session, lead, 3)
    cause = makers.make_dimension(session, lead, "Root cause")
    config = makers.make_code(session, lead, cause, "Configuration")
    incidents = makers.make_incidents(session, lead, 2)
    coding_round = makers.make_round(session, lead, [ada, ben], incidents, purpose="reliability")
    people = (lead, judge, reader, outside, ada, ben)
    board = Board(session, *people, cause, config, incidents, coding_round)
    coined = [coins(board, coder, at, NAMES[who][at]) for who, coder in enumerate((ada, ben)) for at in (0, 1)]
    board.quota, board.small, board.limit, board.drained = coined
    return board


def coins(board: Board, coder: Viewer, at: int, name: str) -> int:
    """With a quote, and handed in."""
    assignment = makers.assignment_of(board.session, coder, board.coding_round, board.incidents[at])
    where = {"dimension_id": board.cause.id}
    made = makers.act(board.session, coder, assignment, "create_code", name=name, **where)
    assert made.code_id is not None
    quote = (
        {"start": 4, "end": 11, "quote": "gateway"}
        if coder is board.ada
        else {"start": 12, "end": 20, "quote": "returned"}
    )
    quote["quote"] = makers.TEXT[quote["start"] : quote["end"]]
    makers.act(board.session, coder, assignment, "add_evidence", code_id=made.code_id, **where, **quote)
    makers.act(board.session, coder, assignment, "submit", incomplete=True)
    return made.code_id


@pytest.fixture
def running(session: Session) -> Board:
    return make_board(session)


@pytest.fixture
def board(running: Board) -> Board:
    return running.settles()
