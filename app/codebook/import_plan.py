"""What bringing a codebook file in would do, code by code, to the codebook that one member sees. Changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from app.codebook.policy import DimensionNameTaken, NameTooLong, NoName, usable_dimension_name
from app.codebook.readers.listed import ListedCode, ListedCodebook, ListedDimension, Refused
from app.codebook.texts import EXAMPLES, TEXTS, examples_of, on_lines, text_of
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.methods.names import folded_name, same_name

EXAMPLES_NAME = "examples"


@dataclass(frozen=True)
class Destination:
    """Where a dimension of the file goes: into one that is here, into a new one of a name, or nowhere."""

    dimension_id: int | None = None
    new_name: str = ""
    left_out: bool = False


@dataclass(frozen=True)
class Difference:
    """name: of the text in app.codebook.texts, or 'examples'."""

    name: str
    heading: str
    ours: str
    theirs: str


@dataclass
class PlannedCode:
    """here: the code of the same name in the same place, if there is one. key: names the code within the file."""

    key: str
    listed: ListedCode
    depth: int
    parent: "PlannedCode | None"
    here: CodeEntry | None
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """As the file has it; blank for a parent that the file names and does not list."""
        return on_lines(self.listed.texts.get(TEXTS[0].name, ""))

    @property
    def standing(self) -> str:
        return "added" if self.here is None else "conflicting" if self.differences else "matched"


@dataclass
class PlannedDimension:
    """here: the dimension it goes into; None for a new one, called `name`. problem: why it cannot be done so."""

    place: int
    listed: ListedDimension
    destination: Destination
    here: DimensionEntry | None = None
    name: str = ""
    problem: str = ""
    codes: list[PlannedCode] = field(default_factory=list)

    def of(self, standing: str) -> list[PlannedCode]:
        return [code for code in self.codes if code.standing == standing]


@dataclass
class ImportPlan:
    dimensions: list[PlannedDimension]
    refused: list[Refused]
    left_out: list[str]
    remarks: list[str]

    def of(self, standing: str) -> list[PlannedCode]:
        return [code for dimension in self.dimensions for code in dimension.of(standing)]

    @property
    def new_dimensions(self) -> list[PlannedDimension]:
        return [each for each in self.dimensions if each.here is None and not each.destination.left_out]

    @property
    def problem(self) -> str:
        return next((each.problem for each in self.dimensions if each.problem), "")


def usual_destination(listed: ListedDimension, codebook: Codebook) -> Destination:
    """The dimension that has its name, else a new one."""
    here = next((each for each in codebook.dimensions if same_name(each.name, listed.name)), None)
    return Destination(dimension_id=here.id) if here else Destination(new_name=listed.name)


def state_of(codebook: Codebook) -> str:
    """Another one as soon as anything of what a member sees has changed."""
    seen = [(d.id, d.codebook_seq) for d in codebook.dimensions]
    codes = [(c.id, c.codebook_seq, c.disclosed) for c in sorted(codebook.codes.values(), key=lambda c: c.id)]
    return sha256(repr((seen, codes)).encode()).hexdigest()


def planned(
    listed: ListedCodebook, codebook: Codebook, member_id: int, destinations: Mapping[int, Destination]
) -> ImportPlan:
    """codebook: as the member sees it. destinations: by the place of the dimension in the file; else the usual one."""
    plan = ImportPlan([], [*listed.refused], [*listed.left_out], [*listed.remarks])
    known = _Known(codebook, member_id)
    for place, dimension in enumerate(listed.dimensions):
        destination = destinations.get(place) or usual_destination(dimension, codebook)
        found = PlannedDimension(place, dimension, destination)
        plan.dimensions.append(found)
        if destination.left_out:
            continue
        _settle(found, codebook, plan)
        for code in dimension.codes:
            _plan_code(found, code, None, known, plan)
    return plan


def _settle(found: PlannedDimension, codebook: Codebook, plan: ImportPlan) -> None:
    """Which dimension it is, or what stands in the way."""
    if found.destination.dimension_id is not None:
        found.here = next((each for each in codebook.dimensions if each.id == found.destination.dimension_id), None)
        found.name = found.here.name if found.here else ""
        found.problem = "" if found.here else "This dimension is not in the codebook any more. Choose another one."
        return
    found.name = found.destination.new_name
    try:
        found.name = usable_dimension_name(codebook, found.name, None)
        if any(same_name(other.name, found.name) for other in plan.new_dimensions if other is not found):
            raise DimensionNameTaken("Another dimension of the file is to have this name. Take another one.")
    except NoName:
        found.problem = "The file does not say which dimension its codes answer. Choose one, or name a new one."
    except (NameTooLong, DimensionNameTaken) as problem:
        found.problem = problem.sentence


class _Known:
    """The active codes that the member sees, by where they stand, and what the file adds to them."""

    def __init__(self, codebook: Codebook, member_id: int) -> None:
        self.codebook = codebook
        self.member_id = member_id
        self.here: dict[tuple[object, object, str], CodeEntry] = {}
        self.planned: dict[tuple[object, object, str], PlannedCode] = {}
        self.by_name: dict[tuple[int, str], list[CodeEntry]] = {}
        for dimension in codebook.dimensions:
            self._add(dimension.id)

    def _add(self, dimension_id: int) -> None:
        codes = self.codebook.codes_of(dimension_id)
        ids = {code.id for code in codes}
        for code in codes:
            parent = code.parent_id if code.parent_id in ids else None
            self.here.setdefault((dimension_id, parent, folded_name(code.name)), code)
        for code in self.codebook.codes.values():
            if code.dimension_id == dimension_id and code.status != "undone":
                self.by_name.setdefault((dimension_id, folded_name(code.name)), []).append(code)

    def may_compare(self, code: CodeEntry) -> bool:
        return code.disclosed == "whole" or code.created_by == self.member_id


def _plan_code(
    dimension: PlannedDimension, listed: ListedCode, parent: PlannedCode | None, known: _Known, plan: ImportPlan
) -> None:
    in_dimension: object = dimension.here.id if dimension.here else ("new", dimension.place)
    under: object = None
    if parent is not None:
        under = parent.here.id if parent.here else ("new", parent.key)
    where = (in_dimension, under, folded_name(listed.name))
    found = known.planned.get(where)
    if found is not None:
        plan.refused.append(Refused(listed.place, f"“{listed.name}” stands there twice; the first one counts"))
    else:
        here = known.here.get(where)
        key = f"{dimension.place}-{len(dimension.codes)}"
        found = PlannedCode(key, listed, parent.depth + 1 if parent else 0, parent, here)
        known.planned[where] = found
        if here is not None and known.may_compare(here):
            found.differences = tuple(_differences(listed, here))
        found.notes = tuple(_notes(found, dimension, known))
        dimension.codes.append(found)
    for code in listed.codes:
        _plan_code(dimension, code, found, known, plan)


def _differences(listed: ListedCode, here: CodeEntry) -> Iterator[Difference]:
    """What the file leaves blank says nothing against what is here."""
    for words in TEXTS:
        theirs, ours = on_lines(listed.texts.get(words.name, "")), text_of(here, words)
        if theirs and theirs != ours.strip():
            yield Difference(words.name, words.heading, ours, theirs)
    theirs_all = [_plain(text) for _, text in listed.examples]
    ours_all = [_plain(text) for kind in EXAMPLES for text in examples_of(here, kind)]
    if theirs_all and sorted(theirs_all) != sorted(ours_all):
        yield Difference(EXAMPLES_NAME, "Examples", "\n".join(ours_all), "\n".join(theirs_all))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _notes(found: PlannedCode, dimension: PlannedDimension, known: _Known) -> Iterator[str]:
    if found.here is not None:
        if found.here.is_category != found.listed.is_category and found.listed.is_category:
            yield "a category in the file; here it is a code that is applied, and stays one"
        return
    if dimension.here is None:
        return
    others = known.by_name.get((dimension.here.id, folded_name(found.listed.name)), [])
    for other in others[:1]:
        yield _elsewhere(other, known.codebook.codes)


def _elsewhere(other: CodeEntry, codes: Mapping[int, CodeEntry]) -> str:
    if not other.is_active:
        return f"a code of this name was {other.status} here; this one comes in as another"
    parent = codes.get(other.parent_id) if other.parent_id is not None else None
    return f"a code of this name stands {f'under “{parent.name}”' if parent else 'at the top'} already"


def in_order(plan: ImportPlan) -> Sequence[PlannedCode]:
    """Parents before their children."""
    return [code for dimension in plan.dimensions if not dimension.destination.left_out for code in dimension.codes]
