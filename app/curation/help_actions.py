"""Asking a model for help with the codebook, and deciding about what it proposes. Nothing is accepted by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, edit_code
from app.codebook.policy import active_code
from app.codebook.queries import visible_codebook
from app.coding.exposures import expose
from app.curation import help_policy as policy
from app.curation import help_queries as queries
from app.curation.help_jobs import defer_help
from app.curation.help_material import Chosen, leaves, of_code
from app.curation.help_models import CodebookHelp, HelpDecision
from app.curation.help_prompt import TEMPLATE_VERSION
from app.curation.help_sight import Sight, sight_of, unopened
from app.curation.plan_actions import PlannedStep, add_steps, make_plan
from app.db.base import now
from app.ledger.endpoints import check_may_leave
from app.problems import NotFound
from app.studies.events import record
from app.studies.models import Study
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads
from app.suggestions.sources import Source

STEPS = {"near_duplicates": "merge", "categories": "roll_up"}


@dataclass(frozen=True)
class DefinitionText:
    """What is typed about a code, and the revision that it started from."""

    short_definition: str
    definition: str
    use_when: str
    not_when: str
    reason: str
    seen_seq: int


def open_quotes_of_code(session: Session, viewer: Viewer, code_id: int) -> None:
    """The lead is about to be shown the quotes that a definition may be drafted from (promise 3)."""
    check_leads(viewer)
    chosen = of_code(session, viewer, code_id)
    _expose(session, viewer, chosen.quotes)
    _record(session, viewer, "help.quotes_opened", ("code", code_id), quotes=len(chosen.quotes))


def open_quotes_of_help(session: Session, viewer: Viewer, help_id: int) -> None:
    """The same for a draft that another lead asked for: it is made of these quotes."""
    check_leads(viewer)
    asked = queries.help_by_id(session, viewer.study.id, help_id)
    if sight_of(session, viewer, asked) == Sight.HIDDEN:
        raise NotFound
    quotes = queries.quotes_by_id(session, viewer.study.id, asked.material["evidence_ids"])
    _expose(session, viewer, quotes)
    _record(session, viewer, "help.quotes_opened", ("codebook_help", asked.id), quotes=len(quotes))


def ask(session: Session, viewer: Viewer, chosen: Chosen, source: Source | None, *, seen: str) -> CodebookHelp:
    """source: which model is asked; None: none can be. seen: the fingerprint of what the lead saw would leave. What
    they did not see does not leave."""
    check_leads(viewer)
    if source is None or not source.model:
        raise policy.NoModelNamed
    hold_study(session, viewer.study.id)  # two leads may ask at the same moment
    if source.address:
        check_may_leave(session.get_one(Study, viewer.study.id, populate_existing=True), source.address)
    if chosen.code is not None and not chosen.quotes:
        raise policy.NoQuotes
    if unopened(session, viewer, chosen.quotes):
        raise policy.NotOpened
    would_leave = leaves(session, viewer.study.id, chosen)
    if would_leave.fingerprint != seen:
        raise policy.SomethingElseLeaves
    _check_not_on_its_way(session, viewer, chosen)
    asked = CodebookHelp(
        study_id=viewer.study.id,
        kind=chosen.kind,
        dimension_id=chosen.dimension.id,
        code_id=chosen.code.id if chosen.code else None,
        asked_by=viewer.member.id,
        model=source.model,
        endpoint_id=source.endpoint_id,
        prompt_version=TEMPLATE_VERSION,
        redaction=would_leave.version,
        codebook_seq=chosen.codebook_seq,  # as the lead saw it, whatever was changed since
        material=chosen.kept,
    )
    session.add(asked)
    session.flush()
    defer_help(session, asked)
    _record(session, viewer, "help.asked", _subject(asked), help=asked.kind, help_id=asked.id, model=source.model)
    return asked


def ask_again(session: Session, viewer: Viewer, help_id: int) -> None:
    """The same question, after it failed."""
    check_leads(viewer)
    asked = _seen(session, viewer, help_id)
    if asked.state != "failed":
        raise policy.NotFailed
    asked.state, asked.problem, asked.attempts, asked.ended_at, asked.changed_at = "waiting", "", 0, None, now()
    asked.model_call_id = None
    session.flush()
    defer_help(session, asked)
    _record(session, viewer, "help.asked_again", _subject(asked), help=asked.kind, help_id=asked.id)


def take_into_plan(
    session: Session, viewer: Viewer, help_id: int, items: Sequence[int], *, plan_id: int | None, name: str
) -> int:
    """Makes steps of a draft plan out of items of a proposal; without a plan_id of a new one. Returns the plan's id."""
    check_leads(viewer)
    asked = _seen(session, viewer, help_id)
    kind = STEPS.get(asked.kind)
    if kind is None:
        raise policy.NothingProposed
    if not items:
        raise policy.NothingChosen
    steps = [_step(kind, _item(session, asked, item), (asked.id, item)) for item in dict.fromkeys(items)]
    if plan_id is None:
        plan_id = make_plan(session, viewer, name, steps).id
    else:
        add_steps(session, viewer, plan_id, steps)
    for item in dict.fromkeys(items):
        _decide(session, viewer, asked, item, "accepted", plan_id=plan_id)
    return plan_id


def reject_item(session: Session, viewer: Viewer, help_id: int, item: int, *, reason: str) -> None:
    check_leads(viewer)
    asked = _seen(session, viewer, help_id)
    _item(session, asked, item)
    if not reason.strip():
        raise policy.NoReason
    if len(reason) > policy.LONGEST_TEXT:
        raise policy.TooLong
    _decide(session, viewer, asked, item, "rejected", reason=reason.strip())


def save_definition(session: Session, viewer: Viewer, help_id: int, words: DefinitionText) -> int:
    """An ordinary revision of the code, in the words that the lead made of the draft. Returns the code's id.

    Raises ChangedMeanwhile where the code was revised since the lead saw it.
    """
    check_leads(viewer)
    asked = _seen(session, viewer, help_id)
    if asked.code_id is None:
        raise policy.NothingProposed
    _item(session, asked, 0)
    policy.check_definition(words.definition, words.reason)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    code = active_code(codebook, asked.code_id, viewer.member)
    text = replace(
        CodeText.of(code),
        short_definition=words.short_definition,
        definition=words.definition,
        use_when=words.use_when,
        not_when=words.not_when,
    )
    edit_code(
        session, viewer.study.id, viewer.member, code.id, text,
        seen_seq=words.seen_seq, parent_id=code.parent_id, reason=words.reason,
    )  # fmt: skip
    _decide(session, viewer, asked, 0, "accepted", reason=words.reason)
    return code.id


def _expose(session: Session, viewer: Viewer, quotes: Sequence[queries.AppliedQuote]) -> None:
    others = [quote for quote in quotes if quote.member_id != viewer.member.id]
    shown = {(quote.incident_id, "colleague_code", quote.submission_id) for quote in others}
    expose(session, viewer.study.id, viewer.member.id, sorted(shown))


def _check_not_on_its_way(session: Session, viewer: Viewer, chosen: Chosen) -> None:
    same = select(CodebookHelp.id).where(
        CodebookHelp.study_id == viewer.study.id,
        CodebookHelp.kind == chosen.kind,
        CodebookHelp.dimension_id == chosen.dimension.id,
        CodebookHelp.code_id.is_not_distinct_from(chosen.code.id if chosen.code else None),
        CodebookHelp.state == "waiting",
    )
    if session.scalar(same.limit(1)) is not None:
        raise policy.AskedAlready


def _seen(session: Session, viewer: Viewer, help_id: int) -> CodebookHelp:
    """Held until the act is committed. What the lead was not shown they do not decide about."""
    asked = queries.help_by_id(session, viewer.study.id, help_id, lock=True)
    if sight_of(session, viewer, asked) != Sight.OPEN:
        raise NotFound
    return asked


def _item(session: Session, asked: CodebookHelp, item: int) -> dict[str, Any]:
    """One that nobody decided about."""
    items: list[dict[str, Any]] = asked.proposal["items"] if asked.proposal else []
    if not 0 <= item < len(items):
        raise policy.NothingProposed
    if item in queries.decisions(session, asked):
        raise policy.DecidedAlready
    return items[item]


def _step(kind: str, item: dict[str, Any], from_help: tuple[int, int]) -> PlannedStep:
    into = item["keep_id"] if kind == "merge" else item["into_id"]
    codes = tuple(code_id for code_id in item["code_ids"] if code_id != into)
    if into:
        return PlannedStep(kind, codes, into=into, reason=item["reason"], from_help=from_help)
    words = {key: item.get(key, "") for key in ("name", "definition", "reason")}
    return PlannedStep(kind, codes, **words, from_help=from_help)


def _decide(
    session: Session,
    viewer: Viewer,
    asked: CodebookHelp,
    item: int,
    decision: str,
    *,
    reason: str = "",
    plan_id: int | None = None,
) -> None:
    session.add(
        HelpDecision(
            study_id=asked.study_id,
            help_id=asked.id,
            item=item,
            decision=decision,
            reason=reason,
            plan_id=plan_id,
            member_id=viewer.member.id,
        )
    )
    session.flush()
    origin: dict[str, Any] = {"help": asked.kind, "help_id": asked.id, "item": item}
    origin["model_call_id"] = asked.model_call_id
    _record(session, viewer, f"help.{decision}", _subject(asked), **origin, plan_id=plan_id)


def _subject(asked: CodebookHelp) -> tuple[str, int]:
    return ("code", asked.code_id) if asked.code_id is not None else ("dimension", asked.dimension_id)


def _record(session: Session, viewer: Viewer, kind: str, subject: tuple[str, int], **details: Any) -> None:
    record(session, viewer.study.id, viewer.member, kind, subject=subject, **details)
