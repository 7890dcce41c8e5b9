"""A new study. It stands on this floor, since a study begins with its codebook's dimensions."""

import re
import unicodedata

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.models import Person
from app.accounts.viewer import CurrentPerson
from app.codebook.forms import StudyForm
from app.codebook.template import apply_template, check_template
from app.db.session import Transaction
from app.problems import Invalid
from app.studies.actions import LONGEST_SLUG, create_study
from app.studies.viewer import Viewer
from app.web.forms import PostedForm
from app.web.pages import fragment, page, redirect_after

router = APIRouter(prefix="/studies/new")


@router.get("")
def new_study_page(request: Request, person: CurrentPerson) -> Response:
    return page(request, "codebook/new_study.html", form=StudyForm())


@router.get("/short-name")
def short_name(request: Request, person: CurrentPerson, title: str = "", slug: str = "") -> Response:
    """A suggestion made from the title; what somebody typed themselves stays."""
    return fragment(request, "codebook/_short_name.html", form=StudyForm(slug=slug or suggested_slug(title)))


@router.post("")
def new_study(request: Request, session: Transaction, person: CurrentPerson, posted: PostedForm) -> Response:
    form = StudyForm.read(posted)
    form.slug = form.slug or suggested_slug(form.title)
    try:
        with session.begin_nested():
            viewer = begin_study(
                session, person, slug=form.slug, title=form.title, template=form.template, mode=form.mode
            )
    except Invalid as problem:
        form.refuse(problem)
        return page(request, "codebook/new_study.html", status=422, form=form)
    return redirect_after(request, f"/studies/{viewer.study.slug}/")


def begin_study(session: Session, person: Person | None, *, slug: str, title: str, template: str, mode: str) -> Viewer:
    check_template(template, mode)
    viewer = create_study(session, person, slug=slug, title=title)
    if template == "incident-study":
        apply_template(session, viewer, mode)
    return viewer


def suggested_slug(title: str) -> str:
    """`GenAI Vorfälle 2025` becomes `genai-vorfalle-2025`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")
