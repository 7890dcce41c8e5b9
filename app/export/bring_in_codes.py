"""The codebook of a project: top-level codes that cannot be applied are dimensions, else one dimension holds all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.folding import FIRST, unfolded
from app.codebook.policy import LONGEST_NAME, MOST_SYNONYMS
from app.codebook.texts import example_rows
from app.codebook.whole_trees import TreeCode, add_tree
from app.export.free_names import FreeNames
from app.export.qdc import COLOUR
from app.export.qdpx_words import ANSWERS, GONE, DimensionWords, dimension_words
from app.export.readers import QdaCode
from app.methods.names import plain_name
from app.studies.viewer import Viewer

ONE_DIMENSION = "Codes"
NO_NAME = "(no name)"
STATE_OF_NAME = {name: state for state, name in ANSWERS.items()}


@dataclass
class CodePlaces:
    """By GUID: (dimension, code) of each code, (dimension, state) of those that say that none applies and the like."""

    codes: dict[str, tuple[int, int]] = field(default_factory=dict)
    states: dict[str, tuple[int, str]] = field(default_factory=dict)
    dimensions: int = 0
    changed: list[str] = field(default_factory=list)


@dataclass
class _Tree:
    """codes: each after its parent, with the GUID of its element; '' for one that only a longer name speaks of."""

    name: str
    words: DimensionWords
    codes: list[tuple[str, TreeCode]] = field(default_factory=list)
    states: list[tuple[str, str]] = field(default_factory=list)


def bring_in_codes(
    session: Session, viewer: Viewer, tops: Sequence[QdaCode], *, levels: str, used: Collection[str]
) -> CodePlaces:
    """levels: what parts the levels within names, '' where names hold none. used: GUIDs of codes that codings name."""
    places = CodePlaces()
    names = FreeNames(LONGEST_NAME)
    for tree in _trees(tops, levels, used, places.changed):
        words = DimensionText(
            name=_unused(tree.name, names, places.changed),
            question=tree.words.question,
            takes=tree.words.takes or "many",
            has_main=tree.words.has_main,
            openness=tree.words.openness,
            needs_evidence=tree.words.needs_evidence,
        )
        dimension_id = add_dimension(session, viewer.study.id, viewer.member, words).id
        ids = add_tree(session, viewer, dimension_id, [code for _, code in tree.codes])
        places.codes |= {guid: (dimension_id, key) for (guid, _), key in zip(tree.codes, ids, strict=True) if guid}
        places.states |= {guid: (dimension_id, state) for guid, state in tree.states}
        places.dimensions += 1
    return places


def _trees(tops: Sequence[QdaCode], levels: str, used: Collection[str], changed: list[str]) -> list[_Tree]:
    if not tops:
        return []
    if all(not top.is_codable for top in tops):
        return [_tree(top.name, dimension_words(top.description), top.codes, levels, used, changed) for top in tops]
    return [_tree(ONE_DIMENSION, DimensionWords(""), tops, levels, used, changed)]


def _tree(
    name: str,
    words: DimensionWords,
    codes: Sequence[QdaCode],
    levels: str,
    used: Collection[str],
    changed: list[str],
) -> _Tree:
    tree = _Tree(name, words)
    _Planting(tree, used, changed).plant(_leveled(codes, levels) if levels else codes, None)
    return tree


class _Planting:
    def __init__(self, tree: _Tree, used: Collection[str], changed: list[str]) -> None:
        self.tree, self.used, self.changed = tree, used, changed
        self.names: dict[int | None, FreeNames] = {}

    def plant(self, codes: Sequence[QdaCode], parent: int | None) -> None:
        for code in codes:
            if parent is None and code.name in STATE_OF_NAME and not code.codes:
                self.tree.states.append((code.guid, STATE_OF_NAME[code.name]))
            elif parent is None and code.name == GONE and not code.is_codable:
                for gone in code.codes:
                    self._add(gone, None, is_gone=True)
            else:
                self.plant(code.codes, self._add(code, parent))

    def _add(self, code: QdaCode, parent: int | None, *, is_gone: bool = False) -> int:
        is_category = not code.is_codable
        if is_category and code.guid in self.used:
            is_category = False
            self.changed.append(f"“{_short(code.name)}” could not be applied in the file, and was: here it can be.")
        # What is out of use may share its name with a code that is in use.
        names = FreeNames(LONGEST_NAME) if is_gone else self.names.setdefault(parent, FreeNames(LONGEST_NAME))
        words = _words(code, _unused(code.name, names, self.changed), self.changed)
        place = len(self.tree.codes)
        text, source = words
        self.tree.codes.append((code.guid, TreeCode(text, parent, is_category, is_gone, source)))
        return place


def _words(code: QdaCode, name: str, changed: list[str]) -> tuple[CodeText, str]:
    found, full = unfolded(code.description), plain_name(code.name)
    texts: dict[str, Any] = dict(found.texts)
    if len(full) > LONGEST_NAME:
        texts[FIRST.name] = f"{full}\n\n{texts.get(FIRST.name, '')}".strip()
    fitting = tuple(each for each in texts.get("synonyms", ()) if len(plain_name(each)) <= LONGEST_NAME)[:MOST_SYNONYMS]
    if fitting != texts.get("synonyms", ()):
        texts["synonyms"] = fitting
        changed.append(f"Of “{_short(name)}” not all synonyms came in: they are too long, or too many.")
    colour = code.colour if COLOUR.fullmatch(code.colour) else ""
    return CodeText(name, **texts, examples=example_rows(found.examples), colour=colour), found.source


def _unused(typed: str, names: FreeNames, changed: list[str]) -> str:
    """A plain name that nothing beside it bears."""
    name = plain_name(typed)
    cut = names.cut(name or NO_NAME)
    free = names.free(name or NO_NAME)
    if not name:
        changed.append(f"What has no name in the file is called “{_short(free)}”.")
    elif free != cut:
        changed.append(f"“{_short(name)}” stood there before; this one is called “{_short(free)}”.")
    elif cut != name:
        changed.append(f"The name “{_short(name)}” was longer than {LONGEST_NAME} characters, and is cut.")
    return free


def _leveled(codes: Sequence[QdaCode], levels: str) -> list[QdaCode]:
    """`Coke::diet Coke` stands under `Coke`; a level that is no code itself becomes a category."""
    tops: list[QdaCode] = []
    known: dict[tuple[str, ...], QdaCode] = {}
    parted = [(tuple(part.strip() for part in code.name.split(levels) if part.strip()), code) for code in codes]
    for path, code in sorted(parted, key=lambda each: len(each[0])):
        beside = tops
        for depth in range(1, len(path)):
            if path[:depth] not in known:
                known[path[:depth]] = QdaCode("", path[depth - 1], is_codable=False)
                beside.append(known[path[:depth]])
            beside = known[path[:depth]].codes
        if len(path) > 1:
            code.name = path[-1]
        if path:
            known.setdefault(path, code)
        beside.append(code)
    for code in codes:
        code.codes = _leveled(code.codes, levels) if code.codes else code.codes
    return tops


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:59].rstrip() + "…"
