"""The history of the codebook: act after act, the newest first, with the words of what changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.codebook import past_acts, queries
from app.codebook.models import CodebookVersion, CodeRevision, DimensionRevision
from app.codebook.past_acts import KINDS, PastCode, PastDimension, Wanted
from app.codebook.reading import may_read_whole
from app.codebook.told_changes import ToldChange, told_code, told_dimension
from app.codebook.tree import Codebook, CodeEntry
from app.problems import NotFound
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.web.forms import whole_number
from app.web.paging import page_at

A_PAGE = 30
IN_FULL = 12  # codes of one act; of further ones the names are told
NAMED = 300
KIND_WORDS = {
    "edited": "reworded",
    "promoted": "made a category",
    "demoted": "made a code again",
    "dimension_changed": "put to another dimension",
    past_acts.OF_DIMENSIONS: "a dimension changed",
    past_acts.OF_VERSIONS: "a version was named",
}


@dataclass
class PastAct:
    """One codebook_seq. held_by: the first version that has it. more: names of codes not told in full."""

    at: datetime
    who: str
    member_id: int | None
    reason: str
    held_by: str = ""
    version: CodebookVersion | None = None
    dimensions: list[ToldChange] = field(default_factory=list)
    codes: list[ToldChange] = field(default_factory=list)
    more: list[str] = field(default_factory=list)

    @property
    def named(self) -> list[str]:
        return self.more[:NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.more[NAMED:])


@dataclass(frozen=True)
class Asked:
    """The filters as the address spells them; blank takes all."""

    dimension: str = ""
    member: str = ""
    kind: str = ""
    find: str = ""
    code: str = ""

    def wanted(self) -> Wanted:
        """What cannot be a dimension or a member is not found; a kind that there is not takes all."""
        kind = self.kind if self.kind in KINDS else ""
        return Wanted(_key(self.dimension), _key(self.member), kind, self.find.strip(), _key(self.code))

    @property
    def any(self) -> bool:
        return bool(self.dimension or self.member or self.kind or self.find.strip() or self.code)


@dataclass(frozen=True)
class HistoryPage:
    """code: the one whose history it is; None for that of the codebook."""

    asked: Asked
    code: CodeEntry | None
    acts: list[PastAct]
    found: int
    at: int
    pages: int
    dimensions: list[tuple[str, str]]
    members: list[tuple[str, str]]
    kinds: list[tuple[str, str]]


def history_page(session: Session, viewer: Viewer, asked: Asked, at: int) -> HistoryPage:
    study_id, member_id, wanted = viewer.study.id, viewer.member.id, asked.wanted()
    codebook = queries.visible_codebook(session, study_id, member_id)
    members = members_by_id(session, study_id)
    seqs = past_acts.act_seqs(session, study_id, member_id, wanted)
    at, pages = page_at(at, len(seqs), A_PAGE)
    dimensions = (*codebook.dimensions, *codebook.retired_dimensions)
    return HistoryPage(
        asked=asked,
        code=_code(viewer, codebook, wanted.code_id),
        acts=_acts(session, viewer, wanted, seqs[(at - 1) * A_PAGE : at * A_PAGE], codebook, members),
        found=len(seqs),
        at=at,
        pages=pages,
        dimensions=[("", "all"), *((str(each.id), each.name) for each in dimensions)],
        members=[("", "everybody"), *((str(each.id), each.name) for each in members.values())],
        kinds=[("", "all"), *((each, KIND_WORDS.get(each, each)) for each in KINDS)],
    )


def _acts(
    session: Session,
    viewer: Viewer,
    wanted: Wanted,
    seqs: Sequence[int],
    codebook: Codebook,
    members: Mapping[int, Membership],
) -> list[PastAct]:
    study_id = viewer.study.id
    of_act: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for revision_id, seq, name in past_acts.code_revisions_of(session, study_id, viewer.member.id, wanted, seqs):
        of_act[seq].append((revision_id, name))
    in_full = [revision_id for rows in of_act.values() for revision_id, _ in rows[:IN_FULL]]
    codes = past_acts.past_codes(session, study_id, in_full)
    dimensions: dict[int, list[PastDimension]] = defaultdict(list)
    for past in past_acts.past_dimensions(session, study_id, wanted, seqs):
        dimensions[past.revision.codebook_seq].append(past)
    named = {each.codebook_seq: each for each in past_acts.named_versions(session, study_id, wanted, seqs)}
    versions = queries.versions(session, study_id)
    found = []
    for seq in seqs:
        told = [codes[revision_id] for revision_id, _ in of_act[seq][:IN_FULL]]
        act = _act(told, dimensions[seq], named.get(seq), codebook, members)
        act.more = [name for _, name in of_act[seq][IN_FULL:]]
        act.held_by = first_holding(versions, seq)
        found.append(act)
    return found


def _act(
    codes: Sequence[PastCode],
    dimensions: Sequence[PastDimension],
    version: CodebookVersion | None,
    codebook: Codebook,
    members: Mapping[int, Membership],
) -> PastAct:
    revisions: list[CodeRevision | DimensionRevision] = [each.revision for each in codes]
    revisions += [each.revision for each in dimensions]
    first = revisions[0] if revisions else version
    assert first is not None
    return PastAct(
        at=first.at,
        who=who_did(members, first.member_id),
        member_id=first.member_id,
        reason="; ".join(dict.fromkeys(each.reason for each in revisions if each.reason)),
        version=version,
        dimensions=[told_dimension(each.earlier, each.entry, codebook) for each in dimensions],
        codes=[told_code(each.earlier, each.entry, codebook, codebook) for each in codes],
    )


def who_did(members: Mapping[int, Membership], member_id: int | None) -> str:
    member = members.get(member_id) if member_id is not None else None
    return member.name if member else "The operator"


def first_holding(versions: Sequence[CodebookVersion], seq: int) -> str:
    """The name of the first version that has an act; '' where none has it yet."""
    holding = [each for each in versions if each.codebook_seq >= seq]
    return min(holding, key=lambda each: each.codebook_seq).name if holding else ""


def _code(viewer: Viewer, codebook: Codebook, code_id: int | None) -> CodeEntry | None:
    if code_id is None:
        return None
    code = codebook.codes.get(code_id)
    if code is None or not may_read_whole(viewer, code):
        raise NotFound
    return code


def _key(typed: str) -> int | None:
    if not typed:
        return None
    key = whole_number(typed)
    if key is None:
        raise NotFound
    return key
