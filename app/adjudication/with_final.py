"""How far each coder's answers are the final ones: percent and Cohen's kappa, with and without the rulings on which
the coder had a say. Of closed rounds only: until then what is final may change.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.models import Ruling
from app.adjudication.overruled import own_outcomes
from app.adjudication.queries import Compared
from app.adjudication.walk import Finals, Said, current_finals, said_of
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, DimensionEntry
from app.methods.agreement import Coefficient
from app.rounds.models import Round
from app.rounds.queries import rounds_of
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

FINAL = "final"
NONE_LEFT = Coefficient(None, None, None, 0, "every answer was ruled on with a say of this coder", "")


@dataclass(frozen=True)
class Pair:
    """One answer of a coder beside the final one. had_a_say: the coder made the ruling or took part in it."""

    own: Hashable
    final: Hashable
    had_a_say: bool


@dataclass(frozen=True)
class Against:
    """own_rulings: how many of the answers were ruled on with a say of the coder's. What others ruled on is None where
    that is all of them."""

    coder: Membership
    dimension: DimensionEntry
    percent: Coefficient
    kappa: Coefficient
    own_rulings: int
    percent_of_others: Coefficient | None
    kappa_of_others: Coefficient | None


@dataclass(frozen=True)
class WithFinal:
    """lines: by coder, then dimension. single: answers left out, as the only coder's answer is the final one."""

    lines: tuple[Against, ...]
    rounds: tuple[Round, ...]
    single: int
    closed: int


def with_final(session: Session, viewer: Viewer) -> WithFinal:
    """A lead sees all coders; anybody else themselves, and of themselves what they opened (promise 3).

    What a coder answered in several rounds counts once, as they answered it in the newest of them.
    """
    rounds = [each for each in rounds_of(session, viewer.study.id) if each.phase == "closed"]
    opened, closed = _own_places(session, viewer)
    codebook, members = disclosed_codebook(session, viewer.study.id), members_by_id(session, viewer.study.id)
    says = _says(session, viewer.study.id)
    newest: dict[tuple[int, int, int], tuple[int, Pair]] = {}  # coder, incident, dimension -> round
    single: set[tuple[int, int]] = set()
    for coding_round in rounds:
        found = queries.compared(session, coding_round)
        finals = current_finals(session, viewer.study.id, {each.incident_id for each in found})
        for each in found:
            final = finals.get(each.key)
            if final is None:
                continue
            if final.rows[0].basis == "single_coder":
                single.add(each.key)
                continue
            for coder_id, pair in _pairs(codebook, each, final, says):
                newest.setdefault((coder_id, *each.key), (coding_round.id, pair))
    pairs: defaultdict[tuple[int, int], list[Pair]] = defaultdict(list)
    for (coder_id, incident_id, dimension_id), (round_id, pair) in newest.items():
        is_own = coder_id == viewer.member.id
        if (round_id, incident_id, dimension_id) in opened if is_own else viewer.leads:
            pairs[coder_id, dimension_id].append(pair)
    return WithFinal(tuple(_lines(codebook, members, pairs)), tuple(rounds), len(single), closed)


def _own_places(session: Session, viewer: Viewer) -> tuple[set[tuple[int, int, int]], int]:
    """(round, incident, dimension) of the viewer's opened outcomes, and how many are not opened."""
    everything = [(r.id, each) for r, found in own_outcomes(session, viewer) for each in found]
    opened = {(round_id, *each.key) for round_id, each in everything if each.is_open}
    return opened, len(everything) - len(opened)


def _says(session: Session, study_id: int) -> dict[int, set[int]]:
    """Ruling -> who made it and took part in it. Of all rounds: what is final may have been ruled in a later one."""
    rulings = session.scalars(select(Ruling).where(Ruling.study_id == study_id)).all()
    beside = queries.participants(session, rulings)
    return {ruling.id: {ruling.member_id, *beside[ruling.id]} for ruling in rulings}


def _pairs(
    codebook: Codebook, found: Compared, final: Finals, says: Mapping[int, set[int]]
) -> Sequence[tuple[int, Pair]]:
    """Of each coder who answered, under the codes that live now."""
    ruling_id = final.rows[0].ruling_id
    of_ruling = says.get(ruling_id, set()) if ruling_id is not None else set()
    made = []
    for work in found.works:
        reply = work.answers.get(found.dimension_id)
        if reply is not None:
            coder_id = work.submission.member_id
            pair = Pair(_value(codebook, said_of(reply)), _value(codebook, final.said), coder_id in of_ruling)
            made.append((coder_id, pair))
    return made


def _value(codebook: Codebook, said: Said) -> Hashable:
    """The whole answer: its state and its codes, merged ones under the code that they live on in."""
    return said.state, frozenset(codebook.living(code_id) or code_id for code_id in said.code_ids)


def _lines(
    codebook: Codebook, members: Mapping[int, Membership], pairs: Mapping[tuple[int, int], Sequence[Pair]]
) -> Sequence[Against]:
    dimensions = {each.id: each for each in codebook.dimensions}
    ordered = sorted(
        (members[coder_id].name.casefold(), coder_id, dimensions[dimension_id].position, dimension_id)
        for coder_id, dimension_id in pairs
        if dimension_id in dimensions
    )
    return [
        _against(members[coder_id], dimensions[dimension_id], pairs[coder_id, dimension_id])
        for _, coder_id, _, dimension_id in ordered
    ]


def _against(coder: Membership, dimension: DimensionEntry, pairs: Sequence[Pair]) -> Against:
    of_others = [pair for pair in pairs if not pair.had_a_say]
    percent, kappa = _measured(pairs)
    apart = _measured(of_others) if len(of_others) < len(pairs) else (None, None)
    return Against(coder, dimension, percent, kappa, len(pairs) - len(of_others), *apart)


def _measured(pairs: Sequence[Pair]) -> tuple[Coefficient, Coefficient]:
    from app.methods.agreement import count_patterns, measures_of  # numpy: not before there is something to count

    if not pairs:
        return NONE_LEFT, NONE_LEFT
    table = [{"coder": pair.own, FINAL: pair.final} for pair in pairs]
    measures = measures_of(count_patterns(table), sets=False)
    return measures.percent, measures.kappa or measures.alpha
