"""When a suggestion may appear, and who may see what a model replied. Promise 2 stands on this page."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.problems import Conflict, Invalid, NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.studies.viewer import Viewer
from app.suggestions.models import SuggestionRun
from app.suggestions.queries import HandedIn, codes_in


class NothingToOpen(NotFound):
    """There is no suggestion here that you can open."""


class NotOpened(NotFound):
    """There is no suggestion here that you have opened."""


class RoundIsOver(Conflict):
    """Suggestions are offered to coders while a round is planned or running. Now a run can only be measured."""


class NothingToAsk(Conflict):
    """Every incident of this round has its suggestions, or is waiting for them."""


class NotRunning(Conflict):
    """This run does not run just now, so there is nothing to pause."""


class NotPaused(Conflict):
    """This run is not paused, so there is nothing to resume."""


class RunIsOver(Conflict):
    """This run has ended. Compose another one."""


class LimitNotUsable(Invalid):
    """The number of incidents is at least one."""


class NoSuchDecision(Invalid):
    """Accept the suggestion, change it, reject it, or take its rejection back."""


class ReasonTooLong(Invalid):
    """Say in at most 500 characters why you reject it."""


class NotRejected(Conflict):
    """This suggestion is not rejected, so there is nothing to take back."""


class NothingChosen(Invalid):
    """Choose the code that you take instead, or type the name of a new one."""


class NoSuchCause(Invalid):
    """This is none of the causes for which a suggestion is rejected. Choose one of those that are shown, or none."""


class NothingTogether(Conflict):
    """None of these can be taken over at once any more. Decide about each one."""


class NotAcceptable(Conflict):
    """This code cannot be had in this round. Change the suggestion to another code, or reject it."""


SURELY_LOCATED = ("exact", "folded")


def has_sure_evidence(quotes: Sequence[Mapping[str, Any]]) -> bool:
    """Quotes, and each of them word for word in the text but for spaces and marks. A model that left words out, changed
    some or made some up is looked at one suggestion at a time."""
    return bool(quotes) and all(quote["status"] in SURELY_LOCATED for quote in quotes)


def may_go_together(
    code_id: int | None, quotes: Sequence[Mapping[str, Any]], takes_many: bool, answered: str | None
) -> bool:
    """Whether a suggestion may be taken over with others at once: a code of the codebook with sure evidence, and
    nothing that the coder has answered is replaced by it."""
    stands_in_its_way = answered is not None and not (takes_many and answered == "coded")
    return code_id is not None and has_sure_evidence(quotes) and not stands_in_its_way


def may_appear(arm: str, purpose: str, handed_in: HandedIn) -> bool:
    """Whether a coder may be shown suggestions on an assignment of this arm."""
    if arm == "after":
        return handed_in.incident and (purpose != "reliability" or handed_in.queue)
    return arm in ("on_request", "before")


def may_read_replies(coding_round: Round, *, codes_in_it: bool) -> bool:
    """Whether a lead may open what a model replied: a lead who codes in the round is a coder there."""
    return is_open_to_others(coding_round) or not codes_in_it


def may_read(session: Session, viewer: Viewer, coding_round: Round) -> bool:
    """Whether this lead may be told what a model said of the round."""
    return may_read_replies(coding_round, codes_in_it=codes_in(session, coding_round, viewer.member.id))


def may_ask(coding_round: Round, *, is_offered: bool) -> bool:
    """What is only measured reaches no coder, so it is asked for at any time."""
    return not (is_offered and is_open_to_others(coding_round))


def check_may_ask(coding_round: Round, *, is_offered: bool) -> None:
    if not may_ask(coding_round, is_offered=is_offered):
        raise RoundIsOver


def check_may_go_on(coding_round: Round, run: SuggestionRun) -> None:
    """What is only measured may be asked at any time; what coders are offered, while they code."""
    check_may_ask(coding_round, is_offered=run.is_offered)
