"""A study of another tool, or of Tandem, as a new study: its file is chosen, and what came of it is told."""

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.accounts.viewer import CurrentPerson
from app.db.session import ReadSession, Transaction
from app.export.bring_in_study import LEVELS, StudyPlan, bring_in_study
from app.export.queries import arrival
from app.problems import Invalid
from app.settings import Settings
from app.studies.viewer import CurrentViewer
from app.web.forms import Posted
from app.web.pages import page, redirect_after
from app.web.uploads import MIB, Upload, read_form_with_upload

router = APIRouter(prefix="/studies/new/from-file")
arrival_router = APIRouter(prefix="/studies/{slug}/arrival")


class NoProjectChosen(Invalid):
    """No file was chosen."""


async def sent_project(request: Request, person: CurrentPerson) -> tuple[Posted, Upload]:
    """Asks who it is before it reads anything."""
    return await read_form_with_upload(request, "file", _limit_mib(request) * MIB)


SentProject = Annotated[tuple[Posted, Upload], Depends(sent_project)]


@router.get("")
def new_study_from_file(request: Request, person: CurrentPerson) -> Response:
    return _page(request, StudyPlan())


@router.post("")
def bring_in(request: Request, person: CurrentPerson, sent: SentProject, session: Transaction) -> Response:
    posted, upload = sent
    if upload.is_too_large:
        sentence = f"The file is larger than {_limit_mib(request)} MiB, the limit here. The operator may bring it in."
        return _page(request, StudyPlan(), problem=sentence, status=413)
    plan = StudyPlan(
        slug=posted.text("slug"),
        title=posted.text("title"),
        round_name=posted.text("round"),
        levels=posted.text("levels"),
    )
    try:
        if not upload.name:
            raise NoProjectChosen
        with session.begin_nested():
            file_name = upload.name.replace("\\", "/").rsplit("/", 1)[-1][:300]
            viewer, _ = bring_in_study(session, person, BytesIO(upload.content), plan, file_name=file_name)
    except Invalid as problem:
        return _page(request, plan, problem=problem.sentence, status=422)
    return redirect_after(request, f"/studies/{viewer.study.slug}/arrival")


@arrival_router.get("")
def arrival_page(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    """Only of a study that came in a file."""
    return page(request, "export/arrival.html", here_nav="overview", came=arrival(session, viewer.study.id))


def _page(request: Request, plan: StudyPlan, *, problem: str = "", status: int = 200) -> Response:
    return page(
        request,
        "export/new_from_file.html",
        status=status,
        plan=plan,
        problem=problem,
        limit_mib=_limit_mib(request),
        levels=[(each, each or "Names hold no levels") for each in LEVELS],
    )


def _limit_mib(request: Request) -> int:
    settings: Settings = request.app.state.settings
    return settings.upload_limit_mib
