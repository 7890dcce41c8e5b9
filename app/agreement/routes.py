"""Agreement of a round: the page, and its table as a file. Aggregates need no exposure, but the round must be open."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.agreement.closer import closer_look
from app.agreement.figures import round_figures
from app.agreement.lens import PLAIN
from app.agreement.page import agreement_page, asked_round, offered_rounds
from app.agreement.table_file import TableOfRound, table_csv
from app.codebook.queries import visible_codebook
from app.db.session import ReadSession
from app.problems import NotFound
from app.rounds.queries import coders, frozen_version
from app.studies.viewer import CurrentViewer
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/agreement")


@router.get("")
def agreement(
    request: Request, session: ReadSession, viewer: CurrentViewer, round: str = "", dimension: str = ""
) -> Response:
    offered, running = offered_rounds(session, viewer)
    coding_round = asked_round(offered, _number(round))
    found = agreement_page(session, viewer, coding_round, _number(dimension)) if coding_round else None
    chosen = found.chosen if found else None
    return page(
        request,
        "agreement/page.html",
        here_nav="agreement",
        offered=[(each.number, f"{each.number} · {each.name}") for each in offered],
        running=running,
        found=found,
        closer=closer_look(session, viewer, coding_round, PLAIN, chosen.row) if coding_round and chosen else None,
    )


@router.get("/table.csv")
def agreement_table(session: ReadSession, viewer: CurrentViewer, round: str = "") -> Response:
    offered, _ = offered_rounds(session, viewer)
    coding_round = asked_round(offered, _number(round))
    if coding_round is None:
        raise NotFound
    version = frozen_version(session, coding_round)
    table = TableOfRound(
        figures=round_figures(session, coding_round),
        version=version.name if version else "",
        codebook=visible_codebook(session, viewer.study.id, viewer.member.id),
        names={member.id: member.name for member in coders(session, coding_round)},
    )
    name = f"{viewer.study.slug}-round-{coding_round.number}-agreement.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table_csv([table]), media_type="text/csv; charset=utf-8", headers=headers)


def _number(typed: str) -> int | None:
    """Blank asks for nothing in particular; what is no number is not found."""
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 20 and int(typed) < 2**63):
        raise NotFound
    return int(typed)
