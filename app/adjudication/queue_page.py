"""The queue as its page shows it: one page of what was asked for, and what else could be asked for, with counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adjudication.audits import AuditCounts
from app.adjudication.blind import Names, unnamed
from app.adjudication.disagreement_shown import NOT_OPEN_YET
from app.adjudication.flags import FlagLine, flag_lines
from app.adjudication.forms import STATE_WORDS
from app.adjudication.narrowing import NOTHING, Choice, Narrowed, Narrowing, code_pair, narrowed
from app.adjudication.openings import opened_keys
from app.adjudication.queue_list import Disagreement, Queue, queue
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.coding.open_incidents import still_coded
from app.rounds.models import ARM_WORDS, Round
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.web.paging import page_at
from app.web.wording import count

ON_A_PAGE = 50
TABS = [
    ("open", "Open"),
    ("ruled", "Ruled"),
    ("majority", "By majority"),
    ("audit", "Audit"),
    ("evidence", "Evidence only"),
    ("flagged", "Flagged, settled by itself"),
    ("all", "All that differ"),
]
ALWAYS = ("open", "ruled", "all")
ORDER_WORDS = [("strength", "strongest first"), ("teaches", "most confused codes first")]
MARK_WORDS = {"skipped": "skipped by one", "flagged": "flagged"}
Option = tuple[str, str]  # value, words


@dataclass(frozen=True)
class Tab:
    standing: str
    words: str
    count: int
    query: str


@dataclass(frozen=True)
class QueuePage:
    """not_opened: of what fits, how many are under no pair of codes yet; still_coded: those that are opened one by one.

    options: facet -> what can be chosen, none of it where there is nothing to choose between.
    """

    coding_round: Round
    queue: Queue
    narrowed: Narrowed
    shown: Sequence[Disagreement]
    at: int
    pages: int
    tabs: Sequence[Tab]
    options: Mapping[str, Sequence[Option]]
    not_opened: int
    still_coded: int
    members: Mapping[int, Membership]
    flags: Sequence[tuple[FlagLine, str, str | None]]

    @property
    def narrowing(self) -> Narrowing:
        return self.narrowed.narrowing

    @property
    def found(self) -> int:
        return len(self.narrowed.found)

    @property
    def first_waiting(self) -> Disagreement | None:
        return next((each for each in self.narrowed.found if each.waits), None)

    @property
    def audits(self) -> AuditCounts:
        audited = self.queue.audited
        counted = {outcome: sum(each.audit == outcome for each in audited) for outcome in ("confirmed", "ruled")}
        return AuditCounts(len(audited), counted["confirmed"], counted["ruled"])


def queue_page(session: Session, viewer: Viewer, coding_round: Round, narrowing: Narrowing, at: int) -> QueuePage:
    whole = queue(session, coding_round)
    letters = unnamed(session, viewer, coding_round, whole)
    here = narrowed(whole, narrowing, opened_keys(session, viewer, whole), letters)
    at, pages = page_at(at, len(here.found), ON_A_PAGE)
    members = members_by_id(session, viewer.study.id)
    closed = here.not_opened
    still = set(session.scalars(still_coded(viewer))) if closed else set()
    one_by_one = sum(each.incident.id in still for each in closed)
    return QueuePage(
        coding_round=coding_round,
        queue=whole,
        narrowed=here,
        shown=here.found[(at - 1) * ON_A_PAGE : at * ON_A_PAGE],
        at=at,
        pages=pages,
        tabs=_tabs(here),
        options=_options(here, visible_codebook(session, viewer.study.id, viewer.member.id), members),
        not_opened=len(closed) - one_by_one,
        still_coded=one_by_one,
        members=members,
        flags=_flags(session, viewer, coding_round, members, letters),
    )


def _flags(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    members: Mapping[int, Membership],
    letters: Mapping[int, Mapping[int, str]],
) -> list[tuple[FlagLine, str, str | None]]:
    """(line, who raised it, the note) as they may be read."""
    found = []
    for line in flag_lines(session, viewer, coding_round):
        names = Names(members, letters.get(line.incident.id, {}))
        found.append((line, names.of(line.member_id).name, line.note and names.words(line.note)))
    return found


def _tabs(here: Narrowed) -> list[Tab]:
    counts = here.counts["standing"]
    return [
        Tab(standing, words, counts[standing], here.narrowing.but(standing=standing).listing)
        for standing, words in TABS
        if counts[standing] or standing in ALWAYS or standing == here.narrowing.standing
    ]


def _options(here: Narrowed, codebook: Codebook, members: Mapping[int, Membership]) -> dict[str, list[Option]]:
    dimensions = {each.dimension.id: each.dimension for each in here.ordered}
    ordered = sorted(dimensions.values(), key=lambda each: (each.position, each.id))
    coders = here.counts["coders"]
    named = {pair: f"{members[pair[0]].name} – {members[pair[1]].name}" for pair in coders}
    codes = here.counts["codes"]
    return {
        "dimension": _counted(here, "dimension", [(each.id, each.name) for each in ordered]),
        "coders": _counted(here, "coders", sorted(named.items(), key=lambda one: one[1])),
        "codes": _counted(here, "codes", [(words, _pair_named(words, codebook)) for words, _ in codes.most_common()]),
        "arm": _counted(here, "arm", [(arm, f"suggestions {ARM_WORDS[arm]}") for arm in sorted(_arms(here))]),
        "mark": _counted(here, "mark", list(MARK_WORDS.items())),
    }


def _arms(here: Narrowed) -> set[str]:
    arms = {each.arm for each in here.ordered if each.arm}
    return arms if len(arms) > 1 else set()


def _counted(here: Narrowed, facet: str, choices: Sequence[tuple[Choice, str]]) -> list[Option]:
    """Of marks and pairs only what there is; what is chosen stays, also where it shows nothing now."""
    counts, wanted = here.counts[facet], getattr(here.narrowing, facet)
    return [
        ("-".join(map(str, choice)) if isinstance(choice, tuple) else str(choice), f"{words} ({count(counts[choice])})")
        for choice, words in choices
        if counts[choice] or choice == wanted or facet == "dimension"
    ]


def _pair_named(words: str, codebook: Codebook) -> str:
    pair = code_pair(words) or frozenset()
    names = sorted((_code_named(each, codebook) for each in pair), key=lambda name: (name == NOTHING, name))
    return " / ".join(names)


def _code_named(code: object, codebook: Codebook) -> str:
    if isinstance(code, int):
        known = codebook.codes.get(code)
        return known.name if known else NOT_OPEN_YET
    return NOTHING if code is None else STATE_WORDS[str(code)].lower()
