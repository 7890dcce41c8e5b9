"""Agreement of a round: the page, and its table as a file. Aggregates need no exposure, but the round must be open."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.agreement.asked import INTERVALS, Asked
from app.agreement.closer import closer_look
from app.agreement.figures import round_figures
from app.agreement.page import agreement_page, asked_round, offered_round, offered_rounds
from app.agreement.table_file import TableOfRound, table_csv
from app.codebook.queries import visible_codebook
from app.db.session import ReadSession
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import coders, frozen_version
from app.studies.viewer import CurrentViewer, Viewer
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/agreement")


def asked(
    round: str = "",
    dimension: str = "",
    level: str = "",
    version: str = "",
    cohort: str = "",
    arm: str = "",
    interval: str = "",
    beside: Annotated[Sequence[str], Query()] = (),
    width: str = "",
) -> Asked:
    return Asked.read(round, dimension, level, version, cohort, arm, interval, beside, width)


CurrentAsked = Annotated[Asked, Depends(asked)]


@router.get("")
def agreement(request: Request, session: ReadSession, viewer: CurrentViewer, asked: CurrentAsked) -> Response:
    offered, running = offered_rounds(session, viewer)
    coding_round = asked_round(session, offered, asked.round)
    found = agreement_page(session, viewer, coding_round, asked, offered) if coding_round else None
    return page(
        request,
        "agreement/page.html",
        here_nav="agreement",
        offered=[(each.number, f"{each.number} · {each.name}") for each in offered],
        running=running,
        found=found,
        intervals=list(INTERVALS.items()),
        closer=closer_look(session, viewer, found) if found else None,
    )


@router.get("/table.csv")
def agreement_table(session: ReadSession, viewer: CurrentViewer, asked: CurrentAsked) -> Response:
    """Of the round and of those beside it, each looked at as the page does."""
    offered, _ = offered_rounds(session, viewer)
    asked.check_cohort(session, viewer.study.id)
    first = asked_round(session, offered, asked.round)
    if first is None:
        raise NotFound
    rounds = [first, *(offered_round(offered, number) for number in asked.beside if number != first.number)]
    name = f"{viewer.study.slug}-round-{'-'.join(str(each.number) for each in rounds[:10])}-agreement.csv"
    tables = [_table(session, viewer, each, asked) for each in rounds]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table_csv(tables), media_type="text/csv; charset=utf-8", headers=headers)


def _table(session: Session, viewer: Viewer, coding_round: Round, asked: Asked) -> TableOfRound:
    version = frozen_version(session, coding_round)
    lens = asked.lens(session, coding_round)
    return TableOfRound(
        figures=round_figures(session, coding_round, lens),
        version=version.name if version else "",
        codebook=visible_codebook(session, viewer.study.id, viewer.member.id, seq=lens.seq),
        names={member.id: member.name for member in coders(session, coding_round)},
    )
