"""How a round is looked at: by code or by category, under which codebook, and at the incidents of which cohorts and
arms."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlalchemy.orm import Session

from app.agreement.queries import incidents_looked_at
from app.codebook.queries import current_seq, version, whole_codebook
from app.codebook.shelves import shelf_of
from app.codebook.tree import Codebook
from app.methods.codebook_algebra import category_of, living, scored_as
from app.problems import NotFound
from app.rounds.models import ARM_WORDS, IMPORTED, Round
from app.rounds.queries import frozen_seq

if TYPE_CHECKING:
    from app.coding.handed_in import Bools, HandedIn

CodeOf = Callable[[int], int | None]  # a submitted code as it is compared; None where it is not resolved

LIVE = "live"
RESAMPLES, SEED = 2000, 20  # of the bootstrap; whoever looks draws the same
LIVE_WORDS = "the live codebook"
Level = Literal["code", "category"]


@dataclass(frozen=True)
class Lens:
    """seq: of the codebook that is chosen to score under, called `version_name`; None for the round's own, under which
    it was coded. cohorts: none takes all incidents; "" stands for the incidents that belong to none. arms: likewise,
    when suggestions appear on them. resamples: of the bootstrap that makes the intervals; None for the jackknife."""

    level: Level = "code"
    seq: int | None = None
    version_name: str = ""
    cohorts: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    resamples: int | None = None

    @property
    def is_post_hoc(self) -> bool:
        """Its figures are scored under another codebook than the round was coded under: never a reliability."""
        return self.seq is not None

    @property
    def words(self) -> str:
        """What sets it apart from all of a round by code; '' where nothing does."""
        by = ["by category"] if self.level == "category" else []
        where = [f"cohort {cohort}" if cohort else "no cohort" for cohort in self.cohorts]
        arms = [f"suggestions {ARM_WORDS[arm]}" for arm in self.arms]
        return "; ".join([*by, *where, *arms])

    @property
    def own(self) -> "Lens":
        """The same look under the round's own codebook."""
        return replace(self, seq=None, version_name="")

    def codebook(self, session: Session, coding_round: Round) -> Codebook:
        """The one that is scored under, with every code: nobody sees it whole."""
        own = frozen_seq(session, coding_round)
        return whole_codebook(session, coding_round.study_id, seq=own if self.seq is None else self.seq)

    def code_of(self, codebook: Codebook, dimension_id: int | None = None) -> CodeOf:
        """How a submitted code is compared. codebook: what `codebook()` gives.

        As submitted, unless a version was chosen: then as what it has become there; None where that version does not
        have it (in this dimension), or it was split by then. Last it is rolled up, where the level is category.
        """
        if self.seq is None and self.level == "code":
            return as_submitted
        shelf = shelf_of(codebook)
        compared = category_of if self.level == "category" else scored_as
        if self.seq is None:
            return lambda code_id: compared(shelf, code_id)

        def under_version(code_id: int) -> int | None:
            code = codebook.codes.get(living(shelf, code_id))
            if code is None or code.status == "undone" or dimension_id not in (None, code.dimension_id):
                return None
            return compared(shelf, code_id)

        return under_version

    def mask(self, session: Session, coding_round: Round, work: "HandedIn") -> "Bools":
        """Which of the submissions are looked at: those of incidents of the cohorts and arms."""
        if not self.cohorts and not self.arms:
            return work.submissions.ids >= 0
        return work.submissions.of(self.incident_ids(session, coding_round))

    def incident_ids(self, session: Session, coding_round: Round) -> list[int]:
        """The incidents of the round that are looked at."""
        asked = incidents_looked_at(coding_round, self.cohorts, self.arms)
        return list(session.scalars(asked.order_by("incident_id")))


PLAIN = Lens()


def as_submitted(code_id: int) -> int:
    return code_id


def lens_of(
    session: Session,
    coding_round: Round,
    *,
    level: str = "",
    asked_version: str = "",
    cohorts: tuple[str, ...] = (),
    arms: tuple[str, ...] = (),
    resamples: int | None = None,
) -> Lens:
    """As a reader asks for it. asked_version: an id, LIVE, or "" for the round's own; the own one named by its id is
    the own one. Raw ratings of a file have no version but their own. What does not exist is not found."""
    if level not in ("", "code", "category"):
        raise NotFound
    by_level: Level = "category" if level == "category" else "code"
    lens = Lens(by_level, cohorts=tuple(sorted(set(cohorts))), arms=tuple(sorted(set(arms))), resamples=resamples)
    if asked_version == LIVE:
        if coding_round.codebook_version_id is None and coding_round.purpose != IMPORTED:
            return lens
        return replace(lens, seq=current_seq(session, coding_round.study_id), version_name=LIVE_WORDS)
    if not asked_version:
        return lens
    found = version(session, coding_round.study_id, _id(asked_version))
    is_own = coding_round.codebook_version_id == found.id
    return lens if is_own else replace(lens, seq=found.codebook_seq, version_name=found.name)


def _id(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise NotFound
    return int(typed)
