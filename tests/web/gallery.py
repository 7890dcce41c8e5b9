"""Every part once, served for tests and for looking at: `python -m tests.web.gallery` on port 8765."""

from pathlib import Path
from types import SimpleNamespace

import uvicorn
from jinja2 import FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from app.places import TEMPLATES
from app.web.figures import Whisker
from app.web.guard import Guard
from app.web.pages import environment, page
from app.web.static_files import VersionedStaticFiles
from app.web.theme import choose_theme

VIEWER = SimpleNamespace(person=SimpleNamespace(name="Ada Lindqvist", is_owner=False), initials="AL", role="lead")
STUDY = SimpleNamespace(slug="genai", title="GenAI incidents 2025", closed_at=None)
environment().loader = FileSystemLoader([TEMPLATES, Path(__file__).parent])
MARKS = {"mark": Whisker(0.66, 0.56, 0.74, 100), "apart": Whisker(-0.1, -0.4, 0.3, 12, apart=True)}


def parts(request: Request) -> Response:
    return page(request, "gallery.html", viewer=VIEWER, study=STUDY, here_nav="overview", **MARKS)


def problem(request: Request) -> Response:
    return page(request, "problem.html", status=404, title="Not found", sentence="There is nothing here.")


def bare(request: Request) -> Response:
    return page(request, "gallery_bare.html")


gallery = Guard(
    Starlette(
        routes=[
            Route("/", parts),
            Route("/problem", problem),
            Route("/bare", bare),
            Route("/theme", choose_theme, methods=["POST"]),
            Mount("/static", VersionedStaticFiles()),
        ]
    ),
    allowed_hosts=["testserver"],
)

if __name__ == "__main__":
    uvicorn.run(gallery, port=8765)
