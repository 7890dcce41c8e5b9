"""Taking files out. What they tell of others' work is recorded as exposure before the file leaves (promise 3)."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.agreement.figures import round_figures
from app.agreement.table_file import TableOfRound, table_csv, table_json
from app.codebook import queries as codebook_queries
from app.codebook.tree import Codebook
from app.codebook.withholding import without_open_examples
from app.coding.exposures import expose
from app.export import dataset
from app.export.codebook_files import codebook_file
from app.export.codebook_formats import FORMATS
from app.export.queries import StudyData, open_rounds, study_data
from app.export.writing import ExportFile
from app.problems import Invalid, NotFound
from app.rounds.models import Round
from app.rounds.queries import coders, frozen_version
from app.studies.events import record
from app.studies.models import Study
from app.studies.viewer import Viewer

if TYPE_CHECKING:
    from app.export.scored_ratings import Scoring


class NoOpenRound(Invalid):
    """Nothing can be exported yet: codes leave only once the lead has ended the coding of their round."""


class NoSuchForm(Invalid):
    """There is no export of this form."""


DATASETS = {
    "long": dataset.long_file,
    "wide": dataset.wide_file,
    "ratings": dataset.ratings_file,
    "xlsx": dataset.workbook_file,
}
AGREEMENT = {"csv": ("text/csv; charset=utf-8", table_csv), "json": ("application/json", table_json)}


def codebook_export(
    session: Session, study: Study, *, version_id: int | None, format: str, viewer: Viewer | None = None
) -> ExportFile:
    """What is disclosed to everybody; version_id None: as it stands now.

    viewer: whoever takes it gets no example out of an incident that they still have to code; None is the operator.
    """
    if format not in FORMATS:
        raise NoSuchForm
    version = codebook_queries.version(session, study.id, version_id) if version_id is not None else None
    codebook = codebook_queries.disclosed_codebook(session, study.id, seq=version.codebook_seq if version else None)
    if viewer is not None:
        codebook = without_open_examples(session, study.id, viewer.member.id, codebook)
    name = version.name if version else "live"
    return codebook_file(codebook, slug=study.slug, title=study.title, version=name, format=format)


def agreement_export(session: Session, study: Study, *, round_number: int | None, format: str) -> ExportFile:
    """For the operator's command line: every figure of the open rounds, csv or json."""
    if format not in AGREEMENT:
        raise NoSuchForm
    codebook = codebook_queries.disclosed_codebook(session, study.id)
    tables = [_table(session, each, codebook) for each in _open_rounds(session, study, round_number)]
    media_type, written = AGREEMENT[format]
    return ExportFile(f"{study.slug}-agreement.{format}", media_type, written(tables).encode())


def dataset_export(session: Session, study: Study, *, form: str, round_number: int | None) -> ExportFile:
    """For the operator's command line; people come through `taken_dataset`."""
    return _file(_data(session, study, round_number), form)


def ratings_export(session: Session, study: Study, *, round_number: int | None, scoring: "Scoring") -> ExportFile:
    """For the operator's command line: ratings as the page of agreement compares them."""
    from app.export.scored_ratings import scored_ratings_file  # numpy: not before there is something to compare

    return scored_ratings_file(session, _data(session, study, round_number), scoring)


def taken_dataset(session: Session, viewer: Viewer, *, form: str, round_number: int | None) -> ExportFile:
    data = _data(session, viewer.study, round_number)
    file = _file(data, form)
    take_out(session, viewer, data)
    record(session, viewer.study.id, viewer.member, "dataset.exported", form=form, round=round_number)
    return file


def take_out(session: Session, viewer: Viewer, data: StudyData) -> None:
    """What leaves with these rounds shows the viewer what others coded and what became final."""
    shown = []
    for found in data.rounds:
        for work in (*found.work, *found.first):
            if work.submission.member_id != viewer.member.id:
                shown.append((work.submission.incident_id, "colleague_code", work.submission.id))
        for (incident_id, _), answer in found.final.items():
            shown += [(incident_id, "final_code", row.id) for row in answer.codes]
    expose(session, viewer.study.id, viewer.member.id, dict.fromkeys(shown), note="export")


def _table(session: Session, coding_round: Round, codebook: Codebook) -> TableOfRound:
    version = frozen_version(session, coding_round)
    return TableOfRound(
        figures=round_figures(session, coding_round),
        version=version.name if version else "",
        codebook=codebook,
        names={member.id: member.name for member in coders(session, coding_round)},
    )


def _data(session: Session, study: Study, round_number: int | None) -> StudyData:
    return study_data(session, study, _open_rounds(session, study, round_number))


def _open_rounds(session: Session, study: Study, round_number: int | None) -> list[Round]:
    rounds = open_rounds(session, study.id)
    if round_number is not None:
        rounds = [found for found in rounds if found.number == round_number]
        if not rounds:
            raise NotFound
    if not rounds:
        raise NoOpenRound
    return rounds


def _file(data: StudyData, form: str) -> ExportFile:
    if form not in DATASETS:
        raise NoSuchForm
    return DATASETS[form](data)
