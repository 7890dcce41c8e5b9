"""Storing the figures of a round when it is closed, and holding them against what is there today."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, undefer

from app.agreement.figures import RoundFigures, round_figures
from app.agreement.stored_differences import (
    InputsDiffer,
    NameOf,
    NumberDiffers,
    inputs_that_differ,
    numbers_that_differ,
)
from app.agreement.stored_form import Figure, Inputs, canonical, hash_of
from app.agreement.stored_models import StoredFigures
from app.codebook.queries import current_seq
from app.methods.agreement.results import FORMULAS
from app.places import tandem_version
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Check:
    """A stored set held against today.

    is_whole: the stored inputs bear their hash. formulas: numbers that the formulas of today make otherwise out of the
    stored inputs. inputs: what the round would be made of today, where that differs; and the numbers of today.
    """

    is_whole: bool
    same_hash: bool
    inputs: list[InputsDiffer]
    formulas: list[NumberDiffers]
    numbers: list[NumberDiffers]
    today: list[Figure]

    @property
    def is_same(self) -> bool:
        return self.is_whole and self.same_hash and not self.formulas and not self.numbers


def store_figures(session: Session, viewer: Viewer, coding_round: Round) -> StoredFigures:
    """In the act that closes the round. Raises StillBlind while it runs."""
    from app.agreement.stored_inputs import inputs_of  # numpy and scipy: not before there is something to count
    from app.agreement.stored_recount import recounted

    figures = round_figures(session, coding_round)
    inputs = inputs_of(session, coding_round, figures)
    content = canonical(inputs)
    stored = StoredFigures(
        study_id=coding_round.study_id,
        round_id=coding_round.id,
        member_id=viewer.member.id,
        formulas=FORMULAS,
        tandem_version=tandem_version(),
        codebook_version_id=coding_round.codebook_version_id,
        codebook_seq=current_seq(session, coding_round.study_id),
        inputs_sha256=hash_of(inputs),
        inputs=zlib.compress(content),
        figures=[*recounted(inputs), *_without_figure(figures)],
    )
    session.add(stored)
    session.flush()
    record(
        session,
        coding_round.study_id,
        viewer.member,
        "figures.stored",
        subject=("round", coding_round.id),
        stored_figures_id=stored.id,
        inputs_sha256=stored.inputs_sha256,
    )
    return stored


def _without_figure(figures: RoundFigures) -> list[Figure]:
    """Rows that had none, with the sentence that says why."""
    return [
        {"kind": row.kind, "dimension": row.dimension.id, "takes": row.dimension.takes, "sentence": row.sentence}
        for row in figures.rows
        if row.report is None
    ]


def stored_sets(session: Session, coding_round: Round) -> Sequence[StoredFigures]:
    """Newest first, without their inputs."""
    return session.scalars(select(StoredFigures).where(*_of(coding_round)).order_by(StoredFigures.id.desc())).all()


def has_stored(session: Session, coding_round: Round) -> bool:
    return session.scalar(select(StoredFigures.id).where(*_of(coding_round)).limit(1)) is not None


def _of(coding_round: Round) -> tuple[ColumnElement[bool], ...]:
    return StoredFigures.study_id == coding_round.study_id, StoredFigures.round_id == coding_round.id


def stored_set(session: Session, coding_round: Round, stored_id: int | None = None) -> StoredFigures:
    """With its inputs; without an id the newest. Raises NotFound."""
    query = select(StoredFigures).where(*_of(coding_round)).order_by(StoredFigures.id.desc()).limit(1)
    if stored_id is not None:
        query = query.where(StoredFigures.id == stored_id)
    found = session.scalars(query.options(undefer(StoredFigures.inputs))).first()
    if found is None:
        raise NotFound
    return found


def inputs_in(stored: StoredFigures) -> Inputs:
    found: Inputs = json.loads(zlib.decompress(stored.inputs))
    return found


def with_figures(figures: Sequence[Figure]) -> list[Figure]:
    return [each for each in figures if "measures" in each]


def check(session: Session, coding_round: Round, stored: StoredFigures, name_of: NameOf) -> Check:
    """Raises StillBlind while the round runs."""
    from app.agreement.stored_inputs import inputs_of  # numpy and scipy, as above
    from app.agreement.stored_recount import recounted

    then = inputs_in(stored)
    now = inputs_of(session, coding_round, round_figures(session, coding_round))
    figures = with_figures(stored.figures)
    by_formulas = recounted(then)
    same_hash = hash_of(now) == stored.inputs_sha256
    today = by_formulas if same_hash else recounted(now)
    return Check(
        is_whole=hash_of(then) == stored.inputs_sha256,
        same_hash=same_hash,
        inputs=[] if same_hash else inputs_that_differ(then, now, name_of),
        formulas=numbers_that_differ(figures, by_formulas),
        numbers=numbers_that_differ(figures, today),
        today=today,
    )
