"""What is chosen while a codebook file is looked at. The file itself travels with the form (ADR 28)."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cached_property

from app.codebook.import_plan import Destination, ImportPlan, planned, usual_destination
from app.codebook.readers import CodebookFileProblem, ListedCodebook, codebook_format_of, read_codebook
from app.codebook.readers.levels import SIGNS
from app.codebook.tree import Codebook
from app.web.forms import Form, Posted, whole_number

WORDS = "words-"  # of a code with other words: ours or theirs
NEW, OUT = "new", "out"
MOST_CHOICES = 1_000  # conflicts that are decided one by one; a form holds no more than 5,000 fields


class FileLost(CodebookFileProblem):
    """The file did not come along whole. Choose it again."""


class NoFileChosen(CodebookFileProblem):
    """No file was chosen."""


@dataclass
class ImportForm(Form):
    """into: by the place of a dimension in the file, 'new', 'out' or the id of one that is here. named: the new ones.

    theirs: keys of the codes that take the file's words. all_theirs: every one does.
    """

    file_name: str
    content: bytes
    level_sign: str = ""
    one_dimension: bool = False
    into: dict[int, str] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)
    theirs: frozenset[str] = frozenset()
    all_theirs: bool = False
    reason: str = ""
    seen_state: str = ""
    problem: str = ""

    @classmethod
    def of_upload(cls, file_name: str, content: bytes) -> "ImportForm":
        if not file_name:
            raise NoFileChosen
        name = file_name.replace("\\", "/").rsplit("/", 1)[-1][:200]
        return cls(name, content, reason=f"From {name}")

    @classmethod
    def read(cls, posted: Posted) -> "ImportForm":
        form = cls(
            posted.text("file_name")[:200],
            _content(posted.text("content")),
            level_sign=posted.text("level_sign"),
            one_dimension=posted.text("one_dimension") == "yes",
            theirs=_chosen_theirs(posted),
            all_theirs=posted.text("all_words") == "theirs",
            reason=posted.text("reason")[:2_000],
            seen_state=posted.text("seen_state"),
        )
        for place, dimension in enumerate(form.listed.dimensions):
            if posted.raw(f"listed-{place}").strip() == dimension.name:
                form.into[place] = posted.text(f"into-{place}")
                form.named[place] = posted.text(f"named-{place}")
        return form

    @cached_property
    def listed(self) -> ListedCodebook:
        return read_codebook(
            self.content,
            codebook_format_of(self.file_name),
            level_sign=self.level_sign if self.level_sign in SIGNS else "",
            one_dimension=self.one_dimension,
        )

    @property
    def sent_content(self) -> str:
        return urlsafe_b64encode(self.content).decode()

    def destinations(self, codebook: Codebook) -> dict[int, Destination]:
        found = {}
        for place, dimension in enumerate(self.listed.dimensions):
            into = self.into.get(place, "")
            usual = usual_destination(dimension, codebook)
            if into == OUT:
                found[place] = Destination(left_out=True)
            elif into == NEW:
                found[place] = Destination(new_name=self.named.get(place, ""))
            else:
                found[place] = Destination(dimension_id=whole_number(into) or 0) if into else usual
        return found

    def plan(self, codebook: Codebook, member_id: int) -> ImportPlan:
        return planned(self.listed, codebook, member_id, self.destinations(codebook))

    def keys_of_theirs(self, plan: ImportPlan) -> set[str]:
        return {code.key for code in plan.of("conflicting") if self.all_theirs or code.key in self.theirs}


def _chosen_theirs(posted: Posted) -> frozenset[str]:
    chosen = [name for name in posted.names() if name.startswith(WORDS) and posted.text(name) == "theirs"]
    return frozenset(name.removeprefix(WORDS) for name in chosen)


def _content(sent: str) -> bytes:
    try:
        content = urlsafe_b64decode(sent.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError) as problem:
        raise FileLost from problem
    if not content:
        raise FileLost
    return content
