"""Which incidents a round takes: what fits, less what a reliability round must not meet, then the draw."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.methods.sampling import Sample, draw, draw_strata, equal_quotas, proportional_quotas
from app.problems import Invalid
from app.rounds import queries
from app.rounds.known import known_incidents
from app.rounds.named import named_incidents
from app.web.forms import whole_number

TAKES = ("all", "sample", "strata", "listed")
CODED = ("any", "not_yet", "before")
QUOTAS = ("equal", "proportional", "each")
MOST_TOLD = 20
NONE_LEFT = {
    "not_yet": "Every incident that fits is coded or waits in a round. Take coded ones too, or import more.",
    "before": "None of the incidents that fit was coded before, or each waits in a round. Take all, or end that round.",
}


class NothingFits(Invalid):
    """No incident fits this filter. Widen it, or import incidents first."""


class AllKeptOut(Invalid):
    """Every incident that fits is an example, was discussed or was ruled on, so none can measure reliability."""


class UnknownSampling(Invalid):
    """The plan holds a choice that does not exist."""


class QuotaUnreadable(Invalid):
    """A line of the quotas is not “name: number”."""


@dataclass(frozen=True)
class Wanted:
    """filters: cohort, service, severity, words. quotas: how n falls on the strata; quota_lines where each has its own.

    listed: numbers or ids, as typed; to it no filter applies.
    """

    purpose: str
    filters: Mapping[str, str]
    coded: str
    take: str
    n: int = 0
    strata_by: str = "cohort"
    quotas: str = "equal"
    quota_lines: str = ""
    listed: str = ""


@dataclass(frozen=True)
class Stratum:
    name: str
    size: int
    quota: int


@dataclass(frozen=True)
class KeptOut:
    """By the first reason that holds."""

    examples: int = 0
    discussed: int = 0
    ruled: int = 0

    @property
    def total(self) -> int:
        return self.examples + self.discussed + self.ruled


@dataclass(frozen=True)
class Chosen:
    """population: how many the sample was drawn from."""

    sample: Sample
    population: int
    kept_out: KeptOut
    strata: list[Stratum] = field(default_factory=list)


def choose(session: Session, study_id: int, wanted: Wanted, seed: int) -> Chosen:
    """Raises NothingFits, AllKeptOut, TooFewIncidents and what a list or quotas do not tell."""
    is_known = wanted.take in TAKES and wanted.quotas in QUOTAS and wanted.coded in CODED
    if not is_known or wanted.strata_by not in queries.STRATA:
        raise UnknownSampling
    if wanted.take == "listed":
        ids = named_incidents(session, study_id, wanted.listed)
    else:
        ids = _fitting(session, study_id, wanted)
    if not ids:
        raise NothingFits
    kept_out = KeptOut()
    if wanted.purpose == "reliability":
        ids, kept_out = without_known(session, study_id, ids)
        if not ids:
            raise AllKeptOut
    if wanted.take == "sample":
        return Chosen(draw(ids, wanted.n, seed), len(ids), kept_out)
    if wanted.take == "strata":
        return _stratified(session, study_id, wanted, ids, kept_out, seed)
    return Chosen(Sample.of(ids, None if wanted.take == "listed" else 1.0), len(ids), kept_out)


def _fitting(session: Session, study_id: int, wanted: Wanted) -> list[int]:
    """Not yet coded: without a submitted answer or final code. Neither these nor what was coded before may be waiting
    in a round planned or running."""
    ids = queries.candidate_incident_ids(session, study_id, **wanted.filters)
    if wanted.coded == "any":
        return ids
    coded, waiting = known_incidents(session, study_id).coded, queries.waiting_incident_ids(session, study_id)
    free = [one for one in ids if one not in waiting]
    left = [one for one in free if (one in coded) == (wanted.coded == "before")]
    if ids and not left:
        raise NothingFits(NONE_LEFT[wanted.coded])
    return left


def without_known(session: Session, study_id: int, ids: Collection[int]) -> tuple[list[int], KeptOut]:
    """Those that can measure reliability, and why the others cannot."""
    codes = disclosed_codebook(session, study_id).codes.values()
    examples = {example.get("incident_id") for code in codes for example in code.examples}
    known = known_incidents(session, study_id)
    reasons = Counter(
        "examples" if one in examples else "discussed" if one in known.discussed else "ruled"
        for one in ids
        if one in examples or one in known.discussed or one in known.ruled
    )
    seen = examples | known.discussed | known.ruled
    return [one for one in ids if one not in seen], KeptOut(**reasons)


def _stratified(
    session: Session, study_id: int, wanted: Wanted, ids: Collection[int], kept_out: KeptOut, seed: int
) -> Chosen:
    value_of = queries.strata_of(session, study_id, wanted.strata_by)
    strata: dict[str, list[int]] = {}
    for one in ids:
        strata.setdefault(value_of[one] or f"no {wanted.strata_by}", []).append(one)
    sizes = {name: len(strata[name]) for name in sorted(strata)}
    if wanted.quotas == "each":
        quotas = read_quotas(wanted.quota_lines, sizes, wanted.strata_by)
    else:
        share = equal_quotas if wanted.quotas == "equal" else proportional_quotas
        quotas = share(sizes, wanted.n)
    sample = draw_strata(strata, quotas, seed)
    return Chosen(sample, len(ids), kept_out, [Stratum(name, sizes[name], quotas.get(name, 0)) for name in sizes])


def read_quotas(lines: str, sizes: Mapping[str, int], by: str) -> dict[str, int]:
    """Of lines such as `GenAI: 20`; what no line names gives none."""
    there = ", ".join(f"{name} ({size})" for name, size in list(sizes.items())[:MOST_TOLD])
    quotas: dict[str, int] = {}
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        name, _, typed = (part.strip() for part in line.rpartition(":"))
        number = whole_number(typed)
        if not name or number is None:
            raise QuotaUnreadable(f"“{line[:60]}” is not a quota. Write “name: number”, one a line, of: {there}.")
        if name not in sizes:
            raise QuotaUnreadable(f"There is no {by} “{name[:60]}” among the incidents that fit. There is: {there}.")
        if name in quotas:
            raise QuotaUnreadable(f"“{name[:60]}” has two quotas. Keep one.")
        quotas[name] = number
    if not quotas:
        raise QuotaUnreadable(f"Write how many of each {by}, as “name: number”, one a line, of: {there}.")
    return quotas
