"""What is typed into the forms of the codebook; it is kept when something is wrong with it."""

from dataclasses import dataclass

from app.codebook.actions import CodeText, VersionNameTaken, VersionNameTooLong
from app.codebook.colours import PALETTE, hue_of
from app.codebook.dimension_actions import DimensionText
from app.codebook.examples import kind_of
from app.codebook.policy import (
    DimensionNameTaken,
    GoesInCircles,
    NameTaken,
    NameTooLong,
    NoName,
    OtherDimension,
    SynonymTooLong,
    TooManySynonyms,
)
from app.codebook.template import NoSuchMode, NoSuchTemplate
from app.codebook.tree import CodeEntry, DimensionEntry
from app.problems import Invalid
from app.studies.actions import NoTitle, SlugNotUsable, SlugTaken, TitleTooLong
from app.web import forms as web
from app.web.forms import Posted


class NoReason(Invalid):
    """Say why in a few words. The history keeps it, and others read it instead of asking."""


EXAMPLE_FIELDS = {"examples": "typical", "close_calls": "close_call", "atypical": "atypical"}
BELONGS_TO: dict[type[Invalid], str] = {
    NoName: "name",
    NameTooLong: "name",
    NameTaken: "name",
    DimensionNameTaken: "name",
    VersionNameTaken: "name",
    VersionNameTooLong: "name",
    GoesInCircles: "parent_id",
    OtherDimension: "parent_id",
    TooManySynonyms: "synonyms",
    SynonymTooLong: "synonyms",
    NoReason: "reason",
    NoTitle: "title",
    TitleTooLong: "title",
    SlugNotUsable: "slug",
    SlugTaken: "slug",
    NoSuchTemplate: "template",
    NoSuchMode: "mode",
}


@dataclass
class Form(web.Form):
    belongs_to = BELONGS_TO


@dataclass
class CodeForm(Form):
    dimension_id: int | None = None
    parent_id: int | None = None
    is_category: bool = False
    name: str = ""
    definition: str = ""
    use_when: str = ""
    not_when: str = ""
    short_definition: str = ""
    examples: str = ""  # typical ones, one a line
    close_calls: str = ""
    atypical: str = ""
    synonyms: str = ""  # commas between them
    source: str = ""
    colour: str = ""
    reason: str = ""
    seen_seq: int = 0

    @classmethod
    def read(cls, posted: Posted) -> "CodeForm":
        return cls(
            dimension_id=posted.number("dimension_id"),
            parent_id=posted.number("parent_id"),
            is_category=posted.text("kind") == "category",
            name=posted.text("name"),
            definition=posted.raw("definition").strip(),
            use_when=posted.raw("use_when").strip(),
            not_when=posted.raw("not_when").strip(),
            short_definition=posted.text("short_definition"),
            examples=posted.raw("examples").strip(),
            close_calls=posted.raw("close_calls").strip(),
            atypical=posted.raw("atypical").strip(),
            synonyms=posted.text("synonyms"),
            source=posted.text("source"),
            colour=posted.text("colour"),
            reason=posted.text("reason"),
            seen_seq=posted.number("seen_seq") or 0,
        )

    @classmethod
    def of(cls, code: CodeEntry) -> "CodeForm":
        return cls(
            dimension_id=code.dimension_id,
            parent_id=code.parent_id,
            is_category=code.is_category,
            name=code.name,
            definition=code.definition,
            use_when=code.use_when,
            not_when=code.not_when,
            short_definition=code.short_definition,
            examples=_lines(code, "typical"),
            close_calls=_lines(code, "close_call"),
            atypical=_lines(code, "atypical"),
            synonyms=", ".join(code.synonyms),
            source=code.source,
            colour=code.colour,
            seen_seq=code.codebook_seq,
        )

    @property
    def hue(self) -> str:
        return hue_of(self.colour)

    def words(self, before: CodeEntry | None = None) -> CodeText:
        """An example that stayed as it was keeps the incident it comes from."""
        kept = {(kind_of(each), _one_line(each["text"])): each for each in (before.examples if before else ())}
        typed = [
            (kind, _one_line(line))
            for name, kind in EXAMPLE_FIELDS.items()
            for line in getattr(self, name).splitlines()
            if line.strip()
        ]
        return CodeText(
            name=self.name,
            definition=self.definition,
            use_when=self.use_when,
            not_when=self.not_when,
            examples=tuple(kept.get((kind, line), {"kind": kind, "text": line}) for kind, line in typed),
            colour=self._colour(before),
            short_definition=self.short_definition,
            synonyms=tuple(self.synonyms.split(",")),
            source=self.source,
        )

    def _colour(self, before: CodeEntry | None) -> str:
        """One of the palette. A colour that came in a file stays as long as its hue is not changed."""
        former = before.colour if before else ""
        if self.colour not in ("", *PALETTE) or (self.colour and hue_of(former) == self.hue):
            return former
        return self.colour


def _lines(code: CodeEntry, kind: str) -> str:
    return "\n".join(_one_line(each["text"]) for each in code.examples if kind_of(each) == kind)


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass
class DimensionForm(Form):
    name: str = ""
    question: str = ""
    takes: str = "one"
    has_main: bool = False
    openness: str = "open"
    needs_evidence: bool = False
    reason: str = ""
    seen_seq: int = 0

    @classmethod
    def read(cls, posted: Posted) -> "DimensionForm":
        return cls(
            name=posted.text("name"),
            question=posted.text("question"),
            takes=posted.text("takes"),
            has_main="has_main" in posted,
            openness=posted.text("openness"),
            needs_evidence="needs_evidence" in posted,
            reason=posted.text("reason"),
            seen_seq=posted.number("seen_seq") or 0,
        )

    @classmethod
    def of(cls, entry: DimensionEntry) -> "DimensionForm":
        return cls(
            name=entry.name,
            question=entry.question,
            takes=entry.takes,
            has_main=entry.has_main,
            openness=entry.openness,
            needs_evidence=entry.needs_evidence,
            seen_seq=entry.codebook_seq,
        )

    def words(self) -> DimensionText:
        return DimensionText(self.name, self.question, self.takes, self.has_main, self.openness, self.needs_evidence)


@dataclass
class VersionForm(Form):
    name: str = ""
    notes: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "VersionForm":
        return cls(name=posted.text("name"), notes=posted.text("notes"))


@dataclass
class StudyForm(Form):
    title: str = ""
    slug: str = ""
    template: str = "incident-study"
    mode: str = "hybrid"

    @classmethod
    def read(cls, posted: Posted) -> "StudyForm":
        return cls(
            title=posted.text("title"),
            slug=posted.text("slug"),
            template=posted.text("template"),
            mode=posted.text("mode", "hybrid"),
        )


def check_reason(reason: str) -> None:
    if not reason:
        raise NoReason
