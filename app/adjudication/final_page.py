"""The page of final codes: who settled each, where that can be read, and what can be asked for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.blind import Names, Somebody, unnamed
from app.adjudication.differences import lines
from app.adjudication.final_list import FINAL, OPEN, FinalAnswers, Slot, Wanted
from app.adjudication.models import BASES
from app.adjudication.queue_list import queue
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.coding.exposures import expose
from app.coding.open_incidents import still_coded
from app.problems import NotFound
from app.rounds.models import Round, RoundIncident
from app.rounds.queries import rounds_of
from app.studies.events import record
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.web.paging import page_at

ON_A_PAGE = 50
Key = tuple[int, int]


@dataclass(frozen=True)
class FinalPage:
    """coders, disagreements: by incident and dimension, of what is shown: who coded it, and the round in which its
    page is. letters: by round and incident, of coders who stand unnamed. closed: how many answers an opening would
    show; still_coded: how many more are opened one by one."""

    wanted: Wanted
    shown: Sequence[Slot]
    found: int
    at: int
    pages: int
    counts: Counter[str]
    code_counts: Counter[int | str]
    answers: FinalAnswers
    codebook: Codebook
    members: Mapping[int, Membership]
    rounds: Mapping[int, Round]
    letters: Mapping[int, Mapping[int, Mapping[int, str]]]
    coders: Mapping[Key, tuple[int, ...]]
    disagreements: Mapping[Key, int]
    coded_by_viewer: frozenset[int]
    closed: int
    still_coded: int

    def by(self, each: Slot) -> Sequence[Somebody]:
        """Who ruled, else who coded it."""
        names = Names(self.members, self.letters.get(each.round_id or 0, {}).get(each.incident_id, {}))
        return [names.of(key) for key in ((each.ruled_by,) if each.ruled_by else self.coders.get(each.key, ()))]

    @property
    def bases(self) -> list[tuple[str, int]]:
        """Those that there are, what is open last; what is chosen stays."""
        return [(each, self.counts[each]) for each in (*BASES, OPEN) if self.counts[each] or each == self.wanted.basis]

    def query(self, **other: str) -> str:
        return query_of(self.wanted, **other)


def query_of(wanted: Wanted, **other: str) -> str:
    """For an address."""
    said = {"basis": wanted.basis, "dimension": wanted.dimension, "code": wanted.code, "round": wanted.round}
    return urlencode({name: value for name, value in {**said, **other}.items() if value not in ("", None)})


def final_page(session: Session, viewer: Viewer, wanted: Wanted, at: int) -> FinalPage:
    answers = FinalAnswers(session, viewer)
    counts = answers.by_basis(wanted)
    found = counts[wanted.basis] if wanted.basis else counts.total()
    at, pages = page_at(at, found, ON_A_PAGE)
    shown = answers.page(wanted, size=ON_A_PAGE, offset=(at - 1) * ON_A_PAGE)
    rounds = {each.id: each for each in rounds_of(session, viewer.study.id)}
    closed = answers.closed(wanted)
    still = set(session.scalars(still_coded(viewer)))
    one_by_one = sum(incident_id in still for incident_id, _, _ in closed)
    return FinalPage(
        wanted=wanted,
        shown=shown,
        found=found,
        at=at,
        pages=pages,
        counts=counts,
        code_counts=answers.by_code(wanted),
        answers=answers,
        codebook=visible_codebook(session, viewer.study.id, viewer.member.id),
        members=members_by_id(session, viewer.study.id),
        rounds=rounds,
        letters={key: unnamed(session, viewer, rounds[key]) for key in {each.round_id for each in shown} if key},
        coders=_coders(session, shown, rounds),
        disagreements=_disagreements(session, viewer, shown, rounds),
        coded_by_viewer=frozenset(still),
        closed=len(closed) - one_by_one,
        still_coded=one_by_one,
    )


def open_final_codes(session: Session, viewer: Viewer, wanted: Wanted) -> None:
    """The member is about to be shown what is final of all that fits: recorded before it is rendered. Incidents that
    they still code in another round are left out: each of those is opened by itself."""
    still = set(session.scalars(still_coded(viewer)))
    closed = FinalAnswers(session, viewer).closed(wanted)
    _expose(session, viewer, [each for each in closed if each[0] not in still])


def open_one_final(session: Session, viewer: Viewer, incident_id: int, dimension_id: int) -> None:
    """What is not final is not found."""
    answers = FinalAnswers(session, viewer)
    if not answers.is_final(incident_id, dimension_id):
        raise NotFound
    closed = [each for each in answers.closed(Wanted(dimension=dimension_id)) if each[0] == incident_id]
    if closed:
        _expose(session, viewer, closed)


def _expose(session: Session, viewer: Viewer, closed: Sequence[tuple[int, int, Sequence[int]]]) -> None:
    """Holds the phases of the rounds until the act is committed; what was reopened meanwhile stays closed."""
    held = select(Round).where(Round.study_id == viewer.study.id, Round.id.in_({round_id for _, round_id, _ in closed}))
    rows = session.scalars(held.with_for_update(read=True).execution_options(populate_existing=True)).all()
    still_open = {each.id for each in rows if each.phase in ("settling", "closed")}
    shown = [(incident, FINAL, key) for incident, round_id, ids in closed if round_id in still_open for key in ids]
    expose(session, viewer.study.id, viewer.member.id, shown)
    record(
        session,
        viewer.study.id,
        viewer.member,
        "final_codes.opened",
        answers=sum(round_id in still_open for _, round_id, _ in closed),
        incidents=len({incident for incident, _, _ in shown}),
    )


def _coders(session: Session, shown: Sequence[Slot], rounds: Mapping[int, Round]) -> dict[Key, tuple[int, ...]]:
    keys = {each.key: each.round_id for each in shown if each.round_id is not None}
    return {
        line.key: line.coder_ids
        for round_id in set(keys.values())
        for line in lines(session, rounds[round_id])
        if keys.get(line.key) == round_id
    }


def _disagreements(
    session: Session, viewer: Viewer, shown: Sequence[Slot], rounds: Mapping[int, Round]
) -> dict[Key, int]:
    """(incident, dimension) -> the number of the round in whose queue it stands: of what is final, the round that
    settled it; of what is not, the newest."""
    around = session.execute(
        select(RoundIncident.incident_id, RoundIncident.round_id).where(
            RoundIncident.study_id == viewer.study.id,
            RoundIncident.incident_id.in_({each.incident_id for each in shown}),
        )
    )
    listed: dict[int, set[Key]] = {}
    of_incident: dict[int, list[int]] = {}
    for incident_id, round_id in around:
        if rounds[round_id].phase in ("settling", "closed"):
            of_incident.setdefault(incident_id, []).append(round_id)
    found: dict[Key, int] = {}
    for each in shown:
        asked = [each.round_id] if each.round_id else of_incident.get(each.incident_id, [])
        for round_id in sorted(asked, key=lambda key: rounds[key].number):
            if round_id not in listed:
                listed[round_id] = {one.key for one in queue(session, rounds[round_id]).listed}
            if each.key in listed[round_id]:
                found[each.key] = rounds[round_id].number
    return found
