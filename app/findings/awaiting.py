"""What waits for somebody in a study, most pressing first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adjudication import queries as adjudication
from app.coding import queries as coding
from app.coding.comparing import comparable_assignments, uncompared_assignments
from app.curation import queries as curation
from app.curation.stale import unreviewed
from app.rounds.models import Round
from app.rounds.queries import codable_incident_ids, rounds_of
from app.studies.viewer import Viewer
from app.web.wording import plural


@dataclass(frozen=True)
class Waiting:
    """One thing to do. posts: it is done by a post of the one button, not by going there."""

    icon: str
    words: str
    meaning: str
    url: str
    far: str = ""
    posts: bool = False


def awaiting(session: Session, viewer: Viewer) -> list[Waiting]:
    base = f"/studies/{viewer.study.slug}"
    rounds = rounds_of(session, viewer.study.id)
    found = [*_own_coding(session, viewer, base)]
    if viewer.may_rule:
        found += _rulings(session, viewer, rounds, base)
    if viewer.leads:
        found += _leading(session, viewer, rounds, base)
    return found


def _own_coding(session: Session, viewer: Viewer, base: str) -> Iterator[Waiting]:
    for own in coding.own_rounds(session, viewer):
        left = own.progress.total - own.progress.done
        if own.coding_round.phase == "running" and left:
            yield Waiting(
                "play",
                f"{plural(left, 'incident')} to code",
                f"{own.coding_round.name}, your own queue",
                f"{base}/assignments/{own.next_assignment_id}",
                far=f"{own.progress.done} of {own.progress.total} done",
            )
        comparable = comparable_assignments(session, viewer, own.coding_round)
        uncompared = uncompared_assignments(session, viewer, own.coding_round, comparable)
        if uncompared:
            yield Waiting(
                "users",
                f"{plural(len(uncompared), 'incident')} to compare",
                f"{own.coding_round.name}: all their coders have submitted them",
                f"{base}/coding?round={own.coding_round.number}&show=comparable#queue",
            )


def _rulings(session: Session, viewer: Viewer, rounds: Sequence[Round], base: str) -> Iterator[Waiting]:
    for found in rounds:
        if found.phase != "settling":
            continue
        queue = adjudication.queue(session, found)
        if queue.open:
            names = sorted({each.dimension.name for each in queue.open})
            yield Waiting(
                "equal-not",
                plural(len(queue.open), "disagreement"),
                f"{found.name}: {', '.join(names)}",
                f"{base}/disagreements?round={found.number}",
                far=f"{len(queue.ruled)} ruled",
            )
        elif viewer.leads:
            yield Waiting(
                "circle-check",
                f"{found.name} is settled",
                "Every disagreement is ruled on. Close the round",
                f"{base}/rounds/{found.number}",
            )
        audits = sum(each.audit == "waits" for each in queue.listed)
        if audits:
            yield Waiting(
                "search",
                f"{plural(audits, 'answer')} to audit",
                f"{found.name}: drawn from what settled by itself",
                f"{base}/disagreements?round={found.number}&standing=audit",
            )


def _leading(session: Session, viewer: Viewer, rounds: Sequence[Round], base: str) -> Iterator[Waiting]:
    for found in rounds:
        proposed = curation.waiting(session, found) if found.phase == "settling" else 0
        if proposed:
            yield Waiting(
                "git-merge",
                f"{plural(proposed, 'proposed code')} {'waits' if proposed == 1 else 'wait'} to be pooled",
                f"{found.name}: codes that coders coined alone. Their questions have no figure before",
                f"{base}/rounds/{found.number}/pooling",
            )
        far = coding.progress(session, found)
        if found.phase == "running" and far.total and far.done == far.total:
            yield Waiting(
                "circle-check",
                f"Everybody has handed in {found.name}",
                "End the coding to open the answers and see the agreement",
                f"{base}/rounds/{found.number}",
            )
        if found.phase == "planned":
            yield Waiting(
                "layers",
                f"{found.name} is planned",
                f"{plural(far.total, 'assignment')}. Coders see it once you start it",
                f"{base}/rounds/{found.number}",
            )
    stale = unreviewed(session, viewer)
    if stale:
        yield Waiting(
            "refresh-cw",
            f"{plural(stale, 'incident')} to look at again",
            "A final code that was reworded, split or retired since it was coded",
            f"{base}/codebook/stale",
        )
    codable = len(codable_incident_ids(session, viewer.study.id))
    if not codable:
        yield Waiting(
            "upload",
            "Import incidents",
            "A CSV or JSONL file; the columns are guessed and shown",
            f"{base}/imports/new",
        )
    elif not rounds:
        yield Waiting(
            "play",
            "Start a pilot",
            f"One press: a calibration round with yourself on all {plural(codable, 'incident')}",
            f"{base}/rounds/pilot",
            posts=True,
        )
