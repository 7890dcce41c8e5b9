"""What a new study starts with: the dimensions of the template, with starter codes or without."""

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, create_code
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.starter import StarterCategory, StarterCode, StarterDimension, incident_study
from app.problems import Invalid
from app.studies.viewer import Viewer, check_leads

TEMPLATES = ("incident-study", "empty")
MODES = ("open", "hybrid", "deductive")


class NoSuchTemplate(Invalid):
    """Choose the template “incident-study” or “empty”."""


class NoSuchMode(Invalid):
    """Choose one of open, hybrid or deductive."""


def check_template(template: str, mode: str) -> None:
    if template not in TEMPLATES:
        raise NoSuchTemplate
    if mode not in MODES:
        raise NoSuchMode


def apply_template(session: Session, viewer: Viewer, mode: str) -> None:
    """open: dimensions without codes; hybrid: starter codes to begin with; deductive: starter codes alone, closed."""
    check_leads(viewer)
    check_template("incident-study", mode)
    for starter in incident_study().dimensions:
        _apply_dimension(session, viewer, starter, mode)


def _apply_dimension(session: Session, viewer: Viewer, starter: StarterDimension, mode: str) -> None:
    words = DimensionText(
        name=starter.name,
        question=starter.question,
        takes=starter.takes,
        has_main=starter.has_main,
        openness="closed" if mode == "deductive" else "open",
    )
    dimension = add_dimension(session, viewer.study.id, viewer.member, words)
    if mode != "open":
        for category in starter.categories:
            _apply_category(session, viewer, dimension.id, category)


def _apply_category(session: Session, viewer: Viewer, dimension_id: int, category: StarterCategory) -> None:
    made = create_code(
        session,
        viewer.study.id,
        viewer.member,
        dimension_id,
        CodeText(name=category.name, definition=category.definition),
        origin="a_priori",
        is_category=True,
    )
    for code in category.codes:
        _apply_code(session, viewer, dimension_id, made.id, code)


def _apply_code(session: Session, viewer: Viewer, dimension_id: int, category_id: int, code: StarterCode) -> None:
    words = CodeText(
        name=code.name,
        definition=code.definition,
        use_when=code.use_when,
        not_when=code.not_when,
        examples=({"text": code.example},) if code.example else (),
    )
    create_code(
        session,
        viewer.study.id,
        viewer.member,
        dimension_id,
        words,
        origin="a_priori",
        parent_id=category_id,
        source=code.cited,
    )
