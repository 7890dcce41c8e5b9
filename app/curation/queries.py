"""What lies on a board: proposed codes, where they were applied, and the groups they are in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement.queries import coined_in_private, handed_in_codes
from app.codebook.models import Code
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import CodeEntry
from app.coding.models import SubmittedCode, SubmittedEvidence
from app.curation.models import AuthorLook, PoolingBoard, PoolingGroup, PoolingGroupCode, PoolingOutcome
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import check_open_to_others, is_open_to_others
from app.rounds.queries import round_by_number


@dataclass(frozen=True)
class Proposal:
    """A code that a coder of the round coined alone. is_pooled: since then somebody settled what it means to all.

    is_used: it stands in something that was handed in; else no figure rests on it.
    """

    code: CodeEntry
    is_pooled: bool
    is_used: bool

    @property
    def waits(self) -> bool:
        return self.is_used and not self.is_pooled


@dataclass(frozen=True)
class Application:
    """A proposed code in somebody's submission, with its quotes."""

    code_id: int
    submission_id: int
    incident_id: int
    member_id: int
    quotes: tuple[str, ...]


def open_round(session: Session, study_id: int, number: int) -> Round:
    """A round that still hides its codes is not found (promise 1)."""
    coding_round = round_by_number(session, study_id, number)
    if not is_open_to_others(coding_round):
        raise NotFound
    return coding_round


def proposals(session: Session, coding_round: Round, dimension_id: int | None = None) -> list[Proposal]:
    """Of the round, whatever became of them. Raises StillBlind while it runs."""
    check_open_to_others(coding_round)
    coined = coined_in_private(session, coding_round)
    handed_in = set().union(*handed_in_codes(session, coding_round).values())
    codes = disclosed_codebook(session, coding_round.study_id).codes.values()
    return [
        Proposal(code, coined[code.id], code.id in handed_in)
        for code in sorted(codes, key=lambda code: (code.name.casefold(), code.id))
        if code.created_in_round == coding_round.id and code.id in coined and dimension_id in (None, code.dimension_id)
    ]


def waiting(session: Session, coding_round: Round) -> int:
    """How many proposed codes of the round wait to be pooled; none while it hides them."""
    if not is_open_to_others(coding_round) or not _coined_any(session, coding_round):
        return 0
    return sum(each.waits for each in proposals(session, coding_round))


def _coined_any(session: Session, coding_round: Round) -> bool:
    """Cheap, as every look at a round asks it."""
    of_round = (Code.study_id == coding_round.study_id, Code.created_in_round == coding_round.id)
    return session.scalar(select(Code.id).where(*of_round).limit(1)) is not None


def applications(session: Session, coding_round: Round, code_ids: Collection[int]) -> list[Application]:
    """In the order of the incidents. Raises StillBlind while the round runs."""
    check_open_to_others(coding_round)
    code, span = SubmittedCode, SubmittedEvidence
    quotes = (
        select(func.array_agg(span.quote))
        .where(span.study_id == code.study_id, span.submitted_code_id == code.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(code.code_id, code.submission_id, code.incident_id, code.member_id, quotes)
        .join(Incident, (Incident.study_id == code.study_id) & (Incident.id == code.incident_id))
        .where(
            code.study_id == coding_round.study_id, code.round_id == coding_round.id, code.code_id.in_(list(code_ids))
        )
        .order_by(Incident.number, code.id)
    )
    return [
        Application(code_id, submission_id, incident_id, member_id, tuple(said or ()))
        for code_id, submission_id, incident_id, member_id, said in rows
    ]


def board_of(session: Session, coding_round: Round, dimension_id: int) -> PoolingBoard | None:
    return session.scalar(
        select(PoolingBoard).where(
            PoolingBoard.study_id == coding_round.study_id,
            PoolingBoard.round_id == coding_round.id,
            PoolingBoard.dimension_id == dimension_id,
        )
    )


def groups_of(session: Session, board: PoolingBoard) -> Sequence[tuple[PoolingGroup, PoolingOutcome | None]]:
    rows = session.execute(
        select(PoolingGroup, PoolingOutcome)
        .outerjoin(
            PoolingOutcome,
            (PoolingOutcome.study_id == PoolingGroup.study_id) & (PoolingOutcome.group_id == PoolingGroup.id),
        )
        .where(PoolingGroup.study_id == board.study_id, PoolingGroup.board_id == board.id)
        .order_by(PoolingGroup.id)
    )
    return [(group, outcome) for group, outcome in rows]


def group_codes(session: Session, board: PoolingBoard) -> dict[int, PoolingGroupCode]:
    """By code, in the order in which they came into their groups."""
    found = session.scalars(
        select(PoolingGroupCode)
        .join(
            PoolingGroup,
            (PoolingGroup.study_id == PoolingGroupCode.study_id) & (PoolingGroup.id == PoolingGroupCode.group_id),
        )
        .where(PoolingGroup.study_id == board.study_id, PoolingGroup.board_id == board.id)
        .order_by(PoolingGroupCode.id)
    )
    return {each.code_id: each for each in found}


def looked_at_authors(session: Session, coding_round: Round, dimension_id: int, member_id: int) -> bool:
    look = AuthorLook
    return (
        session.scalar(
            select(look.id).where(
                look.study_id == coding_round.study_id,
                look.round_id == coding_round.id,
                look.dimension_id == dimension_id,
                look.member_id == member_id,
            )
        )
        is not None
    )
