"""The prompt of a run, or of one that a lead thinks of: its instructions, the dimensions asked, and its examples."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions.examples import entries_for, entries_of_run
from app.suggestions.leaving import Leaving
from app.suggestions.models import SuggestionRun
from app.suggestions.prompt import INSTRUCTIONS, CodeEntry, DimensionEntry, RunPrompt
from app.suggestions.prompt_templates import instructions_of


def run_prompt(session: Session, run: SuggestionRun, coding_round: Round) -> RunPrompt:
    """What every incident of the run shares, byte for byte; of the codes only what everybody may read."""
    codebook = disclosed_codebook(session, run.study_id, seq=run.codebook_seq)
    study = session.get_one(Study, run.study_id)
    return RunPrompt(
        dimensions_to_ask(codebook, coding_round, run.dimension_ids),
        dict(run.parameters),
        instructions_of(session, run),
        entries_of_run(session, study, run, Leaving.of(study, asked_for=run.redaction)),
    )


def prompt_of(
    session: Session,
    coding_round: Round,
    *,
    seq: int,
    dimension_ids: Collection[int] = (),
    instructions: str = INSTRUCTIONS,
    example_incident_ids: Sequence[int] = (),
    parameters: Mapping[str, Any] | None = None,
) -> RunPrompt:
    """Of a run that is not begun, for its preview."""
    codebook = disclosed_codebook(session, coding_round.study_id, seq=seq)
    study = session.get_one(Study, coding_round.study_id)
    return RunPrompt(
        dimensions_to_ask(codebook, coding_round, dimension_ids),
        dict(parameters or {}),
        instructions,
        entries_for(session, study, example_incident_ids, Leaving.of(study)),
    )


def dimensions_to_ask(
    codebook: Codebook, coding_round: Round, dimension_ids: Collection[int] = ()
) -> tuple[DimensionEntry, ...]:
    """dimension_ids: those of the round's that the run asks; empty: all of them."""
    of_round = set(coding_round.plan.get("dimension_ids") or ())
    return tuple(
        DimensionEntry(
            id=dimension.id,
            name=dimension.name,
            question=dimension.question,
            takes_many=dimension.takes_many,
            is_open=dimension.is_open,
            codes=tuple(_code(codebook, code.id) for code in codebook.appliable(dimension.id)),
        )
        for dimension in codebook.dimensions
        if (not of_round or dimension.id in of_round) and (not dimension_ids or dimension.id in dimension_ids)
    )


def _code(codebook: Codebook, code_id: int) -> CodeEntry:
    """Categories are not applied and have no line of their own, so a code names what it stands under."""
    code = codebook.codes[code_id]
    parent = codebook.codes.get(code.parent_id) if code.parent_id is not None else None
    is_line = parent is not None and parent.can_be_applied
    category = f"({parent.name}) " if parent is not None and not is_line else ""
    return CodeEntry(
        id=code.id,
        name=code.name,
        definition=category + code.definition,
        use_when=code.use_when,
        not_when=code.not_when,
        parent_id=code.parent_id if is_line else None,
    )
