"""Final codes: what was settled, how and by whom. What was settled on is opened by a POST (promise 3)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adjudication.disagreement_shown import NOT_OPEN_YET
from app.adjudication.final_list import read_wanted
from app.adjudication.final_page import FinalPage, final_page, open_final_codes, open_one_final, query_of
from app.adjudication.forms import BASIS_WORDS, STATE_WORDS
from app.db.session import ReadSession, Transaction
from app.studies.viewer import CurrentViewer
from app.web.forms import Key, whole_number
from app.web.pages import page, redirect_after
from app.web.wording import count

router = APIRouter(prefix="/studies/{slug}/final-codes")
OPEN_WORDS = {"open": "no final answer yet"}


@router.get("")
def final_codes(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    asked = request.query_params
    shown = final_page(session, viewer, read_wanted(asked), whole_number(asked.get("page", "")) or 1)
    return page(
        request,
        "adjudication/final_codes.html",
        here_nav="disagreements",
        shown=shown,
        basis_words=BASIS_WORDS | OPEN_WORDS,
        state_words=STATE_WORDS,
        not_open_yet=NOT_OPEN_YET,
        dimensions=[(each.id, each.name) for each in shown.answers.dimensions],
        rounds=[(each.number, each.name) for each in shown.rounds.values() if each.phase in ("settling", "closed")],
        codes=_codes(shown),
    )


@router.post("/openings")
def open_many(request: Request, session: Transaction, viewer: CurrentViewer) -> Response:
    """All that fits the filters, but for the code, which is known only afterwards."""
    wanted = read_wanted(request.query_params)
    open_final_codes(session, viewer, wanted)
    return redirect_after(request, f"/studies/{viewer.study.slug}/final-codes?{query_of(wanted)}")


@router.post("/{incident_id}/{dimension_id}/openings")
def open_one(
    request: Request, session: Transaction, viewer: CurrentViewer, incident_id: Key, dimension_id: Key
) -> Response:
    open_one_final(session, viewer, incident_id, dimension_id)
    asked = query_of(read_wanted(request.query_params), page=request.query_params.get("page", "")[:9])
    return redirect_after(
        request, f"/studies/{viewer.study.slug}/final-codes?{asked}#slot-{incident_id}-{dimension_id}"
    )


def _codes(shown: FinalPage) -> list[tuple[str, str]]:
    """What was opened, most often first; what is chosen stays."""
    codes = [each for each, _ in shown.code_counts.most_common()]
    if shown.wanted.code != "" and shown.wanted.code not in codes:
        codes.append(shown.wanted.code)
    return [(str(code), f"{_named(shown, code)} ({count(shown.code_counts[code])})") for code in codes]


def _named(shown: FinalPage, code: int | str) -> str:
    if isinstance(code, str):
        return STATE_WORDS[code].lower()
    known = shown.codebook.codes.get(code)
    return known.name if known else NOT_OPEN_YET
