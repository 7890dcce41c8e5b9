"""Settling a round: what is unanimous finishes by itself, the rest is opened, talked over and ruled on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adjudication import closing, flags, policy, queries
from app.adjudication.audits import draw_audits
from app.adjudication.blind import Names, names_beside
from app.adjudication.final_codes import Final, lock_final_codes, withdraw_final_codes, write_final_codes
from app.adjudication.meeting_ending import end_with_round
from app.adjudication.models import Comment, RuledCode, Ruling, RulingParticipant
from app.adjudication.queries import Compared
from app.adjudication.rule_lines import RuleWords, write_rule
from app.adjudication.settling import finals_by_itself
from app.adjudication.settling_rules import rules_of
from app.adjudication.talk import write_mentions
from app.adjudication.veiled_acts import record_act
from app.agreement.stored_figures import store_figures
from app.codebook.queries import visible_codebook
from app.coding.exposures import expose, exposed_subjects
from app.db.base import now
from app.problems import NotFound
from app.rounds import actions as rounds
from app.rounds.held_open import hold_open
from app.rounds.models import Round
from app.rounds.policy import check_open_to_others
from app.rounds.queries import phase_changes
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class RulingWords:
    """state: coded, none_applies or not_enough_information. method: worked out from the answers when blank.

    participant_ids: who took part beside the ruler, unnamed coders by their letter. seen_ruling_id: the ruling that
    stood when the ruler began. rule: what the codebook shall say from now on.
    """

    state: str
    cause: str
    reason: str
    code_ids: Sequence[int] = ()
    main_code_id: int | None = None
    participant_ids: Sequence[int | str] = ()
    seen_ruling_id: int | None = None
    method: str = ""
    rule: RuleWords | None = None


@dataclass(frozen=True)
class Settled:
    """How many answers finished by themselves, by basis, and how many wait for a ruling."""

    by_basis: dict[str, int]
    disagreements: int


def change_phase(
    session: Session,
    viewer: Viewer,
    number: int,
    phase: str,
    *,
    reason: str = "",
    reasons: Mapping[str, str] | None = None,
) -> Round:
    """A step of the round, with what it brings: leaving *running* settles, going back there withdraws.

    Closing stores the figures. reasons: by kind, why what is left open stays so. Raises StillOpen where one is missing.
    """
    if phase == "closed":
        coding_round = _close(session, viewer, number, reason, reasons or {})
    else:
        coding_round = rounds.change_phase(session, viewer, number, phase, reason=reason)
    step = phase_changes(session, coding_round)[-1]
    end_with_round(session, viewer, coding_round)
    if step.from_phase == "running":
        settle_unanimous(session, viewer, coding_round)
    if (step.from_phase, step.to_phase) == ("settling", "running"):
        _withdraw(session, viewer, coding_round, reason)
    return coding_round


def _close(session: Session, viewer: Viewer, number: int, reason: str, reasons: Mapping[str, str]) -> Round:
    """The step is taken first: it holds the round, and refuses what cannot be closed. Raising takes it back."""
    given = "; ".join(dict.fromkeys(each.strip() for each in (reason, *reasons.values()) if each.strip()))
    coding_round = rounds.change_phase(session, viewer, number, "closed", reason=given)
    left = closing.accepted(closing.left_open(session, viewer, coding_round), reason, reasons)
    closing.record_accepted(session, viewer, coding_round, left)
    store_figures(session, viewer, coding_round)
    return coding_round


def settle_unanimous(session: Session, viewer: Viewer, coding_round: Round) -> Settled:
    """What all coders agree on becomes final as it was submitted; and, as the rules of the round say, what a majority
    or just one coder answered. Of some of it a share is drawn for an audit."""
    check_open_to_others(coding_round)
    lock_final_codes(session, coding_round.study_id)
    rules = rules_of(session, coding_round)
    found = queries.compared(session, coding_round)
    finals = finals_by_itself(session, coding_round, found, rules)
    written = Counter(final.basis for final in write_final_codes(session, coding_round, finals, now()))
    draw_audits(session, coding_round, rules)
    settled = Settled(dict(written), len(found) - len(finals))
    record_act(
        session,
        viewer,
        coding_round,
        "final_codes.settled",
        ("round", coding_round.id),
        by_basis=settled.by_basis,
        disagreements=settled.disagreements,
    )
    return settled


def open_answers(session: Session, viewer: Viewer, coding_round: Round, incident_id: int, dimension_id: int) -> None:
    """The member is about to be shown what others answered, said and ruled here: recorded before it is rendered."""
    hold_open(session, coding_round)
    found = queries.compared_dimension(session, coding_round, incident_id, dimension_id)
    shown = queries.of_others(session, coding_round, viewer.member.id, found)
    expose(session, viewer.study.id, viewer.member.id, [(incident_id, kind, key) for kind, key in shown])
    record_act(
        session,
        viewer,
        coding_round,
        "answers.opened",
        ("incident", incident_id),
        round_id=coding_round.id,
        dimension_id=dimension_id,
    )


def open_flags(session: Session, viewer: Viewer, coding_round: Round) -> None:
    hold_open(session, coding_round)
    flags.open_flags(session, viewer, coding_round)


def rule(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    incident_id: int,
    dimension_id: int,
    words: RulingWords,
) -> Ruling:
    """The ruling becomes the final code. A later one supersedes it; both stay on record.

    Raises ChangedMeanwhile where the code that a rule is for was reworded since: then nothing of it is written.
    """
    hold_open(session, coding_round)
    policy.check_may_rule(viewer, coding_round)
    lock_final_codes(session, viewer.study.id)
    found = queries.compared_dimension(session, coding_round, incident_id, dimension_id)
    former = next(iter(queries.rulings_on(session, coding_round, incident_id, dimension_id)), None)
    standing_id = queries.standing_rulings(session, coding_round).get(found.key)
    _check_rulable(session, viewer, coding_round, found, standing_id, words)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    policy.check_answer(codebook, found, words.state, words.code_ids, words.main_code_id)
    policy.check_why(words.cause, words.reason, words.method)
    others = _participants(names_beside(session, viewer, coding_round, found), viewer, words.participant_ids)
    ruling = Ruling(
        study_id=viewer.study.id,
        round_id=coding_round.id,
        incident_id=incident_id,
        dimension_id=dimension_id,
        member_id=viewer.member.id,
        method=words.method or policy.method_of(found, words.state, words.code_ids),
        state=words.state,
        cause=words.cause,
        reason=words.reason.strip(),
        codebook_seq=codebook.codebook_seq,
        supersedes_id=former.id if former else None,
    )
    session.add(ruling)
    session.flush()
    if words.rule is not None:
        write_rule(session, viewer, coding_round, ruling, words.rule)
    _write_ruling(session, viewer, coding_round, ruling, words, found, others)
    return ruling


def comment(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    incident_id: int,
    dimension_id: int,
    text: str,
    *,
    parent_id: int | None = None,
) -> Comment:
    """parent_id: the comment that it answers. Members whom it calls by name (@) find it among their mentions."""
    policy.check_may_comment(viewer)
    hold_open(session, coding_round)
    found = queries.compared_dimension(session, coding_round, incident_id, dimension_id)
    here = {each.id for each in queries.comments_on(session, coding_round, incident_id, dimension_id)}
    if parent_id is not None and parent_id not in here:
        raise NotFound
    if not text.strip():
        raise policy.NoComment
    if len(text) > policy.LONGEST_TEXT:
        raise policy.TooLong
    names = names_beside(session, viewer, coding_round, found)
    made = Comment(
        study_id=viewer.study.id,
        round_id=coding_round.id,
        incident_id=incident_id,
        dimension_id=dimension_id,
        parent_id=parent_id,
        member_id=viewer.member.id,
        text=names.in_full(text.strip()),
    )
    session.add(made)
    session.flush()
    write_mentions(session, made, names)
    record_act(
        session,
        viewer,
        coding_round,
        "comment.made",
        ("comment", made.id),
        incident_id=incident_id,
        dimension_id=dimension_id,
    )
    return made


def _withdraw(session: Session, viewer: Viewer, coding_round: Round, reason: str) -> None:
    """Reopened: coders may change their minds, so what settled by itself is not settled any more."""
    lock_final_codes(session, coding_round.study_id)
    withdrawn = withdraw_final_codes(session, coding_round, now())
    record_act(
        session,
        viewer,
        coding_round,
        "final_codes.withdrawn",
        ("round", coding_round.id),
        answers=withdrawn,
        reason=reason.strip(),
    )


def _check_rulable(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    found: Compared,
    standing_id: int | None,
    words: RulingWords,
) -> None:
    if standing_id is None and not found.comparison.is_disagreement and not _is_listed(session, coding_round, found):
        raise policy.NothingToSettle
    if words.seen_ruling_id != standing_id:
        raise policy.RuledMeanwhile
    others = {work.submission.id for work in found.works if work.submission.member_id != viewer.member.id}
    seen = exposed_subjects(session, viewer.study.id, viewer.member.id, "colleague_code", found.incident_id)
    if not others <= seen:
        raise policy.NotOpened


def _is_listed(session: Session, coding_round: Round, found: Compared) -> bool:
    """Though the coders agree: drawn for an audit, coded by one and for review, or resting on other words."""
    return queries.queue(session, coding_round).find(found.key) is not None


def _participants(names: Names, viewer: Viewer, said: Sequence[int | str]) -> list[int]:
    members = names.members
    wanted = sorted({names.member_id(each) for each in said} - {viewer.member.id})
    if any(member_id not in members or members[member_id].kind == "model" for member_id in wanted):
        raise NotFound
    return wanted


def _write_ruling(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    ruling: Ruling,
    words: RulingWords,
    found: Compared,
    others: Sequence[int],
) -> None:
    """Its codes, who took part, the final code and the event."""
    codes = tuple((code_id, code_id == words.main_code_id) for code_id in dict.fromkeys(words.code_ids))
    of_ruling = {"study_id": ruling.study_id, "ruling_id": ruling.id}
    session.add_all(RuledCode(code_id=code_id, is_main=is_main, **of_ruling) for code_id, is_main in codes)
    session.add_all(RulingParticipant(member_id=member_id, **of_ruling) for member_id in others)
    session.flush()
    basis = policy.basis_of(found, viewer.member.id, others)
    write_final_codes(session, coding_round, [Final(*found.key, ruling.state, codes, basis, ruling.id)], now())
    record_act(
        session,
        viewer,
        coding_round,
        "ruling.made",
        ("ruling", ruling.id),
        incident_id=ruling.incident_id,
        dimension_id=ruling.dimension_id,
        supersedes_id=ruling.supersedes_id,
        on_own_case=viewer.member.id in found.coder_ids,
    )
