"""What a lead sees before asking: what would leave, byte for byte, and what can be had without a model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.curation import help_policy as policy
from app.curation import help_queries as queries
from app.curation.help_material import Chosen, active_dimension, leaves, of_code, of_dimension
from app.curation.help_models import CodebookHelp
from app.curation.help_sight import unopened
from app.curation.plan_models import CodebookPlan
from app.curation.plan_queries import may_draft, visible_plans
from app.ledger.budget import Spending, spending
from app.llm.port import Question
from app.methods.near_pairs import SPELT, near_pairs
from app.problems import Invalid
from app.settings import Settings
from app.studies.models import Study
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions.injection import ways_it_speaks
from app.suggestions.sources import Source, models_of

KIND_WORDS = {
    "near_duplicates": "Codes that may mean the same",
    "categories": "Categories for open codes",
    "definition": "A first definition",
}
NEAR_WORDS = {True: "nearly the same spelling", False: "most words are the same"}
MOST_PAIRS = 100


@dataclass(frozen=True)
class Asking:
    """question: what would be sent, None where nothing can be asked; problem says why. flags: phrases in it that speak
    to a model. sources: whom it can be asked of, the usual one first; none: no model is named."""

    kind: str
    sources: Sequence[Source]
    redacts: bool
    spending: Spending
    question: Question | None = None
    fingerprint: str = ""
    flags: tuple[str, ...] = ()
    problem: str = ""

    @property
    def words(self) -> str:
        return KIND_WORDS[self.kind]

    @property
    def options(self) -> list[tuple[int | str, str]]:
        """Of a select."""
        return [(source.key, source.words) for source in self.sources]


@dataclass(frozen=True)
class AskedLine:
    """An asking in a list. about: the dimension or the code."""

    asked: CodebookHelp
    about: str
    by: str
    at: datetime
    undecided: int

    @property
    def words(self) -> str:
        return KIND_WORDS[self.asked.kind]


@dataclass(frozen=True)
class Pair:
    """Two codes whose names are near. one: the older, which would live on."""

    one: CodeEntry
    other: CodeEntry
    why: str

    @property
    def key(self) -> str:
        return f"{self.one.id}-{self.other.id}"


@dataclass(frozen=True)
class DimensionHelp:
    dimension: DimensionEntry
    codes: int
    pairs: Sequence[Pair]
    more_pairs: int
    plans: Sequence[CodebookPlan]
    askings: Sequence[Asking]
    lines: Sequence[AskedLine]


@dataclass(frozen=True)
class CodeHelp:
    """unopened: quotes of colleagues that were not opened; until none is left, none is shown."""

    code: CodeEntry
    chosen: Chosen
    unopened: int
    asking: Asking
    lines: Sequence[AskedLine]

    @property
    def incidents(self) -> int:
        return len({quote.incident_id for quote in self.chosen.quotes})


def overview(session: Session, viewer: Viewer) -> tuple[list[tuple[DimensionEntry, int]], list[AskedLine]]:
    """Dimensions with how many codes each has, and everything that was asked."""
    codebook = disclosed_codebook(session, viewer.study.id)
    dimensions = [(each, len(codebook.appliable(each.id))) for each in codebook.dimensions]
    return dimensions, asked_lines(session, viewer, codebook, queries.helps(session, viewer.study.id))


def dimension_help(session: Session, viewer: Viewer, dimension_id: int, settings: Settings) -> DimensionHelp:
    codebook = disclosed_codebook(session, viewer.study.id)
    dimension = active_dimension(codebook, dimension_id)
    pairs = pairs_by_name(codebook, dimension_id)
    asked = [each for each in queries.helps(session, viewer.study.id, dimension_id=dimension_id) if not each.code_id]
    return DimensionHelp(
        dimension=dimension,
        codes=len(codebook.appliable(dimension_id)),
        pairs=pairs[:MOST_PAIRS],
        more_pairs=max(len(pairs) - MOST_PAIRS, 0),
        plans=draft_plans(session, viewer),
        askings=[_of_dimension(session, viewer, dimension_id, kind, settings) for kind in policy.OF_DIMENSIONS],
        lines=asked_lines(session, viewer, codebook, asked),
    )


def code_help(session: Session, viewer: Viewer, code_id: int, settings: Settings) -> CodeHelp:
    chosen = of_code(session, viewer, code_id)
    closed = len(unopened(session, viewer, chosen.quotes))
    asking = _asking(session, viewer, "definition", settings, chosen if chosen.quotes and not closed else None)
    codebook = disclosed_codebook(session, viewer.study.id)
    lines = asked_lines(session, viewer, codebook, queries.helps(session, viewer.study.id, code_id=code_id))
    return CodeHelp(codebook.codes[code_id], chosen, closed, asking, lines)


def pairs_by_name(codebook: Codebook, dimension_id: int) -> list[Pair]:
    """Without a model: codes whose names are nearly the same, the likest first."""
    codes = sorted(codebook.appliable(dimension_id), key=lambda code: code.id)
    found = near_pairs([code.name for code in codes])
    return [Pair(codes[pair.one], codes[pair.other], NEAR_WORDS[pair.why == SPELT]) for pair in found]


def plan_options(plans: Sequence[CodebookPlan]) -> list[tuple[int | str, str]]:
    """Of a select: where proposals can be taken."""
    return [("new", "A new plan"), *((plan.id, plan.name) for plan in plans)]


def draft_plans(session: Session, viewer: Viewer) -> list[CodebookPlan]:
    return [plan for plan in visible_plans(session, viewer) if may_draft(session, viewer, plan)]


def asked_lines(
    session: Session, viewer: Viewer, codebook: Codebook, askings: Sequence[CodebookHelp]
) -> list[AskedLine]:
    members = members_by_id(session, viewer.study.id)
    decided = queries.decided_counts(session, viewer.study.id) if askings else {}
    lines = []
    for asked in askings:
        code, dimension = codebook.codes.get(asked.code_id or 0), codebook.dimension(asked.dimension_id)
        items = len(asked.proposal["items"]) if asked.proposal else 0
        undecided = items - decided.get(asked.id, 0)
        by = members[asked.asked_by].name if asked.asked_by in members else ""
        about = code.name if code else dimension.name if dimension else ""
        lines.append(AskedLine(asked, about, by, asked.at, undecided))
    return lines


def _of_dimension(session: Session, viewer: Viewer, dimension_id: int, kind: str, settings: Settings) -> Asking:
    try:
        chosen = of_dimension(session, viewer.study.id, dimension_id, kind)
    except Invalid as problem:
        return _asking(session, viewer, kind, settings, None, problem=problem.sentence)
    return _asking(session, viewer, kind, settings, chosen)


def _asking(
    session: Session, viewer: Viewer, kind: str, settings: Settings, chosen: Chosen | None, *, problem: str = ""
) -> Asking:
    sources = models_of(session, settings, viewer.study.id)
    would_leave = leaves(session, viewer.study.id, chosen) if chosen and sources else None
    return Asking(
        kind=kind,
        sources=sources,
        redacts=session.get_one(Study, viewer.study.id).redacts,
        spending=spending(session, viewer.study.id),
        question=would_leave.preview if would_leave else None,
        fingerprint=would_leave.fingerprint if would_leave else "",
        flags=_flags(would_leave.material.text) if would_leave else (),
        problem=problem,
    )


def _flags(material: str) -> tuple[str, ...]:
    """The material of this room is a codebook by right: only what its lines hold is looked at."""
    held = re.sub(r"^- c\d+ ", "", material, flags=re.MULTILINE)
    return tuple(kind for kind in ways_it_speaks(held) if kind != "looks like a codebook")
