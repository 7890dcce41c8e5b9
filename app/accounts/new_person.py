"""Somebody who makes an account: what they typed, what is wrong with it, and the person it becomes."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.accounts.actions import EmailTaken, NameTooLong, NoEmail, NoName, add_person
from app.accounts.models import Person
from app.accounts.passwords import PasswordTooLong, PasswordTooShort
from app.problems import Invalid
from app.web.forms import Form, Posted

BELONGS_TO: dict[type[Invalid], str] = {
    NoName: "name",
    NameTooLong: "name",
    NoEmail: "email",
    EmailTaken: "email",
    PasswordTooShort: "password",
    PasswordTooLong: "password",
}


@dataclass
class NewPerson(Form):
    belongs_to = BELONGS_TO
    name: str = ""
    email: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, posted: Posted) -> "NewPerson":
        return cls(posted.text("name"), posted.text("email"), posted.raw("password"))

    def add(self, session: Session) -> Person:
        return add_person(session, name=self.name, email=self.email, password=self.password)
