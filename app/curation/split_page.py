"""The incidents that a split left unresolved, one after the other, as somebody who may settle them is shown them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.curation.quotes_page import Card, Sight, said, shown_code
from app.curation.recoding_models import Recoding
from app.curation.recoding_policy import NotSplit
from app.curation.recodings_told import ToldRecoding, told_recodings
from app.curation.split_work import Case, in_order, split_work, standing_parts
from app.incidents.models import Incident
from app.incidents.queries import incident, incidents_by_id
from app.methods.text import paragraphs
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

MOST_KEYS = 9


@dataclass(frozen=True)
class Line:
    """One that is left, in the list. is_here: the page shows it."""

    incident: Incident
    bears: bool
    is_here: bool


@dataclass(frozen=True)
class ShownCase:
    """final: names of what is final. seen_final_ids: its rows. text: of the incident, by paragraphs."""

    incident: Incident
    bears: bool
    cards: tuple[Card, ...]
    final: tuple[str, ...]
    seen_final_ids: tuple[int, ...]
    text: tuple[str, ...]


@dataclass(frozen=True)
class SplitPage:
    """lines: what is left and was opened. hidden: what an opening would show. quoted: of what is left, how many bear it
    in quotes only. reason: the one that the viewer gave last."""

    code: CodeEntry
    dimension: DimensionEntry
    parts: tuple[CodeEntry, ...]
    others: tuple[CodeEntry, ...]
    lines: tuple[Line, ...]
    case: ShownCase | None
    previous_id: int | None
    next_id: int | None
    left: int
    quoted: int
    hidden: int
    settled: int
    waiting: int
    recodings: tuple[ToldRecoding, ...]
    reason: str

    @property
    def keyed_parts(self) -> list[tuple[str, CodeEntry]]:
        """With the digit that chooses each; '' where there are none left."""
        return [(str(at) if at <= MOST_KEYS else "", part) for at, part in enumerate(self.parts, start=1)]

    @property
    def other_options(self) -> list[tuple[int | str, str]]:
        return [("", "Choose"), *((each.id, each.name) for each in self.others)]


def split_code_of(session: Session, viewer: Viewer, code_id: int) -> tuple[Codebook, CodeEntry]:
    codebook, code = shown_code(session, viewer, code_id)
    if code.status != "split":
        raise NotSplit
    return codebook, code


def split_page(session: Session, viewer: Viewer, code_id: int, incident_id: int | None) -> SplitPage:
    """incident_id: the one to show; where it is not left, the first that is."""
    codebook, code = split_code_of(session, viewer, code_id)
    dimension = codebook.dimension(code.dimension_id)
    assert dimension is not None
    work = split_work(session, viewer, codebook, code)
    incidents = incidents_by_id(session, viewer.study.id, work.cases.keys())
    numbers = {key: each.number for key, each in incidents.items()}
    every = in_order(work.cases, numbers)
    opened = [each for each in every if each.is_opened]
    recodings = told_recodings(session, viewer, codebook, code, members_by_id(session, viewer.study.id))
    told = {each.recoding.id for each in recodings}
    untold = {key for key, recoding_id in work.told_of if recoding_id not in told}
    at = next((place for place, each in enumerate(opened) if each.incident_id == incident_id), 0)
    here = opened[at] if opened else None
    parts = standing_parts(codebook, code)
    return SplitPage(
        code=code,
        dimension=dimension,
        parts=tuple(parts),
        others=tuple(each for each in codebook.appliable(code.dimension_id) if each not in parts),
        lines=tuple(Line(incidents[each.incident_id], each.bears, each is here) for each in opened),
        case=_shown(session, viewer, codebook, code, here) if here else None,
        previous_id=opened[at - 1].incident_id if at > 0 else None,
        next_id=opened[at + 1].incident_id if at + 1 < len(opened) else None,
        left=len(every),
        quoted=sum(not each.bears for each in every),
        hidden=len({each.incident_id for each in every if not each.is_opened} | untold),
        settled=len(work.settled),
        waiting=work.waiting,
        recodings=tuple(recodings),
        reason=_last_reason(session, viewer, code),
    )


def _shown(session: Session, viewer: Viewer, codebook: Codebook, code: CodeEntry, case: Case) -> ShownCase:
    found = incident(session, viewer.study.id, case.incident_id)
    sight = Sight.of(session, viewer, codebook, code.dimension_id, case.quotes)
    text = found.text or ""
    return ShownCase(
        incident=found,
        bears=case.bears,
        cards=sight.cards(case.quotes),
        final=tuple(said(codebook, row) for row in case.final),
        seen_final_ids=tuple(row.id for row in case.final),
        text=tuple(text[start:end] for start, end in paragraphs(text)),
    )


def _last_reason(session: Session, viewer: Viewer, code: CodeEntry) -> str:
    own = (Recoding.study_id == viewer.study.id, Recoding.member_id == viewer.member.id)
    query = select(Recoding.reason).where(*own, Recoding.from_code_id == code.id).order_by(Recoding.id.desc()).limit(1)
    return session.scalar(query) or ""
