"""The figures of app/suggestions/validity_figures.py, counted. Loads numpy: import it where it is used."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy.orm import Session

from app.agreement.figured_rows import Look
from app.agreement.figures import NONE_APPLIES, NOT_ENOUGH, NOT_OPEN, Value
from app.agreement.lens import CodeOf, Lens, Level
from app.agreement.ratings import value_of
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.handed_in import Bools
from app.methods.agreement import Coefficient, count_codes, measures_of
from app.methods.agreement.tables import ABSENT, Floats, Ints, order_of
from app.methods.alternative_annotator import alike_by, alternative_annotator
from app.methods.prediction_powered import corrected_shares
from app.methods.shares import share_of
from app.rounds.models import ARM_WORDS, IMPORTED, Round
from app.rounds.queries import frozen_seq
from app.suggestions.models import SuggestionRun
from app.suggestions.validity_figures import ArmCount, CodeShares, DimensionValidity, PersonBeside, Validity
from app.suggestions.validity_queries import arms_by_incident, chances_of, states_of, weights_of
from app.suggestions.validity_said import NEW, RunReplies

MODEL = "model"
BY_DESIGN = ("blind", "after")  # arms in which every first submission is unexposed, whoever coded and whatever it was

LIVE = (
    "No figures: this round was coded under the live codebook, so what its coders could say changed while they coded. "
    "A model is held against people only where both had one frozen codebook."
)
OTHER_CODEBOOK = (
    "No figures: the run was asked under another codebook than the round was coded under. Ask for a run that is only "
    "measured, which takes the round's own."
)
NOT_SAID = (
    "No figures: these ratings came in a file, and nobody said that they were made independently of one another and "
    "of a model."
)
NOTHING_DONE = "No figures: the run got through with no incident, so there is nothing to hold against people."
NOBODY = "Nobody coded any of these incidents without having seen a suggestion, so there is nothing to go by."
SAID_NOTHING = "The model said nothing of any incident."


@dataclass(frozen=True, eq=False)
class Rated:
    """incidents: those of the run that the model answered, rising. cells: incidents × people, model: one a row; places
    in values. labelled: where somebody coded unexposed by design of the arm."""

    incidents: Ints
    members: tuple[int, ...]
    cells: Ints
    model: Ints
    values: tuple[Value, ...]
    labelled: Bools
    weights: Floats | None

    @cached_property
    def not_enough(self) -> int:
        """How many answers of people say so."""
        places = [place for place, value in enumerate(self.values) if NOT_ENOUGH in _codes_in(value)]
        return int(np.isin(self.cells, places).sum())

    @cached_property
    def codes(self) -> list[int | str]:
        """Of which a share is told: those that anybody used, and none."""
        used = {code for value in self.values for code in _codes_in(value)}
        known = sorted((code for code in used if not _is_apart(code)), key=order_of)
        return [*known, NONE_APPLIES]

    @cached_property
    def has(self) -> Floats:
        """Values × codes."""
        return np.array([[code in _codes_in(value) for code in self.codes] for value in self.values], dtype=float)


def counted_validity(
    session: Session, coding_round: Round, run: SuggestionRun, *, epsilon: float, level: Level
) -> Validity:
    look = Look.at(session, coding_round, Lens(level=level))
    replies = RunReplies.of(session, run)
    arm_of = arms_by_incident(session, coding_round)
    states = states_of(session, run)
    chances = chances_of(session, run)
    arms = tuple(_arm_counts(look, arm_of, replies))
    sentence = _refusal(session, look, run, arms, replies)
    weights = weights_of(chances)
    dimensions = () if sentence else tuple(_dimensions(look, run, replies, arm_of, weights, epsilon))
    return Validity(
        run_id=run.id,
        epsilon=epsilon,
        level=level,
        incidents=sum(states.values()),
        done=states["done"],
        nothing=tuple(sorted((state, n) for state, n in states.items() if state != "done")),
        arms=arms,
        sentence=sentence,
        dimensions=dimensions,
        samples=run.samples,
        is_weighed=bool(weights),
        by_hand=None in chances.values(),
        in_date_order=coding_round.plan.get("queue_order") == "date",
        is_imported=coding_round.purpose == IMPORTED,
    )


def _refusal(session: Session, look: Look, run: SuggestionRun, arms: Sequence[ArmCount], replies: RunReplies) -> str:
    if look.coding_round.purpose == IMPORTED:
        if not look.coding_round.plan.get("said_independent"):
            return NOT_SAID
    elif look.coding_round.codebook_version_id is None:
        return LIVE
    elif frozen_seq(session, look.coding_round) != run.codebook_seq:
        return OTHER_CODEBOOK
    if not replies.done:
        return NOTHING_DONE
    first, exposed = sum(one.first for one in arms), sum(one.exposed for one in arms)
    return "" if first > exposed else _none_unexposed(arms, first)


def _none_unexposed(arms: Sequence[ArmCount], first: int) -> str:
    if not first:
        return "No figures: none of the incidents that the model answered was handed in by anybody."
    appear = " and ".join(ARM_WORDS[one.arm] for one in arms if one.first)
    many = "the only first submission" if first == 1 else f"all {first} first submissions"
    return (
        f"No figures: {many} on incidents that the model answered came after a suggestion, or what others said, was "
        f"shown (suggestions appear {appear}). Agreement with a model that was seen first says little about the model. "
        "Set a share aside as blind, or show suggestions after the own submission."
    )


def _dimensions(
    look: Look,
    run: SuggestionRun,
    replies: RunReplies,
    arm_of: Mapping[int, str],
    weights: Mapping[int, float],
    epsilon: float,
) -> Iterator[DimensionValidity]:
    asked = set(run.dimension_ids or look.coding_round.plan.get("dimension_ids") or ())
    for dimension in look.codebook.dimensions:
        if asked and dimension.id not in asked:
            continue
        unpooled = [look.codebook.codes[key] for key, pooled in look.used(dimension).items() if not pooled]
        if unpooled:
            yield DimensionValidity(dimension, _waits(unpooled))
        else:
            yield _dimension(look, dimension, replies, arm_of, weights, epsilon)


def _waits(unpooled: Sequence[CodeEntry]) -> str:
    names = ", ".join(sorted({code.name if code.disclosed == "whole" else NOT_OPEN for code in unpooled}))
    wait = "1 proposed code waits" if len(unpooled) == 1 else f"{len(unpooled)} proposed codes wait"
    return f"No figure yet: {wait} to be pooled ({names}). It is made once it is settled what each became."


def _dimension(
    look: Look,
    dimension: DimensionEntry,
    replies: RunReplies,
    arm_of: Mapping[int, str],
    weights: Mapping[int, float],
    epsilon: float,
) -> DimensionValidity:
    said = replies.said(dimension, look.code_of(dimension))
    rated = _rated(look, dimension, said.values, arm_of, weights)
    return DimensionValidity(
        dimension=dimension,
        sentence="" if said.values else SAID_NOTHING,
        answered=len(said.values),
        not_read=len(said.not_read),
        unsettled=len(said.unsettled),
        unresolved=len(said.unresolved),
        proposing=len(said.proposing),
        not_enough=rated.not_enough,
        people=alpha_of_rated(rated, rated.cells, rated.members, dimension),
        with_people=tuple(beside_of(rated, dimension)),
        test=alternative_annotator(
            rated.cells,
            rated.model,
            rated.members,
            alike=alike_by(rated.values, sets=dimension.takes_many),
            epsilon=epsilon,
        ),
        shares=tuple(shares_of(rated)),
        labelled=int(rated.labelled.sum()),
        predicted=int((~rated.labelled).sum()),
    )


def _rated(
    look: Look,
    dimension: DimensionEntry,
    said: Mapping[int, Value],
    arm_of: Mapping[int, str],
    weights: Mapping[int, float],
) -> Rated:
    work, code_of = look.work, look.code_of(dimension)
    places = work.answers(_unexposed(look), dimension.id)
    submission = work.at[places]
    who, about = work.submissions.members[submission], work.submissions.incidents[submission]
    values_of = _values_of(dimension, look, work.said_at[places], code_of)
    values = tuple(sorted({*said.values(), *(v for v in values_of.values() if v is not None)}, key=order_of))
    place_of = {value: place for place, value in enumerate(values)}
    incidents = np.array(sorted(said), dtype=np.int64)
    here = np.isin(about, incidents)
    members, column = np.unique(who[here], return_inverse=True)
    cells = np.full((len(incidents), len(members)), ABSENT, dtype=np.int64)
    given = [ABSENT if (v := values_of[at]) is None else place_of[v] for at in work.said_at[places][here].tolist()]
    cells[np.searchsorted(incidents, about[here]), column] = given
    of_arm = np.array([arm_of.get(one) in BY_DESIGN for one in incidents.tolist()], dtype=bool)
    by = np.array([weights[one] for one in incidents.tolist()]) if weights else None
    model = np.array([place_of[said[one]] for one in incidents.tolist()], dtype=np.int64)
    labelled = of_arm & (cells != ABSENT).any(axis=1)
    return Rated(incidents, tuple(members.tolist()), cells, model, values, labelled, by)


def _values_of(dimension: DimensionEntry, look: Look, said_at: Ints, code_of: CodeOf) -> dict[int, Value | None]:
    return {at: value_of(dimension, look.work.said[at], code_of) for at in np.unique(said_at).tolist()}


def _unexposed(look: Look) -> Bools:
    """First submissions of the first pass, none exposed; of a file, people's ratings."""
    return look.submissions(look.kinds[0])


def alpha_of_rated(rated: Rated, cells: Ints, raters: Sequence[int | str], dimension: DimensionEntry) -> Coefficient:
    """Krippendorff's, with its interval; of sets by MASI distance."""
    patterns = count_codes(cells, raters=raters, values=rated.values)
    return measures_of(patterns, sets=dimension.takes_many).alpha


def beside_of(rated: Rated, dimension: DimensionEntry) -> Iterator[PersonBeside]:
    """Each coder and the model alone: one alpha over all with the model inside would be people's own in disguise."""
    for place, member in enumerate(rated.members):
        both = rated.cells[:, place] != ABSENT
        cells = np.stack([rated.cells[both, place], rated.model[both]], axis=1)
        yield PersonBeside(member, alpha_of_rated(rated, cells, (member, MODEL), dimension))


def shares_of(rated: Rated) -> Iterator[CodeShares]:
    of = rated.labelled
    model = rated.has[rated.model]
    given = (rated.cells[of] != ABSENT)[..., None]
    people = (rated.has[rated.cells[of]] * given).sum(axis=1) / np.maximum(given.sum(axis=1), 1)
    by, rest = (rated.weights[of], rated.weights[~of]) if rated.weights is not None else (None, None)
    corrected = corrected_shares(people, model[of], model[~of], weights=by, unlabelled_weights=rest)
    for column, code in enumerate(rated.codes):
        yield CodeShares(
            code=code,
            model=share_of(model[:, column], none=SAID_NOTHING, weights=rated.weights),
            people=share_of(people[:, column], none=NOBODY, weights=by),
            corrected=corrected[column],
        )


def _codes_in(value: Value) -> frozenset[int | str]:
    """An empty set says that none applies, as the value for it does."""
    if isinstance(value, frozenset):
        return value or frozenset([NONE_APPLIES])
    return frozenset([value])


def _is_apart(code: int | str) -> bool:
    """What is no code of the codebook: none, not enough information, and what only the model has."""
    return isinstance(code, str) and (code in (NONE_APPLIES, NOT_ENOUGH) or code.startswith(NEW))


def _arm_counts(look: Look, arm_of: Mapping[int, str], replies: RunReplies) -> Iterator[ArmCount]:
    """Over the incidents that the model answered."""
    of = look.work.submissions
    first = of.is_first & ~of.skipped & look.here & of.of(list(replies.done)) & ~of.by(look.models)
    exposed = ~of.independent if look.coding_round.purpose != IMPORTED else np.zeros_like(of.independent)
    all_first = Counter(arm_of.get(one, "") for one in of.incidents[first].tolist())
    seen = Counter(arm_of.get(one, "") for one in of.incidents[first & exposed].tolist())
    for arm in ARM_WORDS:
        if all_first[arm] or arm in arm_of.values():
            yield ArmCount(arm, all_first[arm], seen[arm])
