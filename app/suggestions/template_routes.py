"""The instructions of a study: read, compared, and written as the next version."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid
from app.studies.sent_forms import sent_before
from app.studies.viewer import LeadingViewer, Viewer
from app.suggestions.prompt_templates import (
    InstructionsTooLong,
    NoInstructions,
    SameInstructions,
    TemplateNameTooLong,
    add_template,
)
from app.suggestions.templates_page import templates_page, version_named
from app.web.forms import A_NUMBER, Form, Places, Posted, PostedForm, whole_number
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/suggestions/templates")


@dataclass
class TemplateForm(Form):
    belongs_to: ClassVar[Places] = {
        NoInstructions: "instructions",
        InstructionsTooLong: "instructions",
        TemplateNameTooLong: "name",
    }
    name: str = ""
    instructions: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "TemplateForm":
        return cls(posted.text("name"), posted.raw("instructions"))


@router.get("")
def show_templates(
    request: Request,
    session: ReadSession,
    viewer: LeadingViewer,
    version: str | None = None,
    beside: str | None = None,
    incident: str = "",
) -> Response:
    """version, beside: ids of versions, '' for the text that ships with the app. round: a number."""
    of_round = whole_number(request.query_params.get("round", ""), below=A_NUMBER)
    number = whole_number(incident, below=A_NUMBER)
    shown = templates_page(
        session,
        viewer,
        version=version,
        beside=beside,
        round_number=of_round,
        incident=number,
    )
    return page(request, "suggestions/templates.html", here_nav="suggestions", shown=shown, url=_url(viewer))


@router.get("/new")
def new_template(request: Request, session: ReadSession, viewer: LeadingViewer, version: str = "") -> Response:
    """version: the one to begin with."""
    begun = version_named(session, viewer.study.id, version)
    form = TemplateForm(begun.template.name if begun.template else "", begun.instructions)
    return _form_page(request, viewer, form)


@router.post("")
def write_template(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = TemplateForm.read(posted)
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                add_template(session, viewer, name=form.name, instructions=form.instructions)
    except (Invalid, Conflict) as problem:
        return _refused(request, session, viewer, form, problem)
    return redirect_after(request, _url(viewer))


def _refused(
    request: Request, session: Session, viewer: Viewer, form: TemplateForm, problem: Invalid | Conflict
) -> Response:
    if isinstance(problem, Invalid):
        form.refuse(problem)
        return _form_page(request, viewer, form, status=422)
    if not isinstance(problem, SameInstructions):
        raise problem
    form.problems["instructions"] = problem.sentence
    return _form_page(request, viewer, form, status=409)


def _form_page(request: Request, viewer: Viewer, form: TemplateForm, *, status: int = 200) -> Response:
    return page(
        request, "suggestions/template_new.html", status=status, here_nav="suggestions", form=form, url=_url(viewer)
    )


def _url(viewer: Viewer) -> str:
    return f"/studies/{viewer.study.slug}/suggestions/templates"
