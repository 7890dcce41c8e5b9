"""The page of the figures at closing: what was stored, and whether it comes out the same just now."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.agreement.figures import ROW_WORDS
from app.agreement.shown import Shown, code_name, kappa_name
from app.agreement.stored_differences import NumberDiffers, key_of
from app.agreement.stored_figures import Check, check, stored_set, stored_sets, with_figures
from app.agreement.stored_form import Figure
from app.agreement.stored_models import StoredFigures
from app.codebook.queries import version, visible_codebook
from app.codebook.tree import Codebook
from app.methods.agreement import Coefficient
from app.methods.agreement.results import FORMULAS
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class StoredLine:
    """One row at one level. then and today: its headline, alpha. sentence: why there was no figure."""

    dimension: str
    words: str
    then: Shown | None = None
    today: Shown | None = None
    percent: Shown | None = None
    ac1: Shown | None = None
    kappa: Shown | None = None
    raters: int = 0
    sentence: str = ""
    is_same: bool = True


@dataclass(frozen=True)
class StoredPage:
    """sets: newest first. shown None: nothing is stored yet."""

    coding_round: Round
    sets: Sequence[StoredFigures]
    shown: StoredFigures | None
    by: str
    version: str
    check: Check | None
    reasons: tuple[str, ...]
    lines: tuple[StoredLine, ...]

    @property
    def kappa_name(self) -> str:
        return kappa_name(line.raters for line in self.lines if line.kappa)


def stored_page(session: Session, viewer: Viewer, coding_round: Round, stored_id: int | None) -> StoredPage:
    sets = stored_sets(session, coding_round)
    if not sets:
        if stored_id is not None:
            raise NotFound
        return StoredPage(coding_round, (), None, "", "", None, (), ())
    shown = stored_set(session, coding_round, stored_id)
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    found = check(session, coding_round, shown, lambda code_id: code_name(code_id or 0, codebook))
    frozen = shown.codebook_version_id
    return StoredPage(
        coding_round=coding_round,
        sets=sets,
        shown=shown,
        by=members_by_id(session, viewer.study.id)[shown.member_id].name,
        version=version(session, viewer.study.id, frozen).name if frozen else "",
        check=found,
        reasons=tuple(_reasons(shown, found, codebook)),
        lines=tuple(_line(each, found, codebook) for each in shown.figures),
    )


def _reasons(shown: StoredFigures, found: Check, codebook: Codebook) -> list[str]:
    """Why something does not come out the same."""
    said = []
    if not found.is_whole:
        said.append("What is stored does not bear its hash: it was altered outside Tandem.")
    if found.formulas:
        why = f"formulas {shown.formulas} then, {FORMULAS} today" if shown.formulas != FORMULAS else "the same formulas"
        said.append(f"Out of the very same ratings {_counted(found.formulas)} come out otherwise today ({why}).")
    said += [f"{_dimension(each.dimension_id, codebook)}: {each.sentence}" for each in found.inputs]
    if not found.same_hash and not found.inputs:
        said.append("What the round was, its purpose or its codebook version, is told otherwise today.")
    return said


def _counted(numbers: Sequence[NumberDiffers]) -> str:
    return "1 number" if len(numbers) == 1 else f"{len(numbers):,} numbers"


def _line(figure: Figure, found: Check, codebook: Codebook) -> StoredLine:
    dimension, words = _dimension(figure["dimension"], codebook), ROW_WORDS[figure["kind"]]
    if "measures" not in figure:
        return StoredLine(dimension, words, sentence=figure["sentence"])
    if figure["level"] == "category":
        words += " (by category)"
    key = key_of(figure)
    now = next((each for each in with_figures(found.today) if key_of(each) == key), None)
    is_nominal = figure["takes"] != "many"
    return StoredLine(
        dimension=dimension,
        words=words,
        then=_headline(figure),
        today=_headline(now) if now else None,
        percent=_shown(figure, "percent"),
        ac1=_shown(figure, "ac1") if is_nominal else None,
        kappa=_shown(figure, "light") if is_nominal else None,
        raters=len(figure["raters"]),
        is_same=not any(each.key == key for each in (*found.numbers, *found.formulas)),
    )


def _headline(figure: Figure) -> Shown:
    return _shown(figure, "alpha_masi" if figure["takes"] == "many" else "alpha")


def _shown(figure: Figure, name: str) -> Shown:
    measured = Coefficient(**figure["measures"][name])
    return Shown.of_share(measured) if name == "percent" else Shown.of(measured)


def _dimension(dimension_id: int, codebook: Codebook) -> str:
    found = codebook.dimension(dimension_id)
    return found.name if found else f"dimension {dimension_id}"
