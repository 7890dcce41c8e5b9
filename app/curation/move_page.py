"""What moving quotes would do, before it is done: by incident, with what is final there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adjudication.final_codes import current_answers
from app.codebook.tree import CodeEntry, DimensionEntry
from app.curation.quotes import Quote, QuoteReader, by_incident, lineage
from app.curation.quotes_page import Card, Sight, shown_code
from app.curation.recoding_policy import may_be_target
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class MovingIncident:
    """One incident of which quotes are moved, and what its final answer would be.

    final: names of what is final now. is_hidden: something is final that the viewer was not shown. bears: whether it
    bears the code. others: quotes of the code there that were not chosen. keeps: whether the code stays beside the new.
    """

    cards: tuple[Card, ...]
    final: tuple[str, ...]
    is_hidden: bool
    bears: bool
    others: int
    keeps: bool

    @property
    def quote(self) -> Quote:
        return self.cards[0].quote


@dataclass(frozen=True)
class MovePage:
    code: CodeEntry
    dimension: DimensionEntry
    incidents: tuple[MovingIncident, ...]
    targets: tuple[CodeEntry, ...]
    seen_final_ids: tuple[int, ...]

    @property
    def evidence_ids(self) -> list[int]:
        return [card.quote.evidence_id for each in self.incidents for card in each.cards]

    @property
    def is_hidden(self) -> bool:
        return any(each.is_hidden for each in self.incidents)

    @property
    def target_options(self) -> list[tuple[int | str, str]]:
        return [("", "A new code, named below"), *((code.id, code.name) for code in self.targets)]


def move_page(
    session: Session, viewer: Viewer, code_id: int, evidence_ids: Collection[int], keeps_on: Collection[int] | None
) -> MovePage:
    """keeps_on: as it was chosen; None: where other quotes of the code stay."""
    codebook, code = shown_code(session, viewer, code_id)
    dimension = codebook.dimension(code.dimension_id)
    assert dimension is not None
    reader = QuoteReader(session, viewer, codebook, code.dimension_id)
    quotes = [quote for quote in reader.chosen(code.id, evidence_ids) if quote.may_be_moved]
    sight = Sight.of(session, viewer, codebook, code.dimension_id, quotes)
    grouped = by_incident(quotes)
    current = current_answers(session, viewer.study.id, code.dimension_id, grouped.keys())
    standing = reader.on_incidents(code.id, grouped.keys())
    bearing = lineage(codebook, code.id)
    moving = []
    for incident_id, chosen in grouped.items():
        others = [each for each in standing if each.incident.id == incident_id and not _among(each, chosen)]
        bears = any(row.code_id in bearing for row in sight.finals.get(incident_id, ()))
        stays = dimension.takes_many and bears
        moving.append(
            MovingIncident(
                cards=sight.cards(chosen),
                final=sight.final_names(incident_id),
                is_hidden=incident_id in current and incident_id not in sight.finals,
                bears=bears,
                others=len(others),
                keeps=stays and (bool(others) if keeps_on is None else incident_id in keeps_on),
            )
        )
    targets = [entry for entry in codebook.appliable(code.dimension_id) if entry.id != code.id and may_be_target(entry)]
    seen = tuple(row.id for key, rows in current.items() if key in sight.finals for row in rows)
    return MovePage(code, dimension, tuple(moving), tuple(targets), seen)


def _among(quote: Quote, chosen: Sequence[Quote]) -> bool:
    """The same words, also where two coders marked a little more or less of them."""
    return any(quote.overlaps(each) for each in chosen)
