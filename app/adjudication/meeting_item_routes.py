"""What is at hand in a meeting: opening it, voting, revealing, ruling; and the record that is kept."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication import meeting_actions as meetings
from app.adjudication import meeting_votes, policy, queries
from app.adjudication.forms import BASIS_WORDS, CAUSE_WORDS, METHOD_WORDS, STATE_WORDS, RulingForm
from app.adjudication.meeting_forms import (
    ENDING_WORDS,
    OUTCOME_WORDS,
    SCRIBE_WORDS,
    VOTE_WORDS,
    VoteForm,
    with_majority,
)
from app.adjudication.meeting_policy import check_may_start
from app.adjudication.meeting_queries import meeting_of
from app.adjudication.meeting_record import meeting_record
from app.adjudication.meeting_views import address, part, shown_at_hand, whole
from app.codebook.policy import NotActive
from app.codebook.revisions import ChangedMeanwhile
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/disagreements/{number}")
ITEM = "/meeting/items/{item_id}"
RECORD = "/meetings/{meeting_id}"
NOT_SAVED = "Your ruling is not saved yet."


@router.post(ITEM + "/openings")
def open_item(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key, posted: PostedForm
) -> Response:
    """part: 'talk' where the answers are open already, so that only what came since is put in."""
    meeting_votes.open_item(session, viewer, number, item_id)
    return _back(request, session, viewer, number, "_meeting_talk" if posted.text("part") == "talk" else "")


@router.post(ITEM + "/votes")
def vote(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key, posted: PostedForm
) -> Response:
    form = VoteForm.read(posted)
    policy.check_may_comment(viewer)
    try:
        if not form.problem:
            with session.begin_nested():
                meeting_votes.vote(session, viewer, number, item_id, form.words, form.seen)
            return _back(request, session, viewer, number, "_meeting_new_vote")
    except Invalid as problem:
        form.refuse(problem)
    said = {"chosen": form.answers, "vote_problem": form.problem}
    return part(request, session, viewer, number, "_meeting_vote", status=422, into="#meeting-vote", **said)


@router.post(ITEM + "/names")
def show_names(request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key) -> Response:
    meeting_votes.show_names(session, viewer, number, item_id)
    return redirect_after(request, address(viewer, number))


@router.post(ITEM + "/reveal")
def reveal(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key, posted: PostedForm
) -> Response:
    meeting_votes.reveal(session, viewer, number, item_id, ballot_id=posted.number("ballot_id"))
    return _back(request, session, viewer, number, "_meeting_state")


@router.post(ITEM + "/ballots")
def vote_again(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key, posted: PostedForm
) -> Response:
    meeting_votes.vote_again(session, viewer, number, item_id, ballot_id=posted.number("ballot_id"))
    return _back(request, session, viewer, number, "_meeting_new_vote")


@router.post(ITEM + "/parking")
def park(request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key) -> Response:
    meetings.park(session, viewer, number, item_id)
    return _back(request, session, viewer, number)


@router.post(ITEM + "/adoption")
def adopt_majority(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key, posted: PostedForm
) -> Response:
    """The ruling as typed so far, filled with what most voted for. Nothing is ruled yet."""
    words = meeting_votes.majority_of(session, viewer, number, item_id)
    form = with_majority(RulingForm.read(posted), words)
    return part(request, session, viewer, number, "_meeting_ruling", form=form, is_writing=True)


@router.post(ITEM + "/rulings")
def rule(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, item_id: Key, posted: PostedForm
) -> Response:
    """On to the next. Where somebody else ruled meanwhile, both rulings are shown and none is lost."""
    check_may_start(viewer)
    form = RulingForm.read(posted)
    try:
        if not form.problems:
            with session.begin_nested():
                if not sent_before(session, viewer, request.url.path, posted):
                    meetings.rule(session, viewer, number, item_id, form.words)
            return _back(request, session, viewer, number, query="?ruled=1")
    except Invalid as problem:
        form.refuse(problem)
    except (ChangedMeanwhile, NotActive) as problem:
        return _changed_meanwhile(request, session, viewer, number, form, f"{problem.sentence} {NOT_SAVED}")
    except policy.RuledMeanwhile as problem:
        meeting_votes.open_ruling(session, viewer, number, item_id)
        return _changed_meanwhile(request, session, viewer, number, form, problem.sentence)
    said = {"form": form, "is_writing": True}
    return part(request, session, viewer, number, "_meeting_ruling", status=422, into="#meeting-ruling", **said)


@router.get(RECORD)
def record_of_meeting(
    request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, meeting_id: Key
) -> Response:
    """Votes and rulings of others only as far as an exposure of the viewer's covers them (promise 3)."""
    coding_round = queries.open_round(session, viewer.study.id, number)
    meeting = meeting_of(session, coding_round, meeting_id)
    return page(
        request,
        "adjudication/meeting_record.html",
        here_nav="disagreements",
        record=meeting_record(session, viewer, coding_round, meeting),
        here_record=f"{address(viewer, number)}s/{meeting_id}",
        outcome_words=OUTCOME_WORDS,
        ending_words=ENDING_WORDS,
        scribe_words=SCRIBE_WORDS,
        vote_words=VOTE_WORDS,
        state_words=STATE_WORDS,
        basis_words=BASIS_WORDS,
        method_words=METHOD_WORDS,
        cause_words=dict(CAUSE_WORDS),
    )


@router.post(RECORD + "/openings")
def open_record(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, meeting_id: Key
) -> Response:
    meeting_votes.open_record(session, viewer, number, meeting_id)
    return redirect_after(request, f"{address(viewer, number)}s/{meeting_id}")


def _back(
    request: Request, session: Session, viewer: Viewer, number: int, name: str = "", *, query: str = ""
) -> Response:
    """After an act: the part that it changed, or all, for htmx; for a plain form the way back to the page."""
    if not is_htmx(request):
        return redirect_after(request, address(viewer, number) + query)
    if name:
        return part(request, session, viewer, number, name, by_itself=True)
    return whole(request, session, viewer, number)


def _changed_meanwhile(
    request: Request, session: Session, viewer: Viewer, number: int, form: RulingForm, sentence: str
) -> Response:
    """What stands now is shown beside what was typed, so that the next ruling is written on purpose over it."""
    shown = shown_at_hand(session, viewer, number)
    form.problems[""] = sentence
    beside = None
    if shown is not None:
        form.stands_on(shown)
        beside = shown.codebook.codes.get(form.rule.code_id or 0)
    said = {"form": form, "is_writing": True, "rule_beside": beside}
    return whole(request, session, viewer, number, status=409, **said)
