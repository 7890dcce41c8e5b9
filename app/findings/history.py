"""The history of a study in words, as somebody may see it.

An act that veils itself by a round is its member's alone while that round runs. Even afterwards what a coder chose
is not told here, only that they worked: colleagues' codes are opened on the pages that record it (promise 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.adjudication.blind import unnamed
from app.adjudication.case_law import unread_rules
from app.adjudication.rule_lines import FROM_RULING
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import rounds_of, running_round_ids
from app.studies.models import Membership, StudyEvent
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

WORDS = {
    "study.created": "made the study",
    "member.added": "added a member",
    "member.joined": "joined the study",
    "member.role_changed": "changed the role of",
    "member.left": "ended the membership of",
    "member.returned": "took in again",
    "member.password_link_made": "made a link to a new password for",
    "member.invited": "made a new link for",
    "member.invitation_revoked": "took back the link of",
    "member.linked": "said who the imported rater is:",
    "member.unlinked": "took back who the imported rater is:",
    "study.reworded": "reworded the study",
    "study.imported": "brought the study in from a file",
    "study.closed": "closed the study",
    "study.reopened": "opened the study again",
    "study.copied": "took out a copy of the study",
    "incidents.uploaded": "uploaded a file of incidents",
    "incidents.imported": "imported incidents",
    "incident.excluded": "excluded an incident",
    "incident.included": "took an incident in again",
    "dimension.added": "added a dimension",
    "dimension.edited": "edited a dimension",
    "dimension.retired": "retired a dimension",
    "dimensions.ordered": "put the dimensions in another order",
    "code.created": "created the code",
    "code.edited": "reworded the code",
    "code.renamed": "renamed the code",
    "code.moved": "moved the code",
    "code.merged": "merged the code",
    "code.split": "split the code",
    "code.promoted": "made a category of the code",
    "code.demoted": "made a code again of the category",
    "code.dimension_changed": "put to another dimension the code",
    "code.undone": "undid what was done to the code",
    "dimension.undone": "undid what was done to the dimension",
    "code.retired": "retired the code",
    "code.restored": "restored the code",
    "code.taken_out": "took out of its merger again the code",
    "codebook.imported": "brought a codebook in from a file",
    "codebook.version_named": "named a codebook version",
    "codebook.published": "published the codebook version",
    "codebook.publication_revoked": "took back the published codebook version",
    "round.planned": "planned",
    "round.coder_added": "added a coder to",
    "round.coder_removed": "removed a coder from",
    "round.reassigned": "moved incidents between the coders of",
    "round.incidents_added": "added incidents to",
    "round.intake_saved": "saved a filter for new incidents of",
    "round.intake_ended": "ended the taking in of new incidents of",
    "round.looks_allowed": "allowed leads to look at the agreement, while it runs, of",
    "round.looks_ended": "allowed no more looks at the agreement, while it runs, of",
    "round.looked_at": "looked at the agreement, while it ran, of",
    "ratings.imported": "imported ratings into",
    "round.running": "started",
    "round.settling": "ended the coding of",
    "round.closed": "closed",
    "round.left_open": "left something open in",
    "figures.stored": "stored the figures of",
    "figures.taken_out": "took out the figures at closing of",
    "coding.submit": "handed in",
    "coding.skip": "skipped",
    "coding.take_back": "took back to draft",
    "comparison.opened": "compared with colleagues on",
    "answers.opened": "opened the answers on",
    "answers.opened_together": "opened the answers to many disagreements of",
    "audit.confirmed": "confirmed what was audited on",
    "final_codes.opened": "opened final codes",
    "cell.opened": "opened the answers behind a figure of",
    "flags.opened": "opened the notes of flags in",
    "comment.made": "commented on",
    "ruling.made": "ruled on",
    "meeting.started": "started a meeting on",
    "meeting.joined": "joined the meeting on",
    "meeting.left": "left the meeting on",
    "meeting.marked_gone": "marked somebody as gone from the meeting on",
    "meeting.scribe_changed": "changed the scribe of the meeting on",
    "meeting.taken_up": "took up in the meeting",
    "meeting.parked": "parked in the meeting",
    "meeting.voted": "voted on",
    "meeting.revealed": "revealed the votes on",
    "meeting.vote_changed": "changed a vote on",
    "meeting.voting_again": "began another vote on",
    "meeting.ruled": "ruled in the meeting on",
    "meeting.ended": "ended the meeting on",
    "ruling.taken_back": "took back the ruling on",
    "names.shown": "asked who coded",
    "rule.drafted": "drafted a rule, of a ruling, for the code",
    "rule.written": "wrote a rule, of a ruling, for the code",
    "rule.declined": "declined a rule, of a ruling, for the code",
    "case_law.opened": "opened rulings behind rules of codes",
    "mentions.opened": "opened comments that call them",
    "pooling.pen_taken": "took the pen in the pooling of",
    "pooling.pen_put_down": "put down the pen in the pooling of",
    "pooling.quotes_opened": "opened the quotes of proposed codes of",
    "pooling.authors_shown": "asked who coined the codes of",
    "pooling.grouped": "grouped proposed codes of",
    "pooling.ungrouped": "took proposed codes out of their group in",
    "pooling.dissolved": "undid a group of proposed codes of",
    "pooling.worded": "worded a group of proposed codes of",
    "pooling.settled": "settled a group of proposed codes of",
    "stale.opened": "opened what changes of the codebook made stale",
    "quotes.opened": "opened the quotes of the code",
    "split.opened": "opened what the split left of the code",
    "recoding.made": "moved quotes of the code",
    "recoding.taken_back": "took back that quotes were moved from the code",
    "plan.made": "made a plan for the codebook",
    "plan.steps_added": "added steps to a plan for the codebook",
    "plan.step_removed": "took a step out of a plan for the codebook",
    "plan.step_defined": "worded the definition of a new code in a plan for the codebook",
    "plan.step_moved": "put the steps of a plan for the codebook in another order",
    "plan.shared": "shared a plan for the codebook",
    "plan.withheld": "withdrew a plan for the codebook",
    "plan.commented": "commented on a plan for the codebook",
    "plan.dropped": "dropped a plan for the codebook",
    "plan.applied": "applied the plan",
    "help.quotes_opened": "opened quotes for help with",
    "help.asked": "asked a model for help with",
    "help.asked_again": "asked a model again for help with",
    "help.accepted": "took over what a model proposed for",
    "help.rejected": "rejected what a model proposed for",
    "settling_rules.chosen": "chose how to settle",
    "final_codes.settled": "settled the agreed answers of",
    "final_codes.withdrawn": "withdrew the agreed answers of",
    "prompt_template.written": "wrote another version of the prompt",
    "endpoint.added": "added a model that can be asked",
    "endpoint.changed": "changed how a model is asked",
    "endpoint.tested": "tested the connection to a model",
    "endpoint.tried": "tested a connection that is not kept",
    "endpoint.retired": "retired a model",
    "suggestions.asked": "asked a model for suggestions",
    "suggestions.resumed": "asked a model for suggestions again",
    "suggestions.paused": "paused a run of suggestions for",
    "suggestions.cancelled": "cancelled a run of suggestions for",
    "suggestions.retried": "asked again for what had failed in a run of suggestions for",
    "suggestions.examples_shown": "was shown settled incidents as examples of a prompt for",
    "suggestions.compared": "opened what two runs said in",
    "suggestions.reply_opened": "read a model's reply",
    "suggestion.opened": "opened suggestions for",
    "memo.written": "wrote a memo",
    "memo.changed": "changed a memo",
    "memo.removed": "removed a memo",
    "memo.opened": "opened a colleague's memo",
    "outcomes.opened": "opened the outcomes of own answers in",
    "dataset.exported": "took out the data set",
    "study.exported": "took out the study",
    "ledger.exported": "took out the ledger of model calls",
    "suggestions.exported": "took out the suggestions and decisions",
    "disclosure.exported": "took out the model disclosure",
}
ON_OWN_CASE = "ruled, having coded it, on"
# What others did to their own answers, in words that do not tell what they answered; a skip is an answer too.
OF_OTHERS = {"coding.submit": "finished", "coding.skip": "finished"}
# Reasons of the study's own acts. Those of codings and rulings are opened on pages that record it.
REASONED = ("round", "code", "codebook", "dimension", "incident", "member", "plan", "study")
SAID = ("comment.made", "ruling.made", "ruling.taken_back")  # what bears its minute on the page of a disagreement
OWN_BUSINESS = ("memo", "codebook_plan")


@dataclass(frozen=True)
class HistoryLine:
    """reason: why, where the study's own acts say so. times: how often in a row, the last one at `at`."""

    at: datetime
    who: str
    words: str
    about: str
    url: str
    reason: str
    times: int = 1

    def says_the_same(self, other: "HistoryLine") -> bool:
        return replace(self, at=other.at, times=other.times) == other


@dataclass(frozen=True)
class Told:
    """What lines may name: only what this viewer may see."""

    viewer: Viewer
    people: dict[int, Membership]
    codebook: Codebook
    rounds: dict[int, Round]
    incidents: dict[int, Incident]
    of_assignment: dict[int, int]  # assignment id -> incident id
    unnamed: dict[int, dict[int, dict[int, str]]]  # round -> incident -> coders who stand unnamed beside it
    unread: frozenset[int]  # events that are told without their code

    @property
    def base(self) -> str:
        return f"/studies/{self.viewer.study.slug}"


def history(session: Session, viewer: Viewer, *, limit: int, before_id: int | None = None) -> list[StudyEvent]:
    """Newest first; before_id pages on."""
    running = running_round_ids(session, viewer.study.id)
    query = select(StudyEvent).where(
        StudyEvent.study_id == viewer.study.id,
        or_(
            StudyEvent.veiled_by_round_id.is_(None),
            StudyEvent.veiled_by_round_id.not_in(running),
            StudyEvent.member_id == viewer.member.id,
        ),
        # That somebody writes or drafts, and what they read of others' notes, is their own business.
        or_(StudyEvent.subject_kind.not_in(OWN_BUSINESS), StudyEvent.member_id == viewer.member.id),
    )
    if not viewer.leads:
        planned = [found.id for found in rounds_of(session, viewer.study.id) if found.phase == "planned"]
        of_planned = and_(StudyEvent.subject_kind == "round", StudyEvent.subject_id.in_(planned))
        query = query.where(or_(StudyEvent.subject_id.is_(None), ~of_planned))
    if before_id is not None:
        query = query.where(StudyEvent.id < before_id)
    return list(session.scalars(query.order_by(StudyEvent.id.desc()).limit(limit)))


def lines(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> list[HistoryLine]:
    """What says the same several times in a row, such as the many acts of coding one incident, is one line."""
    told = _told(session, viewer, events)
    found: list[HistoryLine] = []
    for line in (_line(told, event) for event in events):
        if found and line.says_the_same(found[-1]):
            found[-1] = replace(found[-1], times=found[-1].times + 1)
        else:
            found.append(line)
    return found


def _told(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> Told:
    of_assignment = _incidents_of_assignments(session, viewer, events)
    wanted = {*of_assignment.values(), *(_incident_id(event) for event in events)}
    found = session.scalars(
        select(Incident).where(Incident.study_id == viewer.study.id, Incident.id.in_(wanted - {None}))
    )
    return Told(
        viewer=viewer,
        people=members_by_id(session, viewer.study.id),
        codebook=visible_codebook(session, viewer.study.id, viewer.member.id),
        rounds={each.id: each for each in rounds_of(session, viewer.study.id)},
        incidents={incident.id: incident for incident in found},
        of_assignment=of_assignment,
        unnamed=_unnamed(session, viewer, events),
        unread=_of_unread_rulings(session, viewer, events),
    )


def _of_unread_rulings(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> frozenset[int]:
    """The code that got a rule, told beside what was ruled on at that minute, would tell what was ruled (promise 3)."""
    of_rules = [
        event
        for event in events
        if event.member_id != viewer.member.id and ("rule_id" in event.details or _rewords_by_rule(event))
    ]
    unread = unread_rules(session, viewer) if of_rules else {}
    codes = set(unread.values())
    return frozenset(
        event.id
        for event in of_rules
        if event.details.get("rule_id") in unread or (_rewords_by_rule(event) and event.subject_id in codes)
    )


def _rewords_by_rule(event: StudyEvent) -> bool:
    return event.kind == "code.edited" and str(event.details.get("reason", "")).startswith(FROM_RULING)


def _unnamed(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> dict[int, dict[int, dict[int, str]]]:
    """Of rounds that are settled blind: the minute of a comment would tell whose it is."""
    said_in = {event.veiled_by_round_id for event in events if event.kind in SAID}
    rounds = [each for each in rounds_of(session, viewer.study.id) if each.id in said_in and is_open_to_others(each)]
    return {each.id: unnamed(session, viewer, each) for each in rounds}


def _line(told: Told, event: StudyEvent) -> HistoryLine:
    own = event.member_id == told.viewer.member.id
    by = told.people.get(event.member_id) if event.member_id is not None else None
    about, url = _about(told, event)
    reason = str(event.details.get("reason", "")) if event.kind.split(".")[0] in REASONED else ""
    who = "You" if own else by.name if by else "The operator"
    beside = told.unnamed.get(event.veiled_by_round_id or 0, {}).get(_incident_id(event) or 0, {})
    if event.kind in SAID and event.member_id in beside:
        who = "A coder"
    words = ON_OWN_CASE if event.details.get("on_own_case") else _words(event.kind, own=own)
    if event.id in told.unread:
        words = words.replace("the code", "a code")
    return HistoryLine(event.at, who, words, about, url, reason)


def _about(told: Told, event: StudyEvent) -> tuple[str, str]:
    """(name, address) of what the event is about; blank where it may not be told."""
    kind, key = event.subject_kind, event.subject_id
    if event.id in told.unread:
        return "", ""
    if kind == "code" and key is not None and (code := told.codebook.codes.get(key)):
        return code.name, f"{told.base}/codebook/codes/{key}"
    if kind == "dimension" and key is not None and (dimension := told.codebook.dimension(key)):
        return dimension.name, f"{told.base}/codebook/dimensions"
    if kind == "round" and key in told.rounds:
        return told.rounds[key].name, f"{told.base}/rounds/{told.rounds[key].number}"
    if kind == "member" and key in told.people:
        return told.people[key].name, f"{told.base}/members"
    if kind == "codebook_import":
        return str(event.details.get("file", "")), f"{told.base}/codebook/imports/{key}"
    if kind == "applied_plan":
        return str(event.details.get("name", "")), f"{told.base}/codebook/plans"
    if kind == "codebook_version":
        return str(event.details.get("name", "")), f"{told.base}/codebook"
    incident_id = told.of_assignment.get(key or 0) if kind == "assignment" else _incident_id(event)
    incident = told.incidents.get(incident_id or 0)
    return (incident.label, f"{told.base}/incidents/{incident.id}") if incident else ("", "")


def _words(kind: str, *, own: bool) -> str:
    if not own and kind in OF_OTHERS:
        return OF_OTHERS[kind]
    if kind in WORDS:
        return WORDS[kind]
    room = kind.split(".")[0]
    return "worked on" if room in ("coding", "suggestion") else kind.replace(".", ": ").replace("_", " ")


def _incident_id(event: StudyEvent) -> int | None:
    found = event.subject_id if event.subject_kind == "incident" else event.details.get("incident_id")
    return found if isinstance(found, int) else None


def _incidents_of_assignments(session: Session, viewer: Viewer, events: Sequence[StudyEvent]) -> dict[int, int]:
    ids = {event.subject_id for event in events if event.subject_kind == "assignment"}
    rows = session.execute(
        select(Assignment.id, Assignment.incident_id).where(
            Assignment.study_id == viewer.study.id, Assignment.id.in_(ids)
        )
    )
    return dict(rows.all())
