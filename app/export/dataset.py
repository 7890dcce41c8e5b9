"""The labelled data set, long and wide, and the ratings that agreement reads, as CSV or one workbook. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence

from app.agreement.figures import NOT_ENOUGH
from app.agreement.lens import CodeOf, as_submitted
from app.codebook.tree import DimensionEntry
from app.coding.models import ORIGINS
from app.coding.submissions import SubmittedReply, SubmittedWork
from app.export.naming import Names, joined
from app.export.queries import FinalAnswer, RoundData, StudyData
from app.export.workbook import XLSX, Sheet, workbook
from app.export.writing import ExportFile, csv_bytes
from app.incidents.models import Incident
from app.rounds.models import IMPORTED

LONG = (
    "incident",
    "number",
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
    "own_case",
    "quotes",
)
WIDE = (*LONG[:9], "final_state", "final_codes", "final_main", "basis", "own_case")
RATINGS = ("unit", "rater", "dimension", "value", "state", "round", "pass", "independent")
FINAL = "(final)"


def long_file(data: StudyData) -> ExportFile:
    """One row a code: by each coder as last handed in, then the final one (rater '(final)').

    None applies and not enough information are rows without a code; a dimension that was not coded has no row.
    origin: how the code came about: own, accepted (a suggestion taken over) or revised (taken over with changes); of a
    final one, how those came to it who gave it, each way once; blank where no coder gave it.
    quotes: a JSON list of the evidence, as it stands in the text. own_case: whoever ruled had coded the incident.
    """
    return _csv_file(data, "dataset-long", long_sheet(data))


def wide_file(data: StudyData) -> ExportFile:
    """One row an incident and dimension: final codes, basis, then two columns a coder: codes and quotes."""
    return _csv_file(data, "dataset-wide", wide_sheet(data))


def ratings_file(data: StudyData) -> ExportFile:
    """First submissions, one row a code, in the form that `tandem agreement` reads; a blank value: none applies."""
    return _csv_file(data, "ratings", ratings_sheet(data))


def workbook_file(data: StudyData) -> ExportFile:
    """The three forms as sheets of one workbook."""
    sheets = [wide_sheet(data), long_sheet(data), ratings_sheet(data)]
    return ExportFile(f"{data.study.slug}-dataset.xlsx", XLSX, workbook(sheets, title=data.study.title))


def long_sheet(data: StudyData) -> Sheet:
    return Sheet("long", LONG, (row for found in data.rounds for row in _long_rows(data, found)))


def wide_sheet(data: StudyData) -> Sheet:
    raters = _raters(data)
    header = [*WIDE, *(f"{data.names.raters[rater]}: {what}" for rater in raters for what in ("codes", "quotes"))]
    return Sheet("wide", header, (row for found in data.rounds for row in _wide_rows(data, found, raters)))


def ratings_sheet(data: StudyData) -> Sheet:
    return Sheet("ratings", RATINGS, (row for found in data.rounds for row in _rating_rows(data, found)))


def _long_rows(data: StudyData, found: RoundData) -> Iterator[Sequence[object]]:
    for incident in found.incidents:
        for dimension in data.codebook.dimensions:
            about = _about(data, found, incident, dimension)
            for work, reply in found.replies(incident.id, dimension.id):
                rater = (data.names.raters[work.submission.member_id], work.pass_)
                yield from _reply_rows(data.names, about, rater, reply, _independence(found, work))
            final = found.final.get((incident.id, dimension.id))
            if final is not None:
                came = _origins(data, [reply for _, reply in found.replies(incident.id, dimension.id)])
                yield from _final_rows(data, about, final, came)


def _reply_rows(
    names: Names, about: tuple[object, ...], rater: tuple[str, int], reply: SubmittedReply, independent: str
) -> Iterator[Sequence[object]]:
    if not reply.codes:
        yield (*about, *rater, reply.state, "", "", "", independent, "", "", "[]")
    for code in reply.codes:
        quotes = json.dumps([span.quote for span in code.evidence], ensure_ascii=False)
        name = names.codes[code.code_id]
        yield (*about, *rater, reply.state, name, _yes(code.is_main), code.origin, independent, "", "", quotes)


def _origins(data: StudyData, replies: Sequence[SubmittedReply]) -> dict[int, str]:
    """Code as it lives -> how coders came to it."""
    came: dict[int, set[str]] = {}
    for code in (code for reply in replies for code in reply.codes):
        came.setdefault(_living(data, code.code_id), set()).add(code.origin)
    return {code_id: joined(one for one in ORIGINS if one in ways) for code_id, ways in came.items()}


def _living(data: StudyData, code_id: int) -> int:
    return data.codebook.living(code_id) or code_id


def _final_rows(
    data: StudyData, about: tuple[object, ...], final: FinalAnswer, came: Mapping[int, str]
) -> Iterator[Sequence[object]]:
    names = data.names
    for row in final.codes:
        origin = came.get(_living(data, row.code_id), "") if row.code_id is not None else ""
        name = names.codes[row.code_id] if row.code_id is not None else ""
        main = _yes(row.is_main) if name else ""
        yield (*about, FINAL, "", final.state, name, main, origin, "", final.basis, _own_case(final), "[]")


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
                about = _about(data, found, incident, dimension)
                cells = (cell for rater in raters for cell in _rater_cells(data.names, replies.get(rater)))
                yield (*about, *_final_cells(data.names, final), *cells)


def _final_cells(names: Names, final: FinalAnswer | None) -> tuple[str, str, str, str, str]:
    if final is None:
        return "", "", "", "", ""
    codes = [names.codes[row.code_id] for row in final.codes if row.code_id is not None]
    main = [names.codes[row.code_id] for row in final.codes if row.code_id is not None and row.is_main]
    return final.state, joined(codes), joined(main), final.basis, _own_case(final)


def _own_case(final: FinalAnswer) -> str:
    """Blank where nobody ruled."""
    return "" if final.own_case is None else _yes(final.own_case)


def _rater_cells(names: Names, reply: SubmittedReply | None) -> tuple[str, str]:
    if reply is None:
        return "", ""
    if not reply.codes:
        return f"({reply.state.replace('_', ' ')})", ""
    quotes = [span.quote for code in reply.codes for span in code.evidence]
    codes = joined(names.codes[code.code_id] for code in reply.codes)
    return codes, json.dumps(quotes, ensure_ascii=False) if quotes else ""


def _rating_rows(data: StudyData, found: RoundData) -> Iterator[Sequence[object]]:
    return rating_rows(data, found, found.first, [(each, as_submitted) for each in data.codebook.dimensions])


def rating_rows(
    data: StudyData, found: RoundData, works: Sequence[SubmittedWork], asked: Sequence[tuple[DimensionEntry, CodeOf]]
) -> Iterator[Sequence[object]]:
    """asked: each dimension with how its codes are compared."""
    names = data.names
    for work in works:
        for dimension, code_of in asked:
            reply = work.answers.get(dimension.id)
            for value in _values(names, reply, code_of):
                yield (
                    names.units[work.submission.incident_id],
                    names.raters[work.submission.member_id],
                    dimension.name,
                    value,
                    reply.state if reply else "",
                    names.rounds[found.coding_round.id],
                    work.pass_,
                    _independence(found, work),
                )


def _values(names: Names, reply: SubmittedReply | None, code_of: CodeOf) -> list[str]:
    """Nothing where a code is not resolved: part of a set is not what was said."""
    if reply is None:
        return []
    if reply.state == "not_enough_information":
        return [NOT_ENOUGH]
    codes = dict.fromkeys(code_of(code.code_id) for code in reply.codes)
    if None in codes:
        return []
    return [names.codes[code_id] for code_id in codes if code_id is not None] or [""]


def _raters(data: StudyData) -> list[int]:
    return sorted({work.submission.member_id for found in data.rounds for work in found.work})


def _about(data: StudyData, found: RoundData, incident: Incident, dimension: DimensionEntry) -> tuple[object, ...]:
    """The first columns of the long and the wide form."""
    facts = [fact or "" for fact in (incident.cohort, incident.service, incident.severity)]
    started = incident.started_at.isoformat() if incident.started_at else ""
    coding_round = data.names.rounds[found.coding_round.id]
    unit = data.names.units[incident.id]
    return (unit, incident.number, incident.title, *facts, started, coding_round, dimension.name)


def _csv_file(data: StudyData, what: str, sheet: Sheet) -> ExportFile:
    content = csv_bytes(sheet.header, sheet.rows)
    return ExportFile(f"{data.study.slug}-{what}.csv", "text/csv; charset=utf-8", content)


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _independence(found: RoundData, work: SubmittedWork) -> str:
    """Of ratings from a file nobody recorded what their raters saw."""
    if found.coding_round.purpose == IMPORTED and not work.submission.independent:
        return "not known"
    return _yes(work.submission.independent)
