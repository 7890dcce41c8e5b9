"""Runs as lines of a list: how far each is, what it cost, who asked. No call and no reply is read for them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.rounds.models import Round
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions import policy, queries
from app.suggestions.choosing import count_to_ask
from app.suggestions.models import CAME_TO_NOTHING, SuggestionRun
from app.suggestions.queries import Spent
from app.suggestions.run_figures import counts_by_run, spent_by_run
from app.suggestions.sources import source_words
from app.web.paging import page_at

NEWEST = 12  # of a round, on its own page; the study's page has them all
PAGE = 25
STATE_WORDS = {  # of an incident in a run
    "waiting": "waiting",
    "done": "done",
    "failed": "no answer",
    "refused": "declined",
    "filtered": "stopped by a filter",
    "cut": "cut off",
    "invalid": "not readable",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class RunLine:
    run: SuggestionRun
    coding_round: Round
    asked_by: str
    counts: Mapping[str, int]
    spent: Spent

    @property
    def source(self) -> str:
        return source_words(self.run)

    @property
    def number(self) -> int:
        return self.run.id

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return self.counts.get("done", 0)

    @property
    def waiting(self) -> int:
        return self.counts.get("waiting", 0)

    @property
    def failed(self) -> int:
        """Whatever came to nothing, under whichever name."""
        return sum(self.counts.get(state, 0) for state in CAME_TO_NOTHING)

    @property
    def nothing(self) -> list[tuple[str, str, int]]:
        """(state, in words, how many) of what came to nothing, or was cancelled."""
        states = (*CAME_TO_NOTHING, "cancelled")
        return [(state, STATE_WORDS[state], self.counts[state]) for state in states if self.counts.get(state)]

    @property
    def is_running(self) -> bool:
        return self.run.state == "running"

    @property
    def is_open(self) -> bool:
        """Whether it may still ask."""
        return self.run.state in ("running", "paused")

    @property
    def may_go_on(self) -> bool:
        """What is offered to coders ends with the coding."""
        return policy.may_ask(self.coding_round, is_offered=self.run.is_offered)


@dataclass(frozen=True)
class RunsPage:
    """left: incidents without suggestions. total: runs of the round, of which the newest are here."""

    coding_round: Round
    runs: list[RunLine]
    total: int
    left: int
    may_ask: bool
    may_read_replies: bool

    @property
    def is_running(self) -> bool:
        return any(line.is_running for line in self.runs)


@dataclass(frozen=True)
class StudyRuns:
    runs: list[RunLine]
    total: int
    page: int
    pages: int


def runs_page(session: Session, viewer: Viewer, coding_round: Round) -> RunsPage:
    runs = queries.runs_of(session, coding_round)
    return RunsPage(
        coding_round=coding_round,
        runs=lines_of(session, [(run, coding_round) for run in runs[:NEWEST]]),
        total=len(runs),
        left=count_to_ask(session, coding_round),
        may_ask=policy.may_ask(coding_round, is_offered=True),
        may_read_replies=policy.may_read(session, viewer, coding_round),
    )


def study_runs(session: Session, viewer: Viewer, at: int) -> StudyRuns:
    """Newest first."""
    of_study = SuggestionRun.study_id == viewer.study.id
    total = session.scalars(select(func.count()).select_from(SuggestionRun).where(of_study)).one()
    shown, pages = page_at(at, total, PAGE)
    rows = session.execute(
        select(SuggestionRun, Round)
        .join(Round, (Round.study_id == SuggestionRun.study_id) & (Round.id == SuggestionRun.round_id))
        .where(of_study)
        .order_by(SuggestionRun.id.desc())
        .limit(PAGE)
        .offset((shown - 1) * PAGE)
    )
    return StudyRuns(lines_of(session, [(run, coding_round) for run, coding_round in rows]), total, shown, pages)


def lines_of(session: Session, runs: Sequence[tuple[SuggestionRun, Round]]) -> list[RunLine]:
    if not runs:
        return []
    study_id, ids = runs[0][0].study_id, [run.id for run, _ in runs]
    counts, spent = counts_by_run(session, study_id, ids), spent_by_run(session, study_id, ids)
    names = {key: member.name for key, member in members_by_id(session, study_id).items()}
    return [
        RunLine(run, of, names.get(run.asked_by, ""), counts.get(run.id, Counter()), spent.get(run.id, Spent()))
        for run, of in runs
    ]


def is_running(session: Session, coding_round: Round) -> bool:
    of_round = (SuggestionRun.study_id == coding_round.study_id, SuggestionRun.round_id == coding_round.id)
    running = select(SuggestionRun.id).where(*of_round, SuggestionRun.state == "running")
    return session.scalar(running.limit(1)) is not None
