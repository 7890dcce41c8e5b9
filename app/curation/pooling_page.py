"""A board as somebody may see it: quotes that an exposure covers, authors only where they asked for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.codebook.queries import current_seq, disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.curation import policy, queries
from app.curation.models import PoolingBoard, PoolingGroup, PoolingGroupCode, PoolingOutcome
from app.curation.queries import Application, Proposal
from app.db.base import now
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import coders
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

BECAME = {
    "merged": "merged into one",
    "into_existing": "merged into a code of the codebook",
    "category": "a category above them",
    "kept": "kept as they are",
    "retired": "retired",
}


@dataclass(frozen=True)
class Quote:
    incident: Incident
    words: str


@dataclass(frozen=True)
class Card:
    """A proposed code. incidents: on how many it was handed in. quotes: those that the viewer may be shown.

    bare: incidents that the viewer may be shown on which it was handed in without a quote. author: None where hidden.
    """

    proposal: Proposal
    incidents: int
    quotes: tuple[Quote, ...]
    bare: tuple[Incident, ...]
    author: Membership | None
    became: str

    @property
    def code(self) -> CodeEntry:
        return self.proposal.code


@dataclass(frozen=True)
class ShownGroup:
    """names: of its codes as they were proposed. became: the code that it was settled into, if it became one."""

    group: PoolingGroup
    cards: tuple[Card, ...]
    names: tuple[str, ...]
    outcome: PoolingOutcome | None
    by: Membership | None
    became: CodeEntry | None

    @property
    def kept_options(self) -> list[tuple[int, str]]:
        return [(card.code.id, card.code.name) for card in self.cards]

    @property
    def outcome_words(self) -> str:
        return BECAME[self.outcome.outcome] if self.outcome else ""


@dataclass(frozen=True)
class DimensionLine:
    """proposed: coined in the round; waiting: of those, how many stand in the way of a figure."""

    dimension: DimensionEntry
    proposed: int
    waiting: int


@dataclass(frozen=True)
class Pen:
    """holder: whose it is, also when it lapsed. is_held: whether others have to ask for it."""

    holder: Membership | None
    is_held: bool
    is_mine: bool
    may_take: bool
    until: datetime | None


@dataclass(frozen=True)
class PoolingPage:
    coding_round: Round
    dimension: DimensionEntry
    pen: Pen
    loose: tuple[Card, ...]
    drafts: tuple[ShownGroup, ...]
    settled: tuple[ShownGroup, ...]
    elsewhere: tuple[Card, ...]  # settled in the codebook itself
    targets: tuple[tuple[CodeEntry, int], ...]
    hidden: int
    authors_shown: bool
    stamp: str
    seen_seq: int

    @property
    def waiting(self) -> int:
        cards = [*self.loose, *(card for shown in self.drafts for card in shown.cards)]
        return sum(card.proposal.waits for card in cards)

    @property
    def target_options(self) -> list[tuple[int | str, str]]:
        usable = [code for code, _ in self.targets if code.can_be_applied]
        return [("", "Choose"), *((code.id, code.name) for code in usable)]

    @property
    def category_options(self) -> list[tuple[int | str, str]]:
        categories = [(code.id, "\u2003" * depth + code.name) for code, depth in self.targets if code.is_category]
        return [("", "As it is now"), *categories] if categories else []

    @property
    def is_empty(self) -> bool:
        return not (self.loose or self.drafts or self.settled or self.elsewhere)


def dimension_lines(session: Session, coding_round: Round) -> list[DimensionLine]:
    codebook = disclosed_codebook(session, coding_round.study_id)
    found: dict[int, list[Proposal]] = {}
    for each in queries.proposals(session, coding_round):
        found.setdefault(each.code.dimension_id, []).append(each)
    dimensions = [d for d in (*codebook.dimensions, *codebook.retired_dimensions) if d.id in found]
    return [DimensionLine(d, len(found[d.id]), sum(each.waits for each in found[d.id])) for d in dimensions]


def stamp_of(session: Session, coding_round: Round, board: PoolingBoard | None) -> str:
    """Changes with everything that the board shows to all: the cheap question of those who watch."""
    held = int(policy.is_held(board, now()))
    return f"{board.revision if board else 0}-{held}-{current_seq(session, coding_round.study_id)}-{coding_round.phase}"


def pen_of(session: Session, viewer: Viewer, coding_round: Round, board: PoolingBoard | None) -> Pen:
    held = policy.is_held(board, now())
    pools = policy.may_pool(viewer, {coder.id for coder in coders(session, coding_round)})
    mine = policy.has_pen(board, viewer.member.id) and pools and coding_round.phase == "settling"
    return Pen(
        holder=members_by_id(session, viewer.study.id).get(board.scribe_id or 0) if board else None,
        is_held=held,
        is_mine=mine,
        may_take=pools and coding_round.phase == "settling" and not mine and (not held or viewer.may_rule),
        until=board.pen_until if board else None,
    )


def pooling_page(session: Session, viewer: Viewer, coding_round: Round, dimension_id: int) -> PoolingPage:
    codebook = disclosed_codebook(session, viewer.study.id)
    dimension = codebook.dimension(dimension_id)
    if dimension is None:
        raise NotFound
    board = queries.board_of(session, coding_round, dimension_id)
    proposals = queries.proposals(session, coding_round, dimension_id)
    applied = queries.applications(session, coding_round, [each.code.id for each in proposals])
    seen = _seen(session, viewer, applied)
    authors = queries.looked_at_authors(session, coding_round, dimension_id, viewer.member.id)
    cards = _cards(session, viewer, codebook, proposals, applied, seen, authors)
    in_groups = queries.group_codes(session, board) if board else {}
    groups = _groups(session, viewer, codebook, board, cards, in_groups)
    proposed = {each.code.id for each in proposals}
    loose = [card for card in cards.values() if card.code.id not in in_groups]
    return PoolingPage(
        coding_round=coding_round,
        dimension=dimension,
        pen=pen_of(session, viewer, coding_round, board),
        loose=tuple(card for card in loose if not card.proposal.is_pooled),
        drafts=tuple(shown for shown in groups if shown.outcome is None),
        settled=tuple(shown for shown in groups if shown.outcome is not None),
        elsewhere=tuple(card for card in loose if card.proposal.is_pooled),
        targets=tuple(row for row in codebook.tree_of(dimension_id) if row[0].id not in proposed),
        hidden=len({each.submission_id for each in applied} - seen),
        authors_shown=authors,
        stamp=stamp_of(session, coding_round, board),
        seen_seq=codebook.codebook_seq,
    )


def _seen(session: Session, viewer: Viewer, applied: Sequence[Application]) -> set[int]:
    """Submissions of the viewer's own, and of others those that an exposure covers."""
    own = {each.submission_id for each in applied if each.member_id == viewer.member.id}
    others = {each.submission_id for each in applied} - own
    return own | (others & exposed_subjects(session, viewer.study.id, viewer.member.id, "colleague_code"))


def _cards(
    session: Session,
    viewer: Viewer,
    codebook: Codebook,
    proposals: Sequence[Proposal],
    applied: Sequence[Application],
    seen: set[int],
    authors: bool,
) -> dict[int, Card]:
    members = members_by_id(session, viewer.study.id) if authors else {}
    incidents = incidents_by_id(session, viewer.study.id, {each.incident_id for each in applied})
    cards = {}
    for each in proposals:
        mine = [one for one in applied if one.code_id == each.code.id]
        shown = [one for one in mine if one.submission_id in seen]
        quotes = dict.fromkeys((one.incident_id, words) for one in shown for words in one.quotes)
        quoted = {incident_id for incident_id, _ in quotes}
        bare = dict.fromkeys(one.incident_id for one in shown if one.incident_id not in quoted)
        cards[each.code.id] = Card(
            proposal=each,
            incidents=len({one.incident_id for one in mine}),
            quotes=tuple(Quote(incidents[incident_id], words) for incident_id, words in quotes),
            bare=tuple(incidents[incident_id] for incident_id in bare),
            author=members.get(each.code.created_by or 0),
            became=_became(codebook, each.code),
        )
    return cards


def _became(codebook: Codebook, code: CodeEntry) -> str:
    if code.status == "merged":
        living = codebook.codes.get(codebook.living(code.id) or 0)
        return f"merged into “{living.name}”" if living else "merged"
    if code.status == "split":
        return "split into " + ", ".join(f"“{part.name}”" for part in codebook.parts_of(code.id))
    if code.status in ("retired", "undone"):
        return code.status
    above = codebook.codes.get(code.parent_id or 0)
    return f"stands under “{above.name}”" if above else "stands in the codebook"


def _groups(
    session: Session,
    viewer: Viewer,
    codebook: Codebook,
    board: PoolingBoard | None,
    cards: Mapping[int, Card],
    in_groups: Mapping[int, PoolingGroupCode],
) -> list[ShownGroup]:
    if board is None:
        return []
    members = members_by_id(session, viewer.study.id)
    return [
        ShownGroup(
            group=group,
            cards=tuple(cards[code_id] for code_id, each in in_groups.items() if each.group_id == group.id),
            names=tuple(each.name for each in in_groups.values() if each.group_id == group.id),
            outcome=outcome,
            by=members.get(outcome.member_id) if outcome else None,
            became=codebook.codes.get(outcome.code_id or 0) if outcome else None,
        )
        for group, outcome in queries.groups_of(session, board)
    ]
