"""What became of a coder's own answers once they had seen a suggestion, run by run; nobody else's are told.

Only of a round that is open to others (promise 1). Loads numpy: import it where it is used.
"""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.rounds.models import Round
from app.studies.viewer import Viewer
from app.suggestions.assistance_decisions import became_by_offer, cases_of
from app.suggestions.assistance_page import asked_of, finals_of
from app.suggestions.assistance_shown import SwitchingShown, switching_shown
from app.suggestions.assistance_source import work_of
from app.suggestions.assistance_switches import switching_of
from app.suggestions.models import SuggestionRun
from app.suggestions.queries import runs_of
from app.suggestions.sources import source_words


@dataclass(frozen=True)
class OwnSwitches:
    """found: None where the coder opened nothing of the run after an answer of their own."""

    run: SuggestionRun
    found: SwitchingShown | None

    @property
    def source(self) -> str:
        return source_words(self.run)


def own_switches(session: Session, viewer: Viewer, coding_round: Round) -> list[OwnSwitches]:
    """Of the runs that were offered to coders. Raises StillBlind while the round runs."""
    return [
        OwnSwitches(run, _of_run(session, viewer, coding_round, run))
        for run in runs_of(session, coding_round)
        if run.is_offered
    ]


def _of_run(session: Session, viewer: Viewer, coding_round: Round, run: SuggestionRun) -> SwitchingShown | None:
    work = work_of(session, coding_round, run)
    own = replace(work, shares=[share for share in work.shares if share.member_id == viewer.member.id])
    became = became_by_offer(cases_of(session, coding_round, run))
    asked = asked_of(session, coding_round, run)
    found = switching_of(own, asked, finals_of(session, coding_round, asked), became)
    return switching_shown(found, lambda _: "You")
