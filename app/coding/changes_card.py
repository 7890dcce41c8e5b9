"""What a lead can change about a round, with what is to be known before."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.coding.change_forms import FIELDS, ChangeForm
from app.coding.round_changes import EVENLY, GAPS, NOBODY
from app.coding.round_progress import CoderLine
from app.rounds import policy, queries
from app.rounds.change_log import ChangeLine, change_lines
from app.rounds.holdings import lacking
from app.rounds.intake import Intake, waiting_for
from app.rounds.models import Round
from app.studies.queries import people_who_code
from app.web.wording import plural

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class ChangesCard:
    """form: one that was sent and refused. lacking: incidents with fewer coders than they are to have."""

    may_change: bool
    log: list[ChangeLine]
    joinable: Options = field(default_factory=list)
    coders: Options = field(default_factory=list)
    able: Options = field(default_factory=list)  # of them who are still coders of the study
    lacking: int = 0
    filters: dict[str, Options] = field(default_factory=dict)
    intake: Intake | None = None
    waiting: int = 0
    form: ChangeForm | None = None

    def typed(self, which: str, name: str) -> str:
        if self.form and self.form.which == which:
            return str(self.form.typed[name])
        if which == "intake" and self.intake:
            return str(getattr(self.intake, name) or "")
        return FIELDS[which][name]

    def problem(self, which: str) -> str:
        return self.form.problem if self.form and self.form.which == which else ""

    @property
    def leavers(self) -> Options:
        return [("", "choose somebody"), *self.coders]

    @property
    def heirs(self) -> Options:
        nobody = [(NOBODY, "nobody: they wait until somebody is given them")]
        return [(EVENLY, "all others, evenly"), *nobody, *self.able]

    @property
    def givers(self) -> Options:
        gaps = [(GAPS, f"{plural(self.lacking, 'incident')} that {'lacks' if self.lacking == 1 else 'lack'} a coder")]
        return [("", "choose somebody"), *(gaps if self.lacking else []), *self.coders]

    @property
    def takers(self) -> Options:
        return [(EVENLY, "all others, evenly"), *self.able]

    @property
    def ways(self) -> list[tuple[str, str, str]]:
        lack = f"{plural(self.lacking, 'incident')} by now." if self.lacking else "There are none by now."
        return [
            (GAPS, "What has fewer coders than planned", lack),
            ("share", "An even share", "Of what the others have not begun, from the end of their queues."),
            ("nothing", "Nothing for now", "They get their part of what is added or moved later."),
        ]


def changes_card(
    session: Session, coding_round: Round, lines: list[CoderLine], form: ChangeForm | None = None
) -> ChangesCard:
    """lines: of all coders."""
    log = change_lines(session, coding_round)
    if not policy.may_change(coding_round):
        return ChangesCard(may_change=False, log=log)
    active = {line.member.id for line in lines if line.is_active}
    members = people_who_code(session, coding_round.study_id)
    return ChangesCard(
        may_change=True,
        log=log,
        joinable=[(str(member.id), member.name) for member in members if member.id not in active],
        coders=[(str(line.member.id), _to_do(line)) for line in lines if line.is_active],
        able=[(str(member.id), member.name) for member in members if member.id in active],
        lacking=lacking(session, coding_round),
        filters=_filters(session, coding_round.study_id),
        intake=Intake.of(coding_round),
        waiting=len(waiting_for(session, coding_round)),
        form=form,
    )


def _to_do(line: CoderLine) -> str:
    begun = f", {plural(line.progress.draft, 'draft')}" if line.progress.draft else ""
    return f"{line.member.name} · {line.progress.pending} not begun{begun}"


def _filters(session: Session, study_id: int) -> dict[str, Options]:
    found = queries.choices(session, study_id)
    named = {"cohort": found.cohorts, "service": found.services, "severity": found.severities}
    return {name: [("", "all"), *((value, value) for value in values)] for name, values in named.items()}
