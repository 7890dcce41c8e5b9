"""One asking as a lead sees it: how far it is, what is proposed, and what was decided about each item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.curation import help_queries as queries
from app.curation.help_models import CodebookHelp, HelpDecision
from app.curation.help_page import KIND_WORDS, draft_plans
from app.curation.help_queries import AppliedQuote
from app.curation.help_sight import Sight, sight_of
from app.curation.plan_models import CodebookPlan
from app.curation.plan_queries import visible_plans
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.ledger.endpoints import endpoint_of
from app.ledger.models import ModelCall
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Item:
    """codes: those that are proposed to be put together, as they stand now. into: the one that lives on, or the
    category that is there. name: of a new category. words: of a draft. gone: what became of codes that live no more."""

    place: int
    codes: tuple[CodeEntry, ...]
    gone: tuple[str, ...]
    into: CodeEntry | None
    name: str
    words: Mapping[str, str]
    quotes: tuple[tuple[Incident, str], ...]
    decision: HelpDecision | None
    decided_by: str
    plan: CodebookPlan | None

    @property
    def can_be_planned(self) -> bool:
        others = [code for code in self.codes if self.into is None or code.id != self.into.id]
        return self.decision is None and not self.gone and bool(others)

    @property
    def merges_two(self) -> CodeEntry | None:
        """The code that would be merged, where it is one: the page that merges takes one at a time."""
        others = [code for code in self.codes if self.into is not None and code.id != self.into.id]
        return others[0] if self.into and len(others) == 1 and not self.gone else None


@dataclass(frozen=True)
class ProposalPage:
    """items and calls are empty unless sight is open."""

    asked: CodebookHelp
    sight: Sight
    about: str
    about_code: CodeEntry | None
    by: str
    asked_of: str
    items: Sequence[Item]
    remarks: Sequence[str]
    left_out: Sequence[CodeEntry]
    calls: Sequence[ModelCall]
    plans: Sequence[CodebookPlan]

    @property
    def words(self) -> str:
        return KIND_WORDS[self.asked.kind]

    @property
    def is_waiting(self) -> bool:
        return self.asked.state == "waiting"

    @property
    def plannable(self) -> list[Item]:
        return [item for item in self.items if item.can_be_planned]


def proposal_page(session: Session, viewer: Viewer, help_id: int) -> ProposalPage:
    asked = queries.help_by_id(session, viewer.study.id, help_id)
    codebook = disclosed_codebook(session, viewer.study.id)
    sight = sight_of(session, viewer, asked)
    members = members_by_id(session, viewer.study.id)
    code, dimension = codebook.codes.get(asked.code_id or 0), codebook.dimension(asked.dimension_id)
    is_open = sight == Sight.OPEN
    items = _items(session, viewer, asked, codebook, members) if is_open else []
    return ProposalPage(
        asked=asked,
        sight=sight,
        about=code.name if code else dimension.name if dimension else "",
        about_code=code,
        by=members[asked.asked_by].name if asked.asked_by in members else "",
        asked_of=_asked_of(session, asked),
        items=items,
        remarks=asked.proposal["remarks"] if is_open and asked.proposal else (),
        left_out=_left_out(asked, codebook) if is_open else (),
        calls=queries.calls_of(session, asked) if is_open else (),
        plans=draft_plans(session, viewer),
    )


def _asked_of(session: Session, asked: CodebookHelp) -> str:
    if asked.endpoint_id is None:
        return asked.model
    return f"{asked.model} ({endpoint_of(session, asked.study_id, asked.endpoint_id).name})"


def _items(
    session: Session, viewer: Viewer, asked: CodebookHelp, codebook: Codebook, members: Mapping[int, Membership]
) -> list[Item]:
    proposed: list[dict[str, Any]] = asked.proposal["items"] if asked.proposal else []
    decided = queries.decisions(session, asked)
    plans = {plan.id: plan for plan in visible_plans(session, viewer)} if decided else {}
    quotes = _quotes(session, viewer, asked)
    made = []
    for place, item in enumerate(proposed):
        decision = decided.get(place)
        codes = [codebook.codes[each] for each in item.get("code_ids", ()) if each in codebook.codes]
        by = members[decision.member_id].name if decision else ""
        made.append(
            Item(
                place=place,
                codes=tuple(codes),
                gone=tuple(_stands(codebook, code) for code in codes if not code.is_active),
                into=codebook.codes.get(item.get("keep_id") or item.get("into_id") or 0),
                name=item.get("name", ""),
                words={key: item.get(key, "") for key in WORDS},
                quotes=tuple(quotes[number - 1] for number in item.get("quotes", ()) if number <= len(quotes)),
                decision=decision,
                decided_by=by,
                plan=plans.get(decision.plan_id) if decision and decision.plan_id else None,
            )
        )
    return made


WORDS = ("reason", "short", "definition", "use_when", "not_when")


def _quotes(session: Session, viewer: Viewer, asked: CodebookHelp) -> list[tuple[Incident, str]]:
    """In the order in which they were numbered for the model."""
    wanted = asked.material["evidence_ids"]
    found: dict[int, AppliedQuote] = {
        quote.evidence_id: quote for quote in queries.quotes_by_id(session, viewer.study.id, wanted)
    }
    incidents = incidents_by_id(session, viewer.study.id, {quote.incident_id for quote in found.values()})
    return [(incidents[found[each].incident_id], found[each].words) for each in wanted if each in found]


def _left_out(asked: CodebookHelp, codebook: Codebook) -> list[CodeEntry]:
    """Open codes that no category took."""
    if asked.kind != "categories" or not asked.proposal:
        return []
    taken = {code_id for item in asked.proposal["items"] for code_id in item["code_ids"]}
    left = [codebook.codes[each] for each in asked.material["code_ids"] if each not in taken and each in codebook.codes]
    return [code for code in left if code.is_active]


def _stands(codebook: Codebook, code: CodeEntry) -> str:
    living = codebook.codes.get(codebook.living(code.id) or 0)
    if code.status == "merged" and living is not None:
        return f"“{code.name}” is merged into “{living.name}” by now."
    return f"“{code.name}” is {code.status} by now."
