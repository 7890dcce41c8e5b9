"""The closer look at one dimension of a round: who agrees with whom, which codes are taken for which, and on what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.agreement.closer_matrix import (
    ConfusedLine,
    Matrix,
    PairLine,
    confused_lines,
    confusion_matrix,
    pair_lines,
    pair_matrix,
)
from app.agreement.closer_words import Cell, Place, token_of
from app.agreement.figures import NONE_APPLIES, NOT_ENOUGH, Value
from app.agreement.page import AgreementPage
from app.agreement.shown import Shown, code_name
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.coding.open_incidents import open_incidents
from app.rounds.looks import LookLine, looks_at
from app.rounds.models import Round
from app.rounds.queries import coders, incident_ids_of
from app.studies.models import Membership
from app.studies.viewer import Viewer

if TYPE_CHECKING:
    from app.agreement.closer_evidence import EvidenceFound
    from app.agreement.closer_figures import RepeatsOfCoder
    from app.methods.agreement.inclusion import Inclusion

LISTED = 8  # pairs of codes before the rest is folded


@dataclass(frozen=True)
class RepeatLine:
    """One coder against themselves. query: of incidents on which the two passes are apart; '' where none are."""

    member: Membership
    place: int
    alpha: Shown
    percent: Shown
    found: "RepeatsOfCoder"
    query: str


@dataclass(frozen=True)
class EvidenceLine:
    members: tuple[Membership, Membership]
    places: tuple[int, int]
    share: Shown


@dataclass(frozen=True)
class EvidenceLook:
    found: "EvidenceFound"
    share: Shown
    pairs: list[EvidenceLine]
    query: str


@dataclass(frozen=True)
class InclusionLook:
    found: "Inclusion"
    percent: Shown
    alpha: Shown
    query: str


@dataclass(frozen=True)
class CloserLook:
    """veiled: the reader still codes some of the incidents elsewhere, so that counts of a few are kept from them.

    queries: of what stands beside the figures, by its name.
    """

    place: Place
    veiled: bool
    pairs: list[PairLine]
    pair_heat: Matrix | None
    confused: list[ConfusedLine]
    confusion_heat: Matrix | None
    evidence: EvidenceLook
    repeats: list[RepeatLine]
    inclusion: InclusionLook
    looks: list[LookLine]
    queries: dict[str, str] = field(default_factory=dict)

    def behind_code(self, token: str) -> str:
        return self.place.query(Cell("code", (), (token,)))

    @property
    def folded(self) -> list[ConfusedLine]:
        return self.confused[LISTED:]


def closer_look(session: Session, viewer: Viewer, found: AgreementPage) -> CloserLook | None:
    """None where the row has no figure, as while new codes wait to be pooled: there is nothing to look at then."""
    coding_round = found.coding_round
    row = found.chosen.row if found.chosen else None
    if row is None or row.report is None:
        return None
    from app.agreement.closer_figures import closer_figures  # numpy: not before there is something to count

    figures = closer_figures(session, coding_round, row)
    place = Place.of(coding_round, found.asked, row)
    members = coders(session, coding_round)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id, seq=row.lens.seq)
    veiled = is_veiled(session, viewer, coding_round)

    def name_of(value: Value | None) -> str:
        return value_name(value, codebook)

    lines = pair_lines(figures.pairs, members, place, veiled=veiled)
    takes_many = row.dimension.takes_many
    return CloserLook(
        place=place,
        veiled=veiled,
        pairs=lines,
        pair_heat=pair_matrix(figures.pairs, lines),
        confused=confused_lines(figures.confusion, name_of, place, veiled=veiled),
        confusion_heat=None if takes_many else confusion_matrix(figures.confusion, name_of, place, veiled=veiled),
        evidence=_evidence(figures.evidence, members, place),
        repeats=_repeats(figures.repeats, members, place),
        inclusion=_inclusion(figures.inclusion, place),
        looks=looks_at(session, coding_round),
        queries={
            name: place.beside.query(Cell("code", (), (token_of(value),)))
            for name, value in (("none_applies", NONE_APPLIES), ("not_enough", NOT_ENOUGH))
        },
    )


def is_veiled(session: Session, viewer: Viewer, coding_round: Round) -> bool:
    open_to_them = open_incidents(session, viewer.study.id, viewer.member.id)
    return bool(open_to_them and open_to_them & incident_ids_of(session, coding_round))


def value_name(value: Value | None, codebook: Codebook) -> str:
    return "nothing in its place" if value is None else code_name(value, codebook)


def _evidence(found: "EvidenceFound", members: Sequence[Membership], place: Place) -> EvidenceLook:
    at = {member.id: number for number, member in enumerate(members)}
    lines = [
        EvidenceLine(
            members=(members[at[first]], members[at[second]]),
            places=(at[first], at[second]),
            share=Shown.of_share(share),
        )
        for (first, second), share in found.pairs
    ]
    query = place.query(Cell("evidence")) if found.disjoint else ""
    return EvidenceLook(found, Shown.of_share(found.share), lines, query)


def _repeats(found: Sequence["RepeatsOfCoder"], members: Sequence[Membership], place: Place) -> list[RepeatLine]:
    at = {member.id: number for number, member in enumerate(members)}
    return [
        RepeatLine(
            member=members[at[each.member_id]],
            place=at[each.member_id],
            alpha=Shown.of(each.measures.alpha),
            percent=Shown.of_share(each.measures.percent),
            found=each,
            query=place.query(Cell("repeats", (each.member_id,))) if each.apart else "",
        )
        for each in found
    ]


def _inclusion(found: "Inclusion", place: Place) -> InclusionLook:
    query = place.query(Cell("skipped")) if found.skipped_by_some else ""
    return InclusionLook(found, Shown.of_share(found.percent), Shown.of(found.alpha), query)
