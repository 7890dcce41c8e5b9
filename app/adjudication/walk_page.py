"""One own answer beside the final one: the text with both evidences, the reason, and the codes' guidelines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from app.adjudication import queries, walk
from app.adjudication.disagreement_shown import ShownCode, ShownRuling
from app.adjudication.marked_text import MarkedText, Quote, marked_text
from app.adjudication.walk import Outcome, Said
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.coding.submissions import SubmittedSpan
from app.incidents.models import Incident
from app.incidents.queries import incident
from app.rounds.models import Round
from app.rounds.queries import rounds_of
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

OWN, FINAL = "a", "b"


@dataclass(frozen=True)
class WalkPage:
    """final_codes and ruling: blank until opened. closed_quotes: submissions of others whose quotes are not opened."""

    coding_round: Round
    outcome: Outcome
    incident: Incident
    own_codes: tuple[ShownCode, ...]
    settled_codes: tuple[ShownCode, ...]
    final_codes: tuple[ShownCode, ...]
    final_quotes: tuple[tuple[SubmittedSpan, str], ...]
    ruling: ShownRuling | None
    final_round: Round | None
    closed_quotes: int
    position: int
    total: int
    previous: Outcome | None
    following: Outcome | None

    @cached_property
    def own_quotes(self) -> list[tuple[SubmittedSpan, str]]:
        return sorted((span, code.name) for code in self.own_codes for span in code.spans)

    @cached_property
    def marked(self) -> MarkedText:
        quotes = [
            Quote(hand, number, span.start, span.end, initials, (whose, code))
            for hand, initials, whose, spans in (
                (OWN, "Y", "You", self.own_quotes),
                (FINAL, "F", "Final code", self.final_quotes),
            )
            for number, (span, code) in enumerate(spans, 1)
        ]
        return marked_text(self.incident.text or "", quotes)

    @cached_property
    def guidelines(self) -> list[CodeEntry]:
        """Of the own and the final codes, once each."""
        codes = [shown.code for shown in (*self.own_codes, *self.settled_codes, *self.final_codes) if shown.code]
        return list({code.id: code for code in codes}.values())


def walk_page(
    session: Session, viewer: Viewer, coding_round: Round, found: Sequence[Outcome], outcome: Outcome
) -> WalkPage:
    """found: as filtered; previous and next are told among these."""
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    keys = [each.key for each in found]
    at = keys.index(outcome.key) if outcome.key in keys else -1
    final = outcome.final or outcome.settled
    covered = walk.covered_subjects(session, viewer, [outcome.incident.id])
    behind = walk.works_behind(outcome, viewer) if outcome.is_open else []
    opened = [w for w in behind if (outcome.incident.id, "colleague_code", w.submission.id) in covered]
    final_ids = set(final.code_ids) if final else set()
    rounds = {each.id: each for each in rounds_of(session, viewer.study.id)}
    return WalkPage(
        coding_round=coding_round,
        outcome=outcome,
        incident=incident(session, viewer.study.id, outcome.incident.id),
        own_codes=_own_codes(outcome, viewer, codebook),
        settled_codes=_codes(outcome.settled, codebook) if outcome.is_open else (),
        final_codes=_codes(outcome.final, codebook) if outcome.is_open else (),
        final_quotes=tuple(
            sorted(
                (span, name.name if (name := codebook.codes.get(code.code_id)) else "")
                for work in opened
                for code in work.answers[outcome.dimension.id].codes
                if code.code_id in final_ids
                for span in code.evidence
            )
        ),
        ruling=_ruling(session, outcome, codebook) if outcome.is_open else None,
        final_round=rounds.get(outcome.final_round_id or 0) if outcome.is_open else None,
        closed_quotes=len(behind) - len(opened),
        position=at + 1,
        total=len(found),
        previous=found[at - 1] if at > 0 else None,
        following=found[at + 1] if 0 <= at < len(found) - 1 else None,
    )


def _own_codes(outcome: Outcome, viewer: Viewer, codebook: Codebook) -> tuple[ShownCode, ...]:
    reply = walk.own_reply(outcome, viewer)
    codes = reply.codes if reply else []
    return tuple(ShownCode(codebook.codes.get(c.code_id), c.is_main, tuple(c.evidence)) for c in codes)


def _codes(said: Said | None, codebook: Codebook) -> tuple[ShownCode, ...]:
    return tuple(ShownCode(codebook.codes.get(key), key == said.main_id) for key in said.code_ids) if said else ()


def _ruling(session: Session, outcome: Outcome, codebook: Codebook) -> ShownRuling | None:
    ruling = outcome.ruling
    if ruling is None:
        return None
    members = members_by_id(session, ruling.study_id)
    return ShownRuling(
        ruling=ruling,
        by=members[ruling.member_id],
        codes=_codes(outcome.settled, codebook),
        participants=tuple(members[key] for key in queries.participants(session, [ruling])[ruling.id]),
        basis=queries.bases(session, [ruling]).get(ruling.id, ""),
        reason=ruling.reason,
        is_own_case=ruling.member_id in outcome.found.coder_ids,
    )
