"""A round of two coders whose quotes are compared, and everybody who may look at them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.models import SubmittedCode, SubmittedEvidence
from app.curation import recoding
from app.curation.move_page import move_page
from app.curation.quotes import Wanted
from app.curation.quotes_page import QuotesPage, quotes_page
from app.curation.recoding import MoveWords
from app.curation.recoding_models import Recoding
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests import makers
from tests.adjudication.conftest import Table, make_table


def span(words: str) -> tuple[int, int]:
    start = makers.TEXT.index(words)
    return start, start + len(words)


WORDS = {words: span(words) for words in ("gateway", "bad config push", "returned", "rolled the")}


@dataclass
class Quotes:
    """Ada and Ben quote for codes of a question that takes one code (cause), and of one that takes many (symptom)."""

    table: Table

    @property
    def session(self) -> Session:
        return self.table.session

    def quotes(
        self,
        coder: Viewer,
        code: CodeEntry,
        *spans: tuple[int, int],
        at: int = 0,
        coding_round: Round | None = None,
        main: bool = False,
    ) -> None:
        """Applied, with these quotes; not handed in yet."""
        own = makers.assignment_of(self.session, coder, coding_round or self.table.coding_round, self.incident(at))
        where = {"dimension_id": code.dimension_id, "code_id": code.id}
        makers.act(self.session, coder, own, "toggle_code", **where)
        for start, end in spans:
            makers.act(
                self.session, coder, own, "add_evidence", **where, start=start, end=end, quote=makers.TEXT[start:end]
            )
        if main:
            makers.act(self.session, coder, own, "set_main", **where)

    def hands_in(self, coder: Viewer, *, at: int = 0, coding_round: Round | None = None) -> None:
        own = makers.assignment_of(self.session, coder, coding_round or self.table.coding_round, self.incident(at))
        makers.act(self.session, coder, own, "submit", incomplete=True)

    def incident(self, at: int) -> Incident:
        return self.table.incidents[at]

    def page(self, viewer: Viewer, code: CodeEntry, wanted: Wanted | None = None, **how: object) -> QuotesPage:
        self.session.expire_all()
        return quotes_page(self.session, viewer, code.id, wanted or Wanted(), **how)

    def opens(self, viewer: Viewer, *codes: CodeEntry, wanted: Wanted | None = None) -> None:
        recoding.open_quotes(self.session, viewer, [code.id for code in codes], wanted or Wanted())

    def ids(self, viewer: Viewer, code: CodeEntry, *, at: int | None = None) -> list[int]:
        """Quotes that the viewer is shown under a code, of one incident or of all."""
        main = self.page(viewer, code).main
        wanted = None if at is None else self.incident(at).id
        return [c.quote.evidence_id for c in main.cards if wanted in (None, c.quote.incident.id)]

    def moves(self, viewer: Viewer, code: CodeEntry, quote_ids: list[int], to: CodeEntry | None, **more) -> Recoding:
        seen = move_page(self.session, viewer, code.id, quote_ids, None).seen_final_ids
        said = {"to_id": to.id if to else None, "reason": "They tell of another cause.", "seen_final_ids": seen}
        return recoding.move_quotes(self.session, viewer, code.id, MoveWords(quote_ids, **(said | more)))

    def final(self, dimension: DimensionEntry, *, at: int = 0) -> set[tuple[str, bool, str]]:
        """(code, is it the main one, basis) of what is final now."""
        self.session.expire_all()
        names = {code.id: code.name for code in self.codes()}
        rows = self.session.scalars(
            select(FinalCode).where(
                FinalCode.incident_id == self.incident(at).id,
                FinalCode.dimension_id == dimension.id,
                FinalCode.superseded_at.is_(None),
            )
        )
        return {(names.get(row.code_id, row.state), row.is_main, row.basis) for row in rows}

    def codes(self) -> list[CodeEntry]:
        table = self.table
        return [table.config, table.network, table.human, table.slow, table.down]

    def submitted(self) -> list[tuple[object, ...]]:
        codes = self.session.execute(select(SubmittedCode.id, SubmittedCode.code_id).order_by(SubmittedCode.id))
        spans = self.session.execute(
            select(SubmittedEvidence.id, SubmittedEvidence.submitted_code_id, SubmittedEvidence.quote).order_by(
                SubmittedEvidence.id
            )
        )
        return [*map(tuple, codes), *map(tuple, spans)]


def make_quotes(session: Session, *, incidents: int = 3, **plan: object) -> Quotes:
    """INC-1: both say Configuration, Ada quotes twice, Ben once. INC-2: Ada says Configuration, Ben Network. INC-3:
    both say Network. Symptom of INC-1: both say Slow answers (main) and Outage."""
    found = Quotes(make_table(session, incidents=incidents, **plan))
    table = found.table
    found.quotes(table.ada, table.config, WORDS["gateway"], WORDS["bad config push"])
    found.quotes(table.ben, table.config, WORDS["gateway"])
    for coder in (table.ada, table.ben):
        found.quotes(coder, table.slow, WORDS["gateway"], WORDS["rolled the"], main=True)
        found.quotes(coder, table.down, WORDS["returned"])
    found.quotes(table.ada, table.config, WORDS["bad config push"], at=1)
    found.quotes(table.ben, table.network, WORDS["gateway"], at=1)
    for coder in (table.ada, table.ben):
        found.quotes(coder, table.network, WORDS["gateway"], at=2)
    for at in range(3):
        for coder in (table.ada, table.ben):
            found.hands_in(coder, at=at)
    return found
