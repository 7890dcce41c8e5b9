"""The incidents behind a cell, as one member may see them.

A list that tells what others answered holds only incidents of which an exposure of theirs covers it (promise 3).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.asked import Asked
from app.agreement.closer import value_name
from app.agreement.closer_words import ALL_FIRST, Cell, Place, row_key, value_of_token
from app.agreement.figures import NONE_APPLIES, Row, round_figures
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.coding.models import SubmittedCode
from app.coding.open_incidents import open_incidents
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.methods.disagreement import Reply, compare
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import coders
from app.studies.models import Membership
from app.studies.viewer import Viewer
from app.web.paging import page_at

if TYPE_CHECKING:
    from app.agreement.closer_cells import Behind, ToldBy
    from app.agreement.closer_source import Source

Letters = Mapping[int, Mapping[int, str]]  # incident -> coder -> the letter that stands in the place of their name
OF_PEOPLE = ("pair", "repeats")  # cells that say of whom each answer is
ON_A_PAGE = 50
OPENED_AT_ONCE = 50


@dataclass(frozen=True)
class Said:
    name: str
    initials: str
    place: int
    words: str


@dataclass(frozen=True)
class CellLine:
    """said: what coders answered, where the reader has opened it. has_disagreement: whether there is a page of one."""

    incident: Incident
    is_apart: bool
    has_disagreement: bool
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Sight:
    """What a member may be shown of a cell. hidden: incidents whose answers they may open; kept: those they still code
    elsewhere, which are not opened by the dozen; unnamed: how many a cell of people leaves out, as their coders stand
    unnamed."""

    source: "Source"
    is_free: bool
    seen: tuple[int, ...]
    hidden: tuple[int, ...]
    kept: tuple[int, ...]
    unnamed: int
    behind: "Behind"


@dataclass(frozen=True)
class CellPage:
    place: Place
    cell: Cell
    dimension: DimensionEntry
    words: str
    lines: tuple[CellLine, ...]
    listed: int
    hidden: int
    kept: int
    unnamed: int
    is_free: bool
    at: int
    pages: int

    @property
    def coding_round(self) -> Round:
        return self.place.coding_round

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What the form that opens sends along."""
        return [*self.place.asked.fields(), ("row", self.place.row_key), *self.cell.query.items()]

    @property
    def opened_next(self) -> int:
        return min(self.hidden, OPENED_AT_ONCE)


def asked_row(session: Session, coding_round: Round, asked: Asked, key: str) -> Row:
    """One that has a figure: of the dimension that is asked for, else the first."""
    figures = round_figures(session, coding_round, asked.lens(session, coding_round))
    for row in figures.rows:
        is_asked = asked.dimension in (None, row.dimension.id) and key in ("", row_key(row), ALL_FIRST)
        if is_asked and row.report is not None:
            return row
    raise NotFound


def cell_page(
    session: Session, viewer: Viewer, place: Place, cell: Cell, letters: Letters, *, page_number: int = 1
) -> CellPage:
    """Raises StillBlind while the round runs (promise 1)."""
    sight = sight_of(session, viewer, place, cell, letters)
    at, pages = page_at(page_number, len(sight.seen), ON_A_PAGE)
    shown = sight.seen[(at - 1) * ON_A_PAGE : at * ON_A_PAGE]
    members = coders(session, place.coding_round)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id, seq=place.row.lens.seq)
    return CellPage(
        place=place,
        cell=cell,
        dimension=sight.source.dimension,
        words=_words(cell, members, codebook),
        lines=_lines(session, sight, shown, members, codebook, letters),
        listed=len(sight.seen),
        hidden=len(sight.hidden),
        kept=len(sight.kept),
        unnamed=sight.unnamed,
        is_free=sight.is_free,
        at=at,
        pages=pages,
    )


def sight_of(session: Session, viewer: Viewer, place: Place, cell: Cell, letters: Letters) -> Sight:
    from app.agreement.closer_cells import behind, is_free  # numpy: not before there is something to look at
    from app.agreement.closer_source import source_of

    source = source_of(session, place.coding_round, place.row, every_first=place.row_key == ALL_FIRST)
    everything = behind(session, source, cell)
    if is_free(source, cell):
        return Sight(source, True, tuple(everything), (), (), 0, everything)
    left_out = letters if cell.kind in OF_PEOPLE else ()
    found = {incident_id: told for incident_id, told in everything.items() if incident_id not in left_out}
    told = _not_their_own(source, found, viewer.member.id)
    covered = exposed_subjects(session, viewer.study.id, viewer.member.id, "colleague_code")
    seen = tuple(incident_id for incident_id in found if told[incident_id] <= covered)
    closed = [incident_id for incident_id in found if not told[incident_id] <= covered]
    still_coded = open_incidents(session, viewer.study.id, viewer.member.id)
    hidden = tuple(incident_id for incident_id in closed if incident_id not in still_coded)
    unnamed = len(everything) - len(found)
    return Sight(source, False, seen, hidden, tuple(set(closed) & still_coded), unnamed, found)


def _not_their_own(source: "Source", found: "Behind", member_id: int) -> dict[int, set[int]]:
    of = source.work.submissions
    own = set(of.ids[of.by([member_id])].tolist())
    return {incident_id: set(submissions) - own for incident_id, submissions in found.items()}


def _lines(
    session: Session,
    sight: Sight,
    shown: Sequence[int],
    members: Sequence[Membership],
    codebook: Codebook,
    letters: Letters,
) -> tuple[CellLine, ...]:
    from app.agreement.closer_cells import differing, told_by  # numpy, as above

    source = sight.source
    incidents = incidents_by_id(session, source.coding_round.study_id, shown)
    disputed, apart = _disputed(session, source, shown), differing(source)
    at = {member.id: number for number, member in enumerate(members)}
    said: dict[int, list[Said]] = {}
    told = () if sight.is_free else {each for incident_id in shown for each in sight.behind[incident_id]}
    for each in told_by(source, told):
        place, words = at[each.member_id], _said(each, codebook)
        letter = letters.get(each.incident_id, {}).get(each.member_id)
        who = (
            Said(f"Coder {letter}", letter, ascii_uppercase.index(letter), words)
            if letter
            else Said(members[place].name, members[place].initials, place, words)
        )
        said.setdefault(each.incident_id, []).append(who)
    for incident_id in letters.keys() & said.keys():
        said[incident_id].sort(key=lambda one: (one.place, one.name))  # no order tells who it is
    return tuple(
        CellLine(incidents[each], each in apart, each in disputed, tuple(said.get(each, ()))) for each in shown
    )


def _said(told: "ToldBy", codebook: Codebook) -> str:
    value = told.value
    if told.skipped:
        words = "skipped"
    elif value is None:
        words = "left open"
    elif isinstance(value, frozenset):
        words = ", ".join(sorted(value_name(code, codebook) for code in value)) or value_name(NONE_APPLIES, codebook)
    else:
        words = value_name(value, codebook)
    return f"{words} (the second time)" if told.pass_ > 1 else words


def _disputed(session: Session, source: "Source", incident_ids: Collection[int]) -> set[int]:
    """Those on which the last submissions differ: there is a page of the disagreement."""
    work, of = source.work, source.work.submissions
    which = of.is_last & of.of(list(incident_ids))
    mains = _mains(session, source, incident_ids)
    places = work.answers(which, source.dimension.id)
    given: dict[int, Reply] = {}
    for at, said_at in zip(work.at[places].tolist(), work.said_at[places].tolist(), strict=True):
        state, codes = work.said[said_at]
        submission_id = int(of.ids[at])
        given[submission_id] = Reply(state, frozenset(codes), mains.get(submission_id))
    replies: dict[int, list[Reply | None]] = {}
    for incident_id, submission_id in zip(of.incidents[which].tolist(), of.ids[which].tolist(), strict=True):
        replies.setdefault(incident_id, []).append(given.get(submission_id))
    return {incident_id for incident_id, each in replies.items() if compare(each).is_disagreement}


def _mains(session: Session, source: "Source", incident_ids: Collection[int]) -> dict[int, int]:
    """Submission -> its main code."""
    code, coding_round = SubmittedCode, source.coding_round
    rows = session.execute(
        select(code.submission_id, code.code_id).where(
            code.study_id == coding_round.study_id,
            code.round_id == coding_round.id,
            code.dimension_id == source.dimension.id,
            code.incident_id.in_(incident_ids),
            code.is_main,
        )
    )
    return dict(rows.all())


def _words(cell: Cell, members: Sequence[Membership], codebook: Codebook) -> str:
    """Of the cell, as the page is called. Members who are no coders of the round are not found."""
    by_id = {member.id: member.name for member in members}
    if not set(cell.member_ids) <= by_id.keys():
        raise NotFound
    people = " and ".join(by_id[member_id] for member_id in cell.member_ids)
    values = [value_name(value_of_token(token), codebook) for token in dict.fromkeys(cell.values)]
    if cell.kind == "pair":
        return f"Coded by {people}"
    if cell.kind == "codes":
        return f"Where both said {values[0]}" if len(values) == 1 else f"{values[0]}, and {values[1]} by another"
    if cell.kind == "code":
        return f"Where somebody said {values[0]}"
    return {
        "row": "All incidents of the row",
        "differ": "Where coders differ",
        "skipped": "Skipped by one coder, coded by another",
        "evidence": "Same code, no evidence in common",
        "repeats": f"Where {people} said something else the second time",
    }[cell.kind]
