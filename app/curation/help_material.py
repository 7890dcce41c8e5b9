"""What goes into a question about the codebook, and what of it leaves. Made anew each time it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.curation import help_policy as policy
from app.curation import help_queries as queries
from app.curation.help_models import CodebookHelp
from app.curation.help_prompt import CodeLine, Material
from app.curation.help_queries import AppliedQuote
from app.ledger import budget
from app.ledger.actions import prompt_sha256
from app.llm.marks import fresh_mark, preview_mark
from app.llm.port import Question
from app.problems import NotFound
from app.studies.models import Study
from app.studies.viewer import Viewer
from app.suggestions.leaving import Leaving

PARAMETERS: dict[str, Any] = {"temperature": 0}
MOST_NEIGHBOURS = 40


@dataclass(frozen=True)
class Chosen:
    """What one question is made of, before anything is taken out of it.

    held_back: quotes that are left out since their incidents are being coded, or will be by the one who asks.
    more: quotes beyond what one question takes.
    """

    kind: str
    dimension: DimensionEntry
    codebook_seq: int
    codes: tuple[CodeEntry, ...] = ()
    beside: tuple[CodeEntry, ...] = ()
    code: CodeEntry | None = None
    quotes: tuple[AppliedQuote, ...] = ()
    held_back: int = 0
    more: int = 0

    @property
    def kept(self) -> dict[str, list[int]]:
        """For `CodebookHelp.material`."""
        return {
            "code_ids": [each.id for each in self.codes],
            "beside_ids": [each.id for each in self.beside],
            "evidence_ids": [each.evidence_id for each in self.quotes],
        }


@dataclass(frozen=True)
class Leaves:
    """What leaves for one question, under the study's rules. has_cap: so the length of the reply is limited, too."""

    material: Material
    leaving: Leaving
    has_cap: bool

    @property
    def version(self) -> str:
        return self.leaving.version

    @property
    def preview(self) -> Question:
        """What would be sent, byte for byte but for the random mark."""
        return self._question(preview_mark(self.material.text))

    @property
    def fingerprint(self) -> str:
        """Of what the asker saw."""
        return prompt_sha256(self.preview.system, self.preview.user)

    def question(self) -> Question:
        return self._question(fresh_mark(self.material.text))

    def _question(self, mark: str) -> Question:
        question = self.material.question(mark=mark, parameters=PARAMETERS)
        return budget.within(question) if self.has_cap else question


def leaves(session: Session, study_id: int, chosen: Chosen, *, redaction: str = "") -> Leaves:
    """redaction: with which it was asked for; a study that asks for it later is heeded at once, too."""
    study = session.get_one(Study, study_id)
    leaving = Leaving.of(study, asked_for=redaction)

    def line(code: CodeEntry, *, whole: bool = True) -> CodeLine:
        name, definition = leaving.of_text(code.name).text, leaving.of_text(code.definition).text
        if not whole:
            return CodeLine(code.id, name, definition)
        return CodeLine(
            code.id, name, definition, leaving.of_text(code.use_when).text, leaving.of_text(code.not_when).text
        )

    material = Material(
        kind=chosen.kind,
        dimension=leaving.of_text(chosen.dimension.name).text,
        asks=leaving.of_text(chosen.dimension.question).text,
        codes=tuple(map(line, chosen.codes)),
        beside=tuple(line(code, whole=False) for code in chosen.beside),
        code=line(chosen.code) if chosen.code else None,
        quotes=tuple(leaving.of_text(quote.words).text for quote in chosen.quotes),
    )
    return Leaves(material, leaving, budget.has_cap(session, study_id))


def of_dimension(session: Session, study_id: int, dimension_id: int, kind: str) -> Chosen:
    """Of the codes that everybody may see whole. Raises TooFewCodes and TooManyCodes."""
    codebook = disclosed_codebook(session, study_id)
    dimension = active_dimension(codebook, dimension_id)
    codes, beside = codebook.appliable(dimension_id), list[CodeEntry]()
    if kind == "categories":
        shown = {code.id for code in codebook.codes_of(dimension_id)}
        codes = [code for code in codes if code.parent_id not in shown]
        beside = [code for code in codebook.codes_of(dimension_id) if code.is_category]
    if len(codes) < 2:
        raise policy.TooFewCodes
    if len(codes) + len(beside) > policy.MOST_CODES:
        raise policy.TooManyCodes
    by_id = tuple(sorted(codes, key=lambda code: code.id))
    return Chosen(kind, dimension, codebook.codebook_seq, by_id, tuple(beside))


def of_code(session: Session, viewer: Viewer, code_id: int) -> Chosen:
    """The quotes of rounds whose answers are open, one an incident first. Without quotes there is nothing to ask."""
    study_id = viewer.study.id
    codebook = disclosed_codebook(session, study_id)
    code = codebook.codes.get(code_id)
    dimension = codebook.dimension(code.dimension_id) if code else None
    if code is None or dimension is None or not code.can_be_applied:
        raise NotFound
    found = queries.quotes_of_codes(session, study_id, queries.lineage(codebook, code_id))
    incident_ids = {quote.incident_id for quote in found}
    held = queries.being_coded(session, study_id, incident_ids)
    held |= queries.still_to_code(session, study_id, viewer.member.id, incident_ids)
    free = [quote for quote in found if quote.incident_id not in held]
    quotes = spread(free)[: policy.MOST_QUOTES]
    return Chosen(
        kind="definition",
        dimension=dimension,
        codebook_seq=codebook.codebook_seq,
        beside=_neighbours(codebook, code),
        code=code,
        quotes=tuple(quote for quote in free if quote in quotes),
        held_back=len(found) - len(free),
        more=len(free) - len(quotes),
    )


def as_asked(session: Session, asked: CodebookHelp) -> Chosen | None:
    """What an asking was made of. None: quotes of it may not be sent any more."""
    codebook = disclosed_codebook(session, asked.study_id, seq=asked.codebook_seq)
    dimension = codebook.dimension(asked.dimension_id)
    if dimension is None:
        return None
    kept = asked.material
    quotes = queries.quotes_by_id(session, asked.study_id, kept["evidence_ids"])
    if len(quotes) < len(kept["evidence_ids"]):
        return None
    if queries.being_coded(session, asked.study_id, {quote.incident_id for quote in quotes}):
        return None
    place = {evidence_id: at for at, evidence_id in enumerate(kept["evidence_ids"])}
    return Chosen(
        kind=asked.kind,
        dimension=dimension,
        codebook_seq=asked.codebook_seq,
        codes=tuple(codebook.codes[each] for each in kept["code_ids"] if each in codebook.codes),
        beside=tuple(codebook.codes[each] for each in kept["beside_ids"] if each in codebook.codes),
        code=codebook.codes.get(asked.code_id) if asked.code_id is not None else None,
        quotes=tuple(sorted(quotes, key=lambda quote: place[quote.evidence_id])),
    )


def active_dimension(codebook: Codebook, dimension_id: int) -> DimensionEntry:
    dimension = codebook.dimension(dimension_id)
    if dimension is None or dimension.status != "active":
        raise NotFound
    return dimension


def spread(quotes: Sequence[AppliedQuote]) -> list[AppliedQuote]:
    """The first of each incident before the second of any."""
    nth: dict[int, int] = {}
    ranked = []
    for quote in quotes:
        nth[quote.incident_id] = nth.get(quote.incident_id, 0) + 1
        ranked.append((nth[quote.incident_id], quote))
    return [quote for _, quote in sorted(ranked, key=lambda each: each[0])]


def _neighbours(codebook: Codebook, code: CodeEntry) -> tuple[CodeEntry, ...]:
    """What stands beside it, else anything of the dimension."""
    others = [each for each in codebook.appliable(code.dimension_id) if each.id != code.id]
    beside = [each for each in others if each.parent_id == code.parent_id] or others
    return tuple(beside[:MOST_NEIGHBOURS])
