"""Export after import is equal, on random codebooks: CSV, JSON and QDC, less exactly what the format is said to lack.

What is told of a codebook here is all that people wrote and chose; `as_carried` takes away what FORMATS and READ_AS_NEW
(app/export/codebook_formats.py) name, and nothing else.
"""

import random
import re
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, create_code, merge_codes, retire_code
from app.codebook.bring_in import bring_in_codebook
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.policy import NameTaken
from app.codebook.queries import disclosed_codebook, whole_codebook
from app.codebook.readers import read_codebook
from app.codebook.revisions import next_seq, revise_codes
from app.codebook.texts import EXAMPLES, TEXTS, as_written, example_rows, on_lines
from app.codebook.tree import Codebook
from app.export.actions import codebook_export
from app.export.codebook_files import codebook_file
from app.export.qdc import NOT_XML
from app.methods.names import folded_name
from app.methods.text import canonical
from app.studies.viewer import Viewer
from tests.makers import make_study

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
WORDS = [
    "Use when: ",
    "Not when: x",
    "\\Example: ",
    "Source: ",
    "=1+1",
    "a > b",
    "::",
    '"',
    ",",
    ";",
    "\n",
    "\n\n",
    "<&>",
]
PIECES = [*WORDS, "é", "😀", "人", "\t", "\x07", "--", "]]>", "word", "Definition: ", " ", "\\"]
NAMES = ["Human", "a > b", "b", "a", "Ä “x”; y", "=SUM(A1)", "Use when: now", "人", "'1", "x::y", "-", "<code>"]


def text(chance: random.Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.choice((0, 1, 2, 5)))).strip()


def make_random_codebook(session: Session, lead: Viewer, chance: random.Random) -> None:
    """By acts alone, so that every state can really happen: codes at any depth, retired and merged ones among them."""
    study_id, member = lead.study.id, lead.member
    for number in range(chance.randint(1, 3)):
        words = DimensionText(
            f"{chance.choice(NAMES)} {number}",
            text(chance),
            chance.choice(("one", "many")),
            openness=chance.choice(("open", "closed")),
            has_main=chance.random() < 0.5,
            needs_evidence=chance.random() < 0.5,
        )
        dimension = add_dimension(session, study_id, member, words)
        made: list[int] = []
        for _ in range(chance.randint(0, 9)):
            written = CodeText(
                chance.choice(NAMES),
                **{words.name: as_written(words, text(chance)) for words in TEXTS},
                examples=example_rows((chance.choice(EXAMPLES), text(chance)) for _ in range(chance.randint(0, 2))),
                colour=chance.choice(("", "#a0B1c2", "teal")),
            )
            how = {"parent_id": chance.choice([None, *made]), "source": text(chance)}
            try:
                with session.begin_nested():
                    code = create_code(
                        session,
                        study_id,
                        member,
                        dimension.id,
                        written,
                        origin="coding",
                        is_category=chance.random() < 0.3,
                        **how,
                    )
                    made.append(code.id)
            except NameTaken:
                continue
        put_some_away(session, lead, dimension.id, chance)


def put_some_away(session: Session, lead: Viewer, dimension_id: int, chance: random.Random) -> None:
    for _ in range(chance.choice((0, 0, 1, 2))):
        codes = whole_codebook(session, lead.study.id).codes_of(dimension_id)
        if len(codes) < 2:
            return
        code, other = chance.sample(codes, 2)
        alike = code.is_category == other.is_category and code.parent_id == other.parent_id
        with suppress(NameTaken), session.begin_nested():  # two would come to stand beside each other under one name
            if alike and chance.random() < 0.5:
                merge_codes(session, lead.study.id, lead.member, code.id, other.id, reason="the same")
            else:
                retire_code(session, lead.study.id, lead.member, code.id, reason="unused")


@dataclass(frozen=True)
class ToldCode:
    depth: int
    name: str
    texts: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]
    colour: str
    source: str
    is_category: bool


@dataclass(frozen=True)
class ToldDimension:
    name: str
    question: str
    settings: tuple[object, ...]
    codes: tuple[ToldCode, ...]


def told(codebook: Codebook) -> list[ToldDimension]:
    """Active codes as the tree stands: what stood under a retired one stands at the top."""
    found = []
    for each in codebook.dimensions:
        codes = tuple(
            ToldCode(
                depth,
                code.name,
                tuple(on_lines(getattr(code, words.name)) for words in TEXTS),
                tuple((example.get("kind", ""), example["text"]) for example in code.examples if example["text"]),
                code.colour,
                code.source,
                code.is_category,
            )
            for code, depth in codebook.tree_of(each.id)
        )
        settings_of = (each.takes, each.has_main, each.openness, each.needs_evidence)
        found.append(ToldDimension(each.name, each.question, settings_of, codes))
    return found


def as_carried(found: list[ToldDimension], format: str) -> list[ToldDimension]:
    """Less what the lists name: nothing of JSON but control characters; of CSV and QDC what they have no place for."""
    usual = ("many", False, "open", False)
    carried = []
    for each in found:
        codes = tuple(_carried_code(code, format) for code in each.codes)
        question = "" if format == "csv" else plain(each.question, format)
        kept = ToldDimension(each.name, question, each.settings if format == "json" else usual, codes)
        if codes or format != "csv":
            carried.append(kept)
    return carried


def _carried_code(code: ToldCode, format: str) -> ToldCode:
    examples = tuple((kind, plain(each, format)) for kind, each in code.examples)
    if format == "csv":
        examples = tuple((kind, plain(" ".join(each.splitlines()), format)) for kind, each in code.examples)
    if format != "json":  # which writes them one after the other; the others, kind by kind
        kinds = [kind.kind for kind in EXAMPLES]
        examples = tuple(sorted(examples, key=lambda example: kinds.index(example[0])))
    return ToldCode(
        code.depth,
        code.name,
        tuple(plain(each, format) for each in code.texts),
        tuple((kind, each) for kind, each in examples if each),
        code.colour if format != "qdc" or code.colour.startswith("#") else "",
        plain(code.source, format),
        code.is_category,
    )


def plain(written: str, format: str) -> str:
    if format == "qdc":
        written = NOT_XML.sub("\N{REPLACEMENT CHARACTER}", written)
    return CONTROLS.sub("", canonical(written)).strip()


def names_stand_apart(found: list[ToldDimension]) -> bool:
    """Whether no two of one name came to stand beside each other when what they stood under was put away."""
    for dimension in found:
        above: list[str] = []
        seen = set()
        for code in dimension.codes:
            above[code.depth :] = [folded_name(code.name)]
            if tuple(above) in seen:
                return False
            seen.add(tuple(above))
    return True


@pytest.mark.parametrize("format", ["csv", "json", "qdc"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(seed=19212)
@given(seed=st.integers(0, 2**32))
def test_what_leaves_comes_back_equal_but_for_what_the_format_is_said_to_lack(session, format, seed):
    with session.begin_nested() as undone:
        lead, other = make_study(session), make_study(session)
        make_random_codebook(session, lead, random.Random(seed))
        before = told(disclosed_codebook(session, lead.study.id))
        assert names_stand_apart(before)
        assume(any(each.codes for each in before))
        content = codebook_export(session, lead.study, version_id=None, format=format).content
        listed = read_codebook(content, format)
        assert listed.refused == []
        done = bring_in_codebook(session, other, listed, dimension=None, file_name=f"a.{format}")

        after = told(disclosed_codebook(session, other.study.id))
        assert after == as_carried(before, format)
        assert done.codes_added == sum(len(each.codes) for each in before)

        again = codebook_export(session, other.study, version_id=None, format=format).content
        done = bring_in_codebook(session, other, read_codebook(again, format), dimension=None, file_name="again")
        assert (done.codes_added, done.different) == (0, [])
        assert told(disclosed_codebook(session, other.study.id)) == after
        undone.rollback()


def test_a_clash_that_came_of_a_retired_parent_is_refused_by_name(session):
    """No act makes one any more; a codebook of before may hold one."""
    lead, other = make_study(session), make_study(session)
    dimension = add_dimension(session, lead.study.id, lead.member, DimensionText("Cause"))
    above = create_code(session, lead.study.id, lead.member, dimension.id, CodeText("Human"), origin="coding")
    for parent_id in (None, above.id):
        create_code(
            session, lead.study.id, lead.member, dimension.id, CodeText("Slip"), origin="coding", parent_id=parent_id
        )
    gone = replace(whole_codebook(session, lead.study.id).codes[above.id], status="retired")
    seq = next_seq(session, lead.study.id)
    revise_codes(session, lead.study.id, lead.member, [gone], seq, kind="retired", reason="unused")
    for format in ("csv", "json", "qdc"):
        content = codebook_export(session, lead.study, version_id=None, format=format).content
        listed = read_codebook(content, format)
        assert ["stands there twice" in each.reason for each in listed.refused] == [True]
    done = bring_in_codebook(session, other, listed, dimension=None, file_name="a.qdc")
    assert (done.codes_added, len(done.refused)) == (1, 1)


def test_every_form_of_random_codebooks_is_written(session):
    """None of them fails on what people can write; QDC is checked by the schema as it is written."""
    for seed in range(12):
        lead = make_study(session)
        make_random_codebook(session, lead, random.Random(seed))
        codebook = disclosed_codebook(session, lead.study.id)
        for format in ("csv", "xlsx", "json", "qdc", "markdown", "latex", "html"):
            made = codebook_file(codebook, slug="s", title="T -- <x>", version="live", format=format)
            assert len(made.content) > 50
