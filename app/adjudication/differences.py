"""How far the coders of a round are apart, everywhere at once and by column: what its queue is made from.

The same as app/adjudication/compared.py finds one by one, for rounds of thousands of incidents. What was handed in
never changes, so that the lines are shared between looks until something comes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.coding.models import SubmittedCode, SubmittedEvidence
from app.db.shared import shared_by_sessions
from app.methods.disagreement import Comparison, Reply, compare, majority_reply
from app.methods.spans import Span, overlap
from app.methods.teaching import Pair, pairs_met, teaches, times_confused
from app.rounds.models import Round

if TYPE_CHECKING:
    from app.coding.handed_in import HandedIn

Key = tuple[int, int]  # incident, dimension
Pattern = tuple[Reply | None, ...]
LITTLE_OVERLAP = 0.25  # of the characters that either coder marked, in both
LINES_OF_A_SHARE = 5_000  # about a megabyte


@dataclass(frozen=True, slots=True)
class Line:
    """One dimension of one incident that somebody answered.

    submission_ids: the last one of each coder, as coder_ids. apart: coders who replied differently, two by two.
    met: codes, or kinds of answer, that stand against one another; teaches: how often the most confused of them met in
    this round. evidence: of those who agree on codes, the mean overlap of what they marked for them.
    """

    incident_id: int
    dimension_id: int
    coder_ids: tuple[int, ...]
    submission_ids: tuple[int, ...]
    comparison: Comparison
    apart: tuple[tuple[int, int], ...]
    met: frozenset[Pair]
    teaches: int
    has_majority: bool
    is_skipped: bool
    evidence: float | None

    @property
    def key(self) -> Key:
        return self.incident_id, self.dimension_id

    @property
    def differs_in_evidence(self) -> bool:
        return self.evidence is not None and self.evidence <= LITTLE_OVERLAP


@dataclass(frozen=True)
class _Told:
    """What a pattern of replies tells, whoever gave them. apart: places, two by two."""

    comparison: Comparison
    apart: tuple[tuple[int, int], ...]
    met: frozenset[Pair]
    has_majority: bool


def lines(session: Session, coding_round: Round) -> tuple[Line, ...]:
    """Of the last submissions of the first pass, by incident and dimension. Raises StillBlind while the round runs."""
    from app.coding.handed_in import handed_in  # numpy: not before there is something to compare

    work = handed_in(session, coding_round)
    shared = shared_by_sessions(session)
    if shared is None:
        return _lines(session, coding_round, work)
    key = "differences", coding_round.study_id, coding_round.id
    kept: tuple[object, tuple[Line, ...]] | None = shared.find(key)
    if kept is not None and kept[0] == work.state:
        return kept[1]
    made = _lines(session, coding_round, work)
    shared.keep(key, (work.state, made), weight=1 + len(made) // LINES_OF_A_SHARE)
    return made


def _lines(session: Session, coding_round: Round, work: "HandedIn") -> tuple[Line, ...]:
    coders, replies = _by_coder(work, _mains(session, coding_round))
    told: dict[Pattern, _Told] = {}
    patterns: dict[Key, Pattern] = {}
    for key, given in replies.items():
        pattern = tuple(given.get(place) for _, place, _ in coders[key[0]])
        patterns[key] = pattern
        if pattern not in told:
            told[pattern] = _told(pattern)
    evidence = _evidence(session, coding_round, work, coders, {k: told[p].comparison for k, p in patterns.items()})
    times = _times(coders, patterns)
    found = []
    for key in sorted(patterns):
        here, each = coders[key[0]], told[patterns[key]]
        members = tuple(member for member, _, _ in here)
        found.append(
            Line(
                *key,
                coder_ids=members,
                submission_ids=tuple(int(work.submissions.ids[place]) for _, place, _ in here),
                comparison=each.comparison,
                apart=tuple((members[one], members[other]) for one, other in each.apart),
                met=each.met,
                teaches=teaches(each.met, times[key[1]]) if each.met else 0,
                has_majority=each.has_majority,
                is_skipped=any(skipped for _, _, skipped in here),
                evidence=evidence.get(key),
            )
        )
    return tuple(found)


def _by_coder(
    work: "HandedIn", mains: Mapping[Key, int]
) -> tuple[dict[int, list[tuple[int, int, bool]]], dict[Key, dict[int, Reply]]]:
    """incident -> (member, place of the submission, is it a skip), by member; and key -> place -> reply."""
    submissions, last = work.submissions, work.submissions.is_last
    coders: dict[int, list[tuple[int, int, bool]]] = {}
    for place in last.nonzero()[0].tolist():
        entry = int(submissions.members[place]), place, bool(submissions.skipped[place])
        coders.setdefault(int(submissions.incidents[place]), []).append(entry)
    for entries in coders.values():
        entries.sort()
    bare = [Reply(state, frozenset(codes)) for state, codes in work.said]
    replies: dict[Key, dict[int, Reply]] = {}
    chosen = last[work.at].nonzero()[0]
    ids, incidents = submissions.ids.tolist(), submissions.incidents.tolist()
    columns = (work.at[chosen].tolist(), work.dimensions[chosen].tolist(), work.said_at[chosen].tolist())
    for place, dimension_id, said_at in zip(*columns, strict=True):
        reply, main = bare[said_at], mains.get((ids[place], dimension_id))
        if main is not None:
            reply = Reply(reply.state, reply.codes, main)
        replies.setdefault((incidents[place], dimension_id), {})[place] = reply
    return coders, replies


def _told(pattern: Pattern) -> _Told:
    places = combinations(range(len(pattern)), 2)
    return _Told(
        comparison=compare(pattern),
        apart=tuple((one, other) for one, other in places if pattern[one] != pattern[other]),
        met=frozenset(pairs_met(_value(reply) for reply in pattern if reply is not None)),
        has_majority=majority_reply(pattern) is not None,
    )


def _value(reply: Reply) -> frozenset[Any]:
    """Its codes; another kind of answer stands for itself."""
    return reply.codes or frozenset((reply.state,))


def _times(
    coders: Mapping[int, Sequence[tuple[int, int, bool]]], patterns: Mapping[Key, Pattern]
) -> dict[int, dict[Pair, int]]:
    """Dimension -> how often each two codes met in the whole round."""
    from app.methods.agreement import code_confusion, count_set_patterns

    tables: dict[int, list[dict[int, frozenset[Any]]]] = {}
    for (incident_id, dimension_id), pattern in patterns.items():
        given = zip(coders[incident_id], pattern, strict=True)
        row = {member: _value(reply) for (member, _, _), reply in given if reply is not None}
        tables.setdefault(dimension_id, []).append(row)
    return {
        dimension_id: times_confused(code_confusion(count_set_patterns(table)).confused)
        for dimension_id, table in tables.items()
    }


def _evidence(
    session: Session,
    coding_round: Round,
    work: "HandedIn",
    coders: Mapping[int, Sequence[tuple[int, int, bool]]],
    comparisons: Mapping[Key, Comparison],
) -> dict[Key, float]:
    """Of dimensions on whose codes all agree and which two or more coders quoted for."""
    agreed = {key for key, comparison in comparisons.items() if comparison.kind == "unanimous"}
    place_of = {int(work.submissions.ids[place]): (incident_id, member)
                for incident_id, entries in coders.items() for member, place, _ in entries}  # fmt: skip
    units: dict[Key, dict[int, dict[Any, list[Span]]]] = {}
    for submission_id, dimension_id, code_id, start, end in _quotes(session, coding_round):
        incident_id, member = place_of.get(submission_id, (0, 0))
        if (incident_id, dimension_id) in agreed:
            of_member = units.setdefault((incident_id, dimension_id), {}).setdefault(member, {})
            of_member.setdefault(code_id, []).append(Span(start, end))
    overlaps = {key: _overlap(list(given.values())) for key, given in units.items()}
    return {key: shared for key, shared in overlaps.items() if shared is not None}


def _overlap(given: Sequence[Mapping[Any, Sequence[Span]]]) -> float | None:
    """The mean over their codes of the mean over pairs of coders who both marked something for it."""
    codes = {code for marked in given for code in marked}
    shares = [
        [overlap(one, other) or 0.0 for one, other in combinations([each[code] for each in given if code in each], 2)]
        for code in codes
    ]
    means = [sum(of_code) / len(of_code) for of_code in shares if of_code]
    return sum(means) / len(means) if means else None


def _quotes(session: Session, coding_round: Round) -> Iterable[tuple[int, int, int, int, int]]:
    code, span = SubmittedCode, SubmittedEvidence
    of_code = (span.study_id == code.study_id) & (span.submitted_code_id == code.id)
    columns = (code.submission_id, code.dimension_id, code.code_id, span.start, span.end)
    query = select(*(func.array_agg(column) for column in columns)).select_from(code).join(span, of_code)
    return zip(*_of_round(session, coding_round, query), strict=True)


def _mains(session: Session, coding_round: Round) -> dict[Key, int]:
    """(submission, dimension) -> its main code, where it has one."""
    code = SubmittedCode
    columns = (code.submission_id, code.dimension_id, code.code_id)
    query = select(*(func.array_agg(column) for column in columns)).where(code.is_main)
    return {
        (submission_id, dimension_id): code_id
        for submission_id, dimension_id, code_id in zip(*_of_round(session, coding_round, query), strict=True)
    }


def _of_round(session: Session, coding_round: Round, query: Any) -> list[Sequence[int]]:
    """All values of a column at once: row by row they take seconds."""
    of_round = (SubmittedCode.study_id == coding_round.study_id, SubmittedCode.round_id == coding_round.id)
    return [values or () for values in session.execute(query.where(*of_round)).one()]
