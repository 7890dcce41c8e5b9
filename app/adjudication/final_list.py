"""The final answer of every incident and dimension, and which have none yet; a page of thousands at a time.

What was settled is told where the member was shown it: the final code itself, or the ruling that made it (promise 3).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from app.adjudication.models import BASES, FinalCode, Ruling
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import DimensionEntry
from app.coding.models import ANSWER_STATES, Exposure
from app.incidents.models import Incident, IncidentExclusion
from app.rounds.models import Round, RoundIncident
from app.studies.viewer import Viewer
from app.web.forms import whole_number

OPEN = "open"  # in the place of a basis
FINAL = "final_code"


@dataclass(frozen=True)
class Wanted:
    """ "" and None take all. basis: one of BASES, or 'open'. code: an id, or a kind of answer. round: its number;
    what is open in it is of it too."""

    basis: str = ""
    dimension: int | None = None
    code: int | str = ""
    round: int | None = None


@dataclass(frozen=True)
class Slot:
    """One dimension of one incident. basis '': nothing is final. codes: (code, is it the main one), as told only where
    is_opened."""

    incident_id: int
    label: str
    title: str
    dimension: DimensionEntry
    basis: str
    round_id: int | None
    ruling_id: int | None
    ruled_by: int | None
    at: datetime | None
    state: str
    codes: tuple[tuple[int, bool], ...]
    row_ids: tuple[int, ...]
    is_opened: bool

    @property
    def key(self) -> tuple[int, int]:
        return self.incident_id, self.dimension.id


class FinalAnswers:
    """Of one study, as one member may see them. Questions go to the database with what is wanted."""

    def __init__(self, session: Session, viewer: Viewer) -> None:
        self._session, self._viewer = session, viewer
        self._dimensions = {each.id: each for each in disclosed_codebook(session, viewer.study.id).dimensions}

    @property
    def dimensions(self) -> Sequence[DimensionEntry]:
        return tuple(self._dimensions.values())

    def by_basis(self, wanted: Wanted) -> Counter[str]:
        """Counts under each basis, 'open' among them, whichever is chosen."""
        if not self._dimensions:
            return Counter()
        basis = func.coalesce(cast(self._final.c.basis, Text), OPEN)
        rows = self._slots(replace(wanted, basis="")).with_only_columns(basis, func.count()).group_by(basis)
        return Counter(dict(self._session.execute(rows).all()))

    def by_code(self, wanted: Wanted) -> Counter[int | str]:
        """Counts under each code or kind of answer, of what was opened."""
        if not self._dimensions:
            return Counter()
        final, counts = self._final, Counter[int | str]()
        opened = self._slots(replace(wanted, code="")).where(final.c.is_opened)
        rows = opened.with_only_columns(final.c.state, final.c.codes, func.count()).group_by("state", "codes")
        for state, codes, times in self._session.execute(rows):
            for code in codes if state == "coded" else [state]:
                counts[code] += times
        return counts

    def page(self, wanted: Wanted, *, size: int, offset: int) -> list[Slot]:
        """By the number of the incident and the place of the dimension."""
        if not self._dimensions:
            return []
        rows = self._slots(wanted).order_by(Incident.number, self._asked.c.position, self._asked.c.dimension_id)
        return [self._slot(*row) for row in self._session.execute(rows.limit(size).offset(offset))]

    def closed(self, wanted: Wanted) -> list[tuple[int, int, Sequence[int]]]:
        """(incident, round, ids of final codes) of what fits, but for the code, and was not opened."""
        final = self._final
        if not self._dimensions:
            return []
        rows = self._slots(replace(wanted, code="")).where(final.c.is_opened.is_(False))
        columns = (Incident.id, final.c.round_id, final.c.row_ids)
        found = self._session.execute(rows.with_only_columns(*columns))
        return [(incident_id, round_id, row_ids) for incident_id, round_id, row_ids in found]

    def is_final(self, incident_id: int, dimension_id: int) -> bool:
        final = self._final.c
        here = select(func.count()).where(final.incident_id == incident_id, final.dimension_id == dimension_id)
        return dimension_id in self._dimensions and bool(self._session.scalar(here))

    @cached_property
    def _asked(self) -> Any:
        """Dimensions in their order."""
        listed = values(column("dimension_id", BigInteger), column("position", Integer), name="asked")
        return listed.data([(key, place) for place, key in enumerate(self._dimensions)])

    @cached_property
    def _final(self) -> CTE:
        return _final_answers(self._viewer)

    def _slots(self, wanted: Wanted) -> Select[Any]:
        final, asked, study_id = self._final, self._asked, self._viewer.study.id
        excluded = select(IncidentExclusion.incident_id).where(
            IncidentExclusion.study_id == study_id, IncidentExclusion.ended_at.is_(None)
        )
        of_slot = and_(final.c.incident_id == Incident.id, final.c.dimension_id == asked.c.dimension_id)
        return (
            select(Incident.id, Incident.number, Incident.external_id, Incident.title, asked.c.dimension_id, final)
            .select_from(Incident)
            .join(asked, true())
            .outerjoin(final, of_slot)
            .where(Incident.study_id == study_id, Incident.id.not_in(excluded), *self._fits(wanted))
        )

    def _fits(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        final, fits = self._final, list[ColumnElement[bool]]()
        if wanted.basis:
            fits.append(final.c.basis.is_(None) if wanted.basis == OPEN else final.c.basis == wanted.basis)
        if wanted.dimension is not None:
            fits.append(self._asked.c.dimension_id == wanted.dimension)
        if wanted.round is not None:
            fits.append(or_(final.c.number == wanted.round, and_(final.c.basis.is_(None), self._is_in(wanted.round))))
        if wanted.code in ANSWER_STATES:
            fits.append(and_(final.c.is_opened, final.c.state == wanted.code))
        elif wanted.code != "":
            fits.append(and_(final.c.is_opened, literal(wanted.code, BigInteger) == any_(final.c.codes)))
        return fits

    def _is_in(self, number: int) -> ColumnElement[bool]:
        """Whether the incident was coded in this round, so that what it left open is listed with it."""
        of_round = and_(Round.study_id == RoundIncident.study_id, Round.id == RoundIncident.round_id)
        return (
            select(RoundIncident.id)
            .join(Round, of_round)
            .where(
                RoundIncident.study_id == self._viewer.study.id,
                RoundIncident.incident_id == Incident.id,
                Round.number == number,
            )
            .exists()
        )

    def _slot(
        self, incident_id: int, number: int, external_id: str | None, title: str, dimension_id: int, *final: Any
    ) -> Slot:
        _, _, basis, round_id, _, ruling_id, ruled_by, at, state, codes, mains, row_ids, is_opened = final
        told = zip(codes or (), mains or (), strict=True) if is_opened else ()
        return Slot(
            incident_id=incident_id,
            label=external_id or f"#{number}",
            title=title,
            dimension=self._dimensions[dimension_id],
            basis=basis or "",
            round_id=round_id,
            ruling_id=ruling_id,
            ruled_by=ruled_by,
            at=at,
            state=state if is_opened else "",
            codes=tuple((code, is_main) for code, is_main in told if code is not None),
            row_ids=tuple(row_ids or ()),
            is_opened=bool(is_opened),
        )


def read_wanted(asked: Any) -> Wanted:
    """From an address; what is no choice is as if it had not been asked for."""
    from_address = {name: asked.get(name, "") for name in ("basis", "dimension", "code", "round")}
    number = {name: whole_number(typed) for name, typed in from_address.items()}
    code = from_address["code"] if from_address["code"] in ANSWER_STATES else number["code"]
    return Wanted(
        basis=from_address["basis"] if from_address["basis"] in (*BASES, OPEN) else "",
        dimension=number["dimension"],
        code="" if code is None else code,
        round=number["round"],
    )


def _final_answers(viewer: Viewer) -> CTE:
    """The current ones of rounds that are open to others, one row each: a round that was reopened hides its own."""
    shown, read = aliased(Exposure), aliased(Exposure)
    study_id, member_id, row = viewer.study.id, viewer.member.id, FinalCode

    def seen(exposure: Any, kind: str, key: Any) -> ColumnElement[bool]:
        return and_(
            exposure.study_id == study_id,
            exposure.member_id == member_id,
            exposure.incident_id == row.incident_id,
            exposure.kind == kind,
            exposure.subject_id == key,
        )

    opened = or_(shown.id.is_not(None), read.id.is_not(None), func.coalesce(Ruling.member_id, 0) == member_id)
    return (
        select(
            row.incident_id,
            row.dimension_id,
            func.min(row.basis).label("basis"),
            func.min(row.round_id).label("round_id"),
            func.min(Round.number).label("number"),
            func.min(row.ruling_id).label("ruling_id"),
            func.min(Ruling.member_id).label("ruled_by"),
            func.max(row.at).label("at"),
            func.min(row.state).label("state"),
            func.array_agg(aggregate_order_by(row.code_id, row.id)).label("codes"),
            func.array_agg(aggregate_order_by(row.is_main, row.id)).label("mains"),
            func.array_agg(aggregate_order_by(row.id, row.id)).label("row_ids"),
            func.bool_and(opened).label("is_opened"),
        )
        .join(Round, and_(Round.study_id == row.study_id, Round.id == row.round_id))
        .outerjoin(Ruling, and_(Ruling.study_id == row.study_id, Ruling.id == row.ruling_id))
        .outerjoin(shown, seen(shown, FINAL, row.id))
        .outerjoin(read, seen(read, "ruling", row.ruling_id))
        .where(row.study_id == study_id, row.superseded_at.is_(None), Round.phase.in_(("settling", "closed")))
        .group_by(row.incident_id, row.dimension_id)
        .cte("final")
    )
