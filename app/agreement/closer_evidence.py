"""Whether coders who gave the same code rest it on the same words. Loads numpy: import it where it is used."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy.orm import Session

from app.agreement.closer_source import Source
from app.coding.handed_in_evidence import evidence_spans
from app.methods.agreement.evidence import EvidenceAgreement, evidence_agreement
from app.methods.agreement.results import Coefficient
from app.methods.spans import Span

NO_EVIDENCE = "Nobody marked evidence on this dimension."
Codes = dict[Hashable, Sequence[Span]]
Marked = dict[Hashable, dict[int, Codes]]  # incident -> member -> code as compared -> its spans


@dataclass(frozen=True)
class EvidenceFound:
    """compared: same codes of which two coders or more marked evidence; disjoint: those without a character in common;
    without: pairs of same codes of which one coder or both marked none. pairs: (members, share), as far as they met."""

    share: Coefficient
    compared: int
    disjoint: int
    without: int
    pairs: tuple[tuple[tuple[int, int], Coefficient], ...]


def evidence_found(session: Session, source: Source) -> EvidenceFound:
    spans = evidence_spans(session, source.coding_round, source.dimension.id)
    if not spans:  # as of a file of ratings, of any size
        return EvidenceFound(Coefficient(None, None, None, 0, NO_EVIDENCE, "none"), 0, 0, 0, ())
    marked = _marked(source, spans)
    found = evidence_agreement(marked)
    overlaps = [each.overlap for each in found.per_code if each.overlap is not None]
    members = sorted({member_id for given in marked.values() for member_id in given})
    return EvidenceFound(
        share=found.share,
        compared=len(overlaps),
        disjoint=sum(overlap == 0 for overlap in overlaps),
        without=sum(each.pairs_without for each in found.per_code),
        pairs=tuple((pair, _of_pair(marked, pair).share) for pair in combinations(members, 2)),
    )


def disjoint_incidents(session: Session, source: Source) -> set[int]:
    """Where two coders gave the same code and have no character of their evidence in common."""
    spans = evidence_spans(session, source.coding_round, source.dimension.id)
    found = {each.unit for each in evidence_agreement(_marked(source, spans)).per_code if each.overlap == 0}
    return {incident_id for incident_id in source.units if incident_id in found}


def _of_pair(marked: Marked, pair: tuple[int, int]) -> EvidenceAgreement:
    return evidence_agreement({i: {m: given[m] for m in pair if m in given} for i, given in marked.items()})


def _marked(source: Source, spans: Mapping[tuple[int, int], Sequence[Span]]) -> Marked:
    """Codes that became one since share their evidence."""
    work = source.work
    places = work.answers(source.chosen, source.dimension.id)
    at, of = work.at[places], work.submissions
    columns = (of.incidents[at], of.members[at], of.ids[at], work.said_at[places])
    found: Marked = {}
    for incident_id, member_id, submission_id, said_at in zip(*(column.tolist() for column in columns), strict=True):
        codes = work.said[said_at][1]
        found.setdefault(incident_id, {})[member_id] = _of_answer(source, submission_id, codes, spans)
    return found


def _of_answer(
    source: Source, submission_id: int, codes: Sequence[int], spans: Mapping[tuple[int, int], Sequence[Span]]
) -> Codes:
    found: Codes = {}
    for code_id in codes:
        code = source.code_of(code_id)
        if code is not None:
            found[code] = [*found.get(code, ()), *spans.get((submission_id, code_id), ())]
    return found
