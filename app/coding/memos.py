"""Memos as somebody may see them, and what is done to them. Those of an assignment are written at the desk, as acts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook, visible_codebook
from app.codebook.tree import Codebook
from app.coding.exposures import expose, exposed_subjects
from app.coding.memo_policy import RunningRound, Sight, check_may_write, sight_of
from app.coding.memo_subjects import Subject
from app.coding.models import Memo
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.problems import Conflict, Invalid, NotFound
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round, RoundCoder, RoundIncident, RoundPhaseChange
from app.studies.events import record
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

LONGEST = 20_000


class NoMemo(Invalid):
    """The memo is empty. Write something, or remove it."""


class MemoTooLong(Invalid):
    """This memo is longer than 20,000 characters. Shorten it, or write two."""


class MemoChanged(Conflict):
    """This memo was changed in another tab since you opened it here. Both are shown; yours is not saved yet."""


class AtTheDesk(Conflict):
    """This memo belongs to an incident that you are coding. Change it at the desk."""


@dataclass(frozen=True)
class MemoFilter:
    """Blank takes all. words: as typed into a search box."""

    kind: str = ""
    author_id: int | None = None
    words: str = ""


@dataclass(frozen=True)
class ShownMemo:
    """Of a closed one, only who wrote it, when and on which incident may be told: text and code are blank."""

    id: int
    author: Membership
    sight: Sight
    kind: str
    is_shared: bool
    text: str
    quote: str
    code_name: str
    about: str
    url: str
    desk_url: str  # where it is changed, for one that is changed there
    day: date
    memo: Memo

    @property
    def is_own(self) -> bool:
        return self.sight == Sight.OWN

    @property
    def is_closed(self) -> bool:
        return self.sight == Sight.CLOSED


def visible_memos(session: Session, viewer: Viewer, wanted: MemoFilter | None = None) -> list[ShownMemo]:
    """Newest first. Closed memos are never searched: that one fits would tell what is in it."""
    wanted = wanted or MemoFilter()
    return _shown(session, viewer, _asked(viewer, wanted), searched=bool(wanted.words))


def memos_on(session: Session, viewer: Viewer, subject: Subject) -> list[ShownMemo]:
    query = _asked(viewer, MemoFilter(subject.kind))
    if subject.incident_id is not None:
        query = query.where(Memo.incident_id == subject.incident_id)
    if subject.code_id is not None:
        query = query.where(Memo.code_id == subject.code_id)
    return [each for each in _shown(session, viewer, query) if subject.is_of(each.memo)]


def may_be_opened(session: Session, coding_round: Round, memos: Sequence[Memo]) -> list[Memo]:
    """Of the shared memos of one round's assignments those that others than their authors may open by now."""
    running = running_rounds(session, coding_round.study_id, {memo.incident_id for memo in memos if memo.incident_id})
    nobody = 0
    return [
        memo
        for memo in memos
        if sight_of(memo, nobody, round_id=coding_round.id, running=running, exposed=set()) != Sight.HIDDEN
    ]


def memos_open_to(session: Session, study_id: int, reader_id: int | None) -> list[Memo]:
    """The shared memos that may leave in a file, by id: what everybody may open by now, and this reader too.

    reader_id: None for the operator. Private ones never leave, the reader's own neither, so that the same state of the
    study gives the same file to all. Nor does what was written in a draft that was withdrawn.
    """
    rows = session.execute(
        select(Memo, Assignment.round_id)
        .outerjoin(Assignment, (Assignment.study_id == Memo.study_id) & (Assignment.id == Memo.assignment_id))
        .where(
            Memo.study_id == study_id,
            Memo.sharing == "shared",
            counts(),
        )
        .order_by(Memo.id)
    ).all()
    running = running_rounds(session, study_id, {memo.incident_id for memo, _ in rows if memo.incident_id})
    known = disclosed_codebook(session, study_id).codes
    nobody = 0
    return [
        memo
        for memo, round_id in rows
        if all(
            sight_of(
                memo,
                member_id,
                round_id=round_id,
                running=running,
                exposed=set(),
                knows_code=memo.code_id is None or memo.code_id in known,
            )
            != Sight.HIDDEN
            for member_id in {nobody, reader_id or nobody}
        )
    ]


def own_memo_by_id(session: Session, viewer: Viewer, memo_id: int) -> Memo:
    """Somebody else's is not found."""
    memo = session.scalar(
        select(Memo).where(Memo.study_id == viewer.study.id, Memo.id == memo_id, Memo.member_id == viewer.member.id)
    )
    if memo is None:
        raise NotFound
    return memo


def add_memo(session: Session, viewer: Viewer, subject: Subject, text: str, *, shared: bool) -> Memo:
    check_may_write(viewer)
    memo = Memo(
        study_id=viewer.study.id,
        member_id=viewer.member.id,
        assignment_id=subject.assignment_id,
        incident_id=subject.incident_id,
        code_id=subject.code_id,
        subject_kind=subject.kind,
        subject_id=subject.subject_id,
        start=subject.start,
        end=subject.end,
        quote=subject.quote,
        text=_checked(text),
        sharing="shared" if shared else "private",
    )
    session.add(memo)
    session.flush()
    _record(session, viewer, "memo.written", memo.id)
    return memo


def change_memo(session: Session, viewer: Viewer, memo_id: int, text: str, *, shared: bool, seen: str) -> Memo:
    """seen: changed_at of what the author had before their eyes. Raises MemoChanged where it is not that any more."""
    memo = _held(session, viewer, memo_id, seen)
    memo.text, memo.sharing = _checked(text), "shared" if shared else "private"
    memo.changed_at = session.scalars(select(func.clock_timestamp())).one()
    session.flush()
    _record(session, viewer, "memo.changed", memo.id)
    return memo


def remove_memo(session: Session, viewer: Viewer, memo_id: int, *, seen: str) -> None:
    session.delete(_held(session, viewer, memo_id, seen))
    session.flush()
    _record(session, viewer, "memo.removed", memo_id)


def open_memos(session: Session, viewer: Viewer, memo_ids: Collection[int]) -> int:
    """The member is about to be shown these: recorded first. What may not be opened is passed over."""
    closed = [
        each.memo
        for each in _shown(session, viewer, _asked(viewer, MemoFilter()).where(Memo.id.in_(memo_ids)))
        if each.is_closed
    ]
    shown = [(memo.incident_id, "shared_memo", memo.id) for memo in closed if memo.incident_id is not None]
    if shown:
        expose(session, viewer.study.id, viewer.member.id, shown)
        for memo in closed:
            _record(session, viewer, "memo.opened", memo.id)
    return len(shown)


def may_change_here(session: Session, memo: Memo) -> bool:
    """The memo of an assignment is part of its acts while the round runs; a note on a quote never is."""
    if memo.assignment_id is None or memo.subject_kind == "quote":
        return True
    return _round_of(session, memo).phase != "running"


def _held(session: Session, viewer: Viewer, memo_id: int, seen: str) -> Memo:
    check_may_write(viewer)
    memo = own_memo_by_id(session, viewer, memo_id)
    session.refresh(memo, with_for_update=True)
    if memo.assignment_id is not None and memo.subject_kind == "incident":
        session.refresh(_round_of(session, memo), with_for_update={"read": True})
    if not may_change_here(session, memo):
        raise AtTheDesk
    if memo.changed_at.isoformat() != seen:
        raise MemoChanged
    return memo


def _round_of(session: Session, memo: Memo) -> Round:
    return session.scalars(
        select(Round)
        .join(Assignment, (Assignment.study_id == Round.study_id) & (Assignment.round_id == Round.id))
        .where(Assignment.study_id == memo.study_id, Assignment.id == memo.assignment_id)
    ).one()


def _checked(text: str) -> str:
    if not text.strip():
        raise NoMemo
    if len(text) > LONGEST:
        raise MemoTooLong
    return text.strip()


def _asked(viewer: Viewer, wanted: MemoFilter) -> Select[Memo, int | None]:
    """Own ones, and all that are shared; what of these may be seen, the policy says."""
    query = (
        select(Memo, Assignment.round_id)
        .outerjoin(Assignment, (Assignment.study_id == Memo.study_id) & (Assignment.id == Memo.assignment_id))
        .where(
            Memo.study_id == viewer.study.id,
            or_(Memo.member_id == viewer.member.id, Memo.sharing == "shared"),
        )
        .order_by(Memo.created_at.desc(), Memo.id.desc())
    )
    if wanted.kind:
        query = query.where(Memo.subject_kind == wanted.kind)
    if wanted.author_id is not None:
        query = query.where(Memo.member_id == wanted.author_id)
    if wanted.words:
        searched = func.concat_ws(" ", Memo.text, Memo.quote)
        found = func.to_tsvector("english", searched).op("@@")(func.websearch_to_tsquery("english", wanted.words))
        query = query.where(or_(found, searched.icontains(wanted.words, autoescape=True)))
    return query


def _shown(
    session: Session, viewer: Viewer, query: Select[Memo, int | None], *, searched: bool = False
) -> list[ShownMemo]:
    rows = session.execute(query).all()
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    running = running_rounds(session, viewer.study.id, {memo.incident_id for memo, _ in rows if memo.incident_id})
    exposed = exposed_subjects(session, viewer.study.id, viewer.member.id, "shared_memo")
    seen = [
        (memo, round_id, sight)
        for memo, round_id in rows
        if (
            sight := sight_of(
                memo,
                viewer.member.id,
                round_id=round_id,
                running=running,
                exposed=exposed,
                knows_code=memo.code_id is None or memo.code_id in codebook.codes,
            )
        )
        != Sight.HIDDEN
        and not (searched and sight == Sight.CLOSED)
    ]
    incidents = incidents_by_id(session, viewer.study.id, {memo.incident_id for memo, _, _ in seen if memo.incident_id})
    members = members_by_id(session, viewer.study.id)
    runs = {each.round_id for each in running}
    return [
        _line(viewer, memo, sight, members[memo.member_id], codebook, incidents, at_desk=round_id in runs)
        for memo, round_id, sight in seen
    ]


def _line(
    viewer: Viewer,
    memo: Memo,
    sight: Sight,
    author: Membership,
    codebook: Codebook,
    incidents: dict[int, Incident],
    *,
    at_desk: bool,
) -> ShownMemo:
    home = f"/studies/{viewer.study.slug}"
    closed, own = sight == Sight.CLOSED, sight == Sight.OWN
    desk = f"{home}/assignments/{memo.assignment_id}" if own and memo.assignment_id else ""
    code = codebook.codes.get(memo.code_id or 0)
    incident = incidents.get(memo.incident_id or 0)
    if incident is not None:
        about, url = incident.label, desk or f"{home}/incidents/{incident.id}"
    elif code is not None:
        about, url = code.name, f"{home}/codebook/codes/{code.id}"
    else:
        about, url = "", ""
    return ShownMemo(
        id=memo.id,
        author=author,
        sight=sight,
        kind=memo.subject_kind,
        is_shared=memo.sharing == "shared",
        text="" if closed else memo.text,
        quote="" if closed else memo.quote or "",
        code_name=code.name if code and memo.subject_kind == "quote" and not closed else "",
        about=about,
        url=url,
        desk_url=desk if at_desk and memo.subject_kind == "incident" else "",
        day=memo.created_at.date(),
        memo=memo,
    )


def running_rounds(session: Session, study_id: int, incident_ids: Collection[int]) -> list[RunningRound]:
    """incident_ids: of the rounds' incidents only these are asked for, as a round may hold ten thousand."""
    started = dict(
        session.execute(
            select(RoundPhaseChange.round_id, func.min(RoundPhaseChange.at))
            .join(Round, (Round.study_id == RoundPhaseChange.study_id) & (Round.id == RoundPhaseChange.round_id))
            .where(Round.study_id == study_id, Round.phase == "running", RoundPhaseChange.to_phase == "running")
            .group_by(RoundPhaseChange.round_id)
        ).all()
    )
    coders: dict[int, set[int]] = {round_id: set() for round_id in started}
    for round_id, member_id in session.execute(
        select(RoundCoder.round_id, RoundCoder.member_id).where(
            RoundCoder.study_id == study_id, RoundCoder.round_id.in_(started)
        )
    ):
        coders[round_id].add(member_id)
    held: dict[int, set[int]] = {round_id: set() for round_id in started}
    for round_id, incident_id in session.execute(
        select(RoundIncident.round_id, RoundIncident.incident_id).where(
            RoundIncident.study_id == study_id,
            RoundIncident.round_id.in_(started),
            RoundIncident.incident_id.in_(incident_ids),
        )
    ):
        held[round_id].add(incident_id)
    return [RunningRound(key, at, coders[key], held[key]) for key, at in started.items()]


def _record(session: Session, viewer: Viewer, kind: str, memo_id: int) -> None:
    """Tells neither subject nor words: the history of others leaves memos out, and this is for the case it did not."""
    record(session, viewer.study.id, viewer.member, kind, subject=("memo", memo_id))
