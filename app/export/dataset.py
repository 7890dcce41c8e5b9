"""The labelled data set as CSV, long and wide, and the ratings that agreement reads. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from app.codebook.tree import Codebook
from app.coding.submissions import SubmittedReply, SubmittedWork
from app.export.queries import FinalAnswer, RoundData, StudyData
from app.export.writing import ExportFile
from app.incidents.models import Incident

LONG = (
    "incident",
    "title",
    "cohort",
    "service",
    "severity",
    "started_at",
    "round",
    "dimension",
    "rater",
    "pass",
    "state",
    "code",
    "main",
    "origin",
    "independent",
    "basis",
    "quotes",
)
WIDE = (*LONG[:8], "final_state", "final_codes", "final_main", "basis")
RATINGS = ("unit", "rater", "dimension", "value", "state", "round", "pass", "independent")
FINAL = "(final)"
BETWEEN = "; "


def long_file(data: StudyData) -> ExportFile:
    """One row a code: by each coder as last handed in, then the final one (rater '(final)').

    None applies and not enough information are rows without a code; a dimension that was not coded has no row.
    quotes: a JSON list of the evidence, as it stands in the text.
    """
    rows = (row for found in data.rounds for row in _long_rows(data, found))
    return ExportFile(f"{data.study.slug}-dataset-long.csv", "text/csv; charset=utf-8", _csv(LONG, rows))


def wide_file(data: StudyData) -> ExportFile:
    """One row an incident and dimension: final codes, basis, then two columns a coder: codes and quotes."""
    raters = _raters(data)
    header = [*WIDE, *(f"{name}: {what}" for name in raters.values() for what in ("codes", "quotes"))]
    rows = (row for found in data.rounds for row in _wide_rows(data, found, list(raters)))
    return ExportFile(f"{data.study.slug}-dataset-wide.csv", "text/csv; charset=utf-8", _csv(header, rows))


def ratings_file(data: StudyData) -> ExportFile:
    """First submissions, one row a code, in the form that `tandem agreement` reads; a blank value: none applies."""
    rows = (row for found in data.rounds for row in _rating_rows(data, found))
    return ExportFile(f"{data.study.slug}-ratings.csv", "text/csv; charset=utf-8", _csv(RATINGS, rows))


def _long_rows(data: StudyData, found: RoundData) -> Iterator[Sequence[object]]:
    for incident in found.incidents:
        for dimension in data.codebook.dimensions:
            about = (*_about(incident), found.coding_round.name, dimension.name)
            for work, reply in found.replies(incident.id, dimension.id):
                rater = (data.members[work.submission.member_id].name, work.pass_)
                yield from _reply_rows(data.codebook, about, rater, work, reply)
            final = found.final.get((incident.id, dimension.id))
            if final is not None:
                yield from _final_rows(data.codebook, about, final)


def _reply_rows(
    codebook: Codebook, about: tuple[object, ...], rater: tuple[str, int], work: SubmittedWork, reply: SubmittedReply
) -> Iterator[Sequence[object]]:
    independent = _yes(work.submission.independent)
    if not reply.codes:
        yield (*about, *rater, reply.state, "", "", "", independent, "", "[]")
    for code in reply.codes:
        quotes = json.dumps([span.quote for span in code.evidence], ensure_ascii=False)
        name = codebook.codes[code.code_id].name
        yield (*about, *rater, reply.state, name, _yes(code.is_main), code.origin, independent, "", quotes)


def _final_rows(codebook: Codebook, about: tuple[object, ...], final: FinalAnswer) -> Iterator[Sequence[object]]:
    for row in final.codes:
        name = codebook.codes[row.code_id].name if row.code_id is not None else ""
        main = _yes(row.is_main) if name else ""
        yield (*about, FINAL, "", final.state, name, main, "", "", final.basis, "[]")


def _wide_rows(data: StudyData, found: RoundData, raters: list[int]) -> Iterator[Sequence[object]]:
    for incident in found.incidents:
        for dimension in data.codebook.dimensions:
            replies = {
                work.submission.member_id: reply
                for work, reply in found.replies(incident.id, dimension.id)
                if work.pass_ == 1
            }
            final = found.final.get((incident.id, dimension.id))
            if replies or final:
                about = (*_about(incident), found.coding_round.name, dimension.name)
                cells = (cell for rater in raters for cell in _rater_cells(data.codebook, replies.get(rater)))
                yield (*about, *_final_cells(data.codebook, final), *cells)


def _final_cells(codebook: Codebook, final: FinalAnswer | None) -> tuple[str, str, str, str]:
    if final is None:
        return "", "", "", ""
    names = [codebook.codes[row.code_id].name for row in final.codes if row.code_id is not None]
    main = [codebook.codes[row.code_id].name for row in final.codes if row.code_id is not None and row.is_main]
    return final.state, BETWEEN.join(names), BETWEEN.join(main), final.basis


def _rater_cells(codebook: Codebook, reply: SubmittedReply | None) -> tuple[str, str]:
    if reply is None:
        return "", ""
    if not reply.codes:
        return f"({reply.state.replace('_', ' ')})", ""
    quotes = [span.quote for code in reply.codes for span in code.evidence]
    names = BETWEEN.join(codebook.codes[code.code_id].name for code in reply.codes)
    return names, json.dumps(quotes, ensure_ascii=False) if quotes else ""


def _rating_rows(data: StudyData, found: RoundData) -> Iterator[Sequence[object]]:
    labels = {incident.id: incident.label for incident in found.incidents}
    for work in found.first:
        rater = data.members[work.submission.member_id].name
        for dimension in data.codebook.dimensions:
            reply = work.answers.get(dimension.id)
            for value in _values(data.codebook, reply):
                yield (
                    labels[work.submission.incident_id],
                    rater,
                    dimension.name,
                    value,
                    reply.state if reply else "",
                    found.coding_round.name,
                    work.pass_,
                    _yes(work.submission.independent),
                )


def _values(codebook: Codebook, reply: SubmittedReply | None) -> list[str]:
    if reply is None:
        return []
    if reply.state == "not_enough_information":
        return ["(not enough information)"]
    return [codebook.codes[code.code_id].name for code in reply.codes] or [""]


def _raters(data: StudyData) -> dict[int, str]:
    coded = {work.submission.member_id for found in data.rounds for work in found.work}
    return {member_id: data.members[member_id].name for member_id in sorted(coded)}


def _about(incident: Incident) -> tuple[str, ...]:
    started = incident.started_at.isoformat() if incident.started_at else ""
    facts = (incident.cohort, incident.service, incident.severity)
    return (incident.label, incident.title, *(fact or "" for fact in facts), started)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
