"""A code's quotes beside those of the codes around it, as somebody may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.adjudication.final_codes import current_answers
from app.adjudication.models import FinalCode
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.curation.quotes import Found, Quote, QuoteReader, Wanted
from app.curation.recodings_told import ToldRecoding, told_recodings
from app.methods.context import InContext, in_context
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import choices, rounds_of
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

ON_A_PAGE = 24
OF_A_SIBLING = 4
MOST_BESIDE = 6


@dataclass(frozen=True)
class Card:
    """final: names of the final codes of its incident in this dimension, where the viewer was shown them.

    submitted_as: the code it was submitted under, where that is another. mover: who put it here.
    """

    quote: Quote
    words: InContext
    coder: Membership
    is_own: bool
    final: tuple[str, ...]
    submitted_as: str
    mover: Membership | None


@dataclass(frozen=True)
class Section:
    """cards: of the page asked for, or the first few."""

    code: CodeEntry
    cards: tuple[Card, ...]
    total: int
    hidden: int


@dataclass(frozen=True)
class QuotesPage:
    """main: of the code itself; None for a category, which bears no quotes. beside: of the codes around it.

    is_coding: whether the viewer codes in a round just now, so that incidents are kept from them here.
    """

    code: CodeEntry
    dimension: DimensionEntry
    path: tuple[CodeEntry, ...]
    wanted: Wanted
    beside_id: int | None
    page: int
    pages: int
    main: Section | None
    beside: tuple[Section, ...]
    around: tuple[CodeEntry, ...]
    recodings: tuple[ToldRecoding, ...]
    cohorts: tuple[str, ...]
    coders: tuple[Membership, ...]
    rounds: tuple[Round, ...]
    is_coding: bool
    may_move: bool

    @property
    def hidden(self) -> int:
        return sum(each.hidden for each in self.sections)

    @property
    def sections(self) -> list[Section]:
        return [*([self.main] if self.main else []), *self.beside]

    @property
    def asked(self) -> dict[str, str]:
        """The filters as fields of a form or an address."""
        return fields_of(self.wanted, self.beside_id)

    @property
    def query(self) -> str:
        return urlencode(self.asked)

    @property
    def is_narrowed(self) -> bool:
        return self.wanted != Wanted(of=self.wanted.of)

    @property
    def cohort_options(self) -> list[tuple[str, str]]:
        return [("", "All"), *((cohort, cohort) for cohort in self.cohorts)]

    @property
    def round_options(self) -> list[tuple[str | int, str]]:
        return [("", "All"), *((each.number, each.name) for each in self.rounds)]

    @property
    def coder_options(self) -> list[tuple[str | int, str]]:
        return [("", "All"), *((member.id, member.name) for member in self.coders)]

    @property
    def beside_options(self) -> list[tuple[str | int, str]]:
        every = f"The first {MOST_BESIDE}" if len(self.around) > MOST_BESIDE else "All"
        return [("", every), *((code.id, code.name) for code in self.around)]


def fields_of(wanted: Wanted, beside_id: int | None) -> dict[str, str]:
    every = {
        "cohort": wanted.cohort,
        "round": "" if wanted.round_number is None else str(wanted.round_number),
        "coder": "" if wanted.coder_id is None else str(wanted.coder_id),
        "of": "" if wanted.of == "last" else wanted.of,
        "beside": "" if beside_id is None else str(beside_id),
    }
    return {name: value for name, value in every.items() if value}


def shown_code(session: Session, viewer: Viewer, code_id: int) -> tuple[Codebook, CodeEntry]:
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    code = codebook.codes.get(code_id)
    if code is None or codebook.dimension(code.dimension_id) is None:
        raise NotFound
    return codebook, code


def codes_around(codebook: Codebook, code: CodeEntry) -> list[CodeEntry]:
    """Its siblings; of a category the codes in it; of a code that was split its parts. In the order of the tree,
    categories left out."""
    if code.status == "split":
        return [part for part in codebook.parts_of(code.id) if part.can_be_applied]
    parent = code.id if code.is_category else code.parent_id
    found = [entry for entry in codebook.appliable(code.dimension_id) if entry.id != code.id]
    return [entry for entry in found if (entry.parent_id if entry.parent_id in codebook.codes else None) == parent]


def codes_beside(around: Sequence[CodeEntry], beside_id: int | None) -> list[CodeEntry]:
    """Those that stand beside it on the page: the one asked for, or the first few."""
    chosen = [entry for entry in around if entry.id == beside_id]
    return chosen or list(around[:MOST_BESIDE])


def quotes_page(
    session: Session, viewer: Viewer, code_id: int, wanted: Wanted, *, beside_id: int | None = None, page: int = 1
) -> QuotesPage:
    codebook, code = shown_code(session, viewer, code_id)
    dimension = codebook.dimension(code.dimension_id)
    assert dimension is not None
    reader = QuoteReader(session, viewer, codebook, code.dimension_id)
    around = codes_around(codebook, code)
    found: list[tuple[CodeEntry, Found]] = []
    if not code.is_category:
        found.append((code, reader.found(code.id, wanted, size=ON_A_PAGE, page=page)))
    few = ON_A_PAGE if beside_id else OF_A_SIBLING
    found += [(entry, reader.found(entry.id, wanted, size=few)) for entry in codes_beside(around, beside_id)]
    sight = Sight.of(session, viewer, codebook, dimension.id, [quote for _, each in found for quote in each.shown])
    sections = [Section(entry, sight.cards(each.shown), each.total, each.hidden) for entry, each in found]
    members = sight.members
    coder_ids = {key for _, each in found for key in each.coder_ids}
    untold = {move.evidence_id for move in reader.moved_away(code.id) if not reader.is_told(move)}
    main = sections[0] if not code.is_category else None
    return QuotesPage(
        code=code,
        dimension=dimension,
        path=tuple(_path(codebook, code)),
        wanted=wanted,
        beside_id=beside_id,
        page=found[0][1].page if main else 1,
        pages=found[0][1].pages if main else 1,
        main=Section(main.code, main.cards, main.total, main.hidden + len(untold)) if main else None,
        beside=tuple(sections if main is None else sections[1:]),
        around=tuple(around),
        recodings=tuple(told_recodings(session, viewer, codebook, code, members)),
        cohorts=tuple(choices(session, viewer.study.id).cohorts),
        coders=tuple(members[key] for key in sorted(coder_ids)),
        rounds=tuple(each for each in rounds_of(session, viewer.study.id) if is_open_to_others(each)),
        is_coding=bool(reader.closed),
        may_move=viewer.may_rule and main is not None,
    )


@dataclass(frozen=True)
class Sight:
    """What cards are made from: finals are the rows that the viewer was shown."""

    viewer: Viewer
    codebook: Codebook
    members: Mapping[int, Membership]
    finals: Mapping[int, Sequence[FinalCode]]

    @classmethod
    def of(
        cls, session: Session, viewer: Viewer, codebook: Codebook, dimension_id: int, quotes: Sequence[Quote]
    ) -> "Sight":
        opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "final_code")
        answers = current_answers(session, viewer.study.id, dimension_id, {quote.incident.id for quote in quotes})
        finals = {key: rows for key, rows in answers.items() if all(row.id in opened for row in rows)}
        return cls(viewer, codebook, members_by_id(session, viewer.study.id), finals)

    def cards(self, quotes: Sequence[Quote]) -> tuple[Card, ...]:
        return tuple(self._card(quote) for quote in quotes)

    def final_names(self, incident_id: int) -> tuple[str, ...]:
        rows = self.finals.get(incident_id, ())
        return tuple(said(self.codebook, row) for row in rows)

    def _card(self, quote: Quote) -> Card:
        moved = quote.move.recoding if quote.move else None
        stands = moved.to_code_id if moved else quote.code_id
        merged_or_moved = moved is not None or merged_end(self.codebook, stands) != quote.code_id
        return Card(
            quote=quote,
            words=in_context(quote.incident.text or "", quote.start, quote.end),
            coder=self.members[quote.member_id],
            is_own=quote.member_id == self.viewer.member.id,
            final=self.final_names(quote.incident.id),
            submitted_as=name_of(self.codebook, quote.code_id) if merged_or_moved else "",
            mover=self.members.get(moved.member_id) if moved else None,
        )


def said(codebook: Codebook, row: FinalCode) -> str:
    if row.code_id is not None:
        return name_of(codebook, row.code_id)
    return {"none_applies": "none applies", "not_enough_information": "not enough information"}[row.state]


def merged_end(codebook: Codebook, code_id: int) -> int:
    """Where mergers took a code, be that split by now or not."""
    code = codebook.codes.get(code_id)
    while code is not None and code.merged_into_id is not None:
        code_id, code = code.merged_into_id, codebook.codes.get(code.merged_into_id)
    return code_id


def name_of(codebook: Codebook, code_id: int) -> str:
    code = codebook.codes.get(code_id)
    return code.name if code else "another code"


def _path(codebook: Codebook, code: CodeEntry) -> list[CodeEntry]:
    above: list[CodeEntry] = []
    while code.parent_id is not None and (parent := codebook.codes.get(code.parent_id)) is not None:
        above.insert(0, parent)
        code = parent
    return above
