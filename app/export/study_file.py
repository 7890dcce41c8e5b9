"""Taking the study out as QDPX. What it tells of others' work is recorded as exposure before it leaves (promise 3)."""

from sqlalchemy.orm import Session

from app.coding.exposures import expose
from app.export.qdpx import qdpx_file
from app.export.qdpx_data import ProjectData, project_data
from app.export.writing import LargeFile
from app.studies.events import record
from app.studies.models import Study
from app.studies.viewer import Viewer


def study_export(session: Session, study: Study) -> LargeFile:
    """For the operator's command line; people come through `taken_study`."""
    return qdpx_file(session, project_data(session, study, None))


def taken_study(session: Session, viewer: Viewer) -> LargeFile:
    data = project_data(session, session.get_one(Study, viewer.study.id), viewer.member.id)
    file = qdpx_file(session, data)
    _expose(session, viewer, data)
    record(session, viewer.study.id, viewer.member, "study.exported", format="qdpx", bytes=file.size)
    return file


def _expose(session: Session, viewer: Viewer, data: ProjectData) -> None:
    others = [shown[:3] for shown in data.shown if shown[3] != viewer.member.id]
    expose(session, viewer.study.id, viewer.member.id, dict.fromkeys(others), note="export")
