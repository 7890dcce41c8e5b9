"""What is typed into the forms of a study and of its members."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.problems import Invalid
from app.studies.actions import MemberNameTooLong, NoMemberName, NoSuchRole, NoTitle, TitleTooLong
from app.studies.member_actions import HasNoRole, NotAPersonHere
from app.studies.models import Study
from app.studies.settings_actions import AboutTooLong, StudyWords, words_of
from app.web.forms import Form, Places, Posted

BELONGS_TO: dict[type[Invalid], str] = {NoMemberName: "name", MemberNameTooLong: "name", NoSuchRole: "role"}


@dataclass
class InvitationForm:
    name: str = ""
    role: str = "coder"
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, posted: Posted) -> "InvitationForm":
        return cls(posted.text("name"), posted.text("role"))

    def refuse(self, problem: Invalid) -> None:
        self.problems[BELONGS_TO.get(type(problem), "name")] = problem.sentence


@dataclass
class MemberForm(Form):
    """The changes of one member: each field belongs to a form of its own on their page."""

    belongs_to: ClassVar[Places] = {NoSuchRole: "role", HasNoRole: "role", NotAPersonHere: "same_as"}
    role: str = ""
    reason: str = ""
    same_as: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "MemberForm":
        return cls(posted.text("role"), posted.text("reason"), posted.text("same_as"))


@dataclass
class StudyForm(Form):
    """seen: the fingerprint of what stood there when the page was made."""

    belongs_to: ClassVar[Places] = {NoTitle: "title", TitleTooLong: "title", AboutTooLong: "about"}
    title: str = ""
    about: str = ""
    seen: str = ""

    @classmethod
    def of(cls, study: Study) -> "StudyForm":
        words = words_of(study)
        return cls(words.title, words.about, words.fingerprint)

    @classmethod
    def read(cls, posted: Posted) -> "StudyForm":
        return cls(posted.text("title"), posted.raw("about").strip(), posted.text("seen"))

    @property
    def words(self) -> StudyWords:
        return StudyWords(self.title, self.about)
