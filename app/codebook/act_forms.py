"""What is typed into the forms of acts on one code; it is kept when something is wrong with it."""

from dataclasses import dataclass, field

from app.codebook.actions import CodeText
from app.codebook.examples import NoQuote, NoSuchIncident, NoSuchKind, NotInTheText
from app.codebook.forms import BELONGS_TO, Form
from app.codebook.moving import NotBeside, SameDimension, StandsThere
from app.codebook.policy import KindsDiffer
from app.codebook.splitting import MOST_PARTS, TooFewParts, TooManyParts
from app.codebook.tree import CodeEntry
from app.problems import Invalid
from app.web.forms import Posted

ROWS = 4
PLACES: dict[type[Invalid], str] = {
    **BELONGS_TO,
    StandsThere: "before_id",
    NotBeside: "before_id",
    SameDimension: "dimension_id",
    KindsDiffer: "into_id",
    NoSuchKind: "kind",
    NoQuote: "text",
    NotInTheText: "text",
    NoSuchIncident: "number",
    TooFewParts: "parts",
    TooManyParts: "parts",
}


@dataclass
class ActForm(Form):
    """Of any act on a code. seen_seq: the revision that the page showed. parts: (name, definition), blank ones too."""

    belongs_to = PLACES
    reason: str = ""
    seen_seq: int | None = None
    into_id: int | None = None
    parent_id: int | None = None
    before_id: int | None = None
    dimension_id: int | None = None
    kind: str = ""
    number: int | None = None
    text: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, posted: Posted) -> "ActForm":
        rows = min(max(posted.number("rows") or ROWS, ROWS), MOST_PARTS + 1)
        return cls(
            reason=posted.text("reason"),
            seen_seq=posted.number("seen_seq"),
            into_id=posted.number("into_id"),
            parent_id=posted.number("parent_id"),
            before_id=posted.number("before_id"),
            dimension_id=posted.number("dimension_id"),
            kind=posted.text("kind"),
            number=posted.number("number"),
            text=posted.raw("text").strip(),
            parts=[(posted.text(f"name_{at}"), posted.raw(f"definition_{at}").strip()) for at in range(1, rows + 1)],
        )

    @classmethod
    def of(cls, code: CodeEntry, *, rows: int = ROWS) -> "ActForm":
        return cls(seen_seq=code.codebook_seq, parent_id=code.parent_id, kind="typical", parts=[("", "")] * rows)

    def words(self) -> list[CodeText]:
        return [CodeText(name, definition) for name, definition in self.parts if name or definition]

    def refuse_at(self, problem: Invalid, place: str) -> None:
        """place: the field of this act that anything belongs to which has none of its own."""
        own = self.belongs_to.get(type(problem))
        is_here = own is not None and own not in ("name", "parent_id")
        self.problems[own if own is not None and is_here else place] = problem.sentence
