"""What is typed into the forms of a study's members."""

from dataclasses import dataclass, field

from app.problems import Invalid
from app.studies.actions import MemberNameTooLong, NoMemberName, NoSuchRole
from app.web.forms import Posted

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
