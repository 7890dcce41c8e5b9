"""Posted forms, read in the route: what was typed is kept, and NUL bytes are refused at the edge."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from fastapi import Depends, Path, Request
from starlette.datastructures import FormData, UploadFile
from starlette.types import Message

from app.problems import Invalid, TooLarge

# A key in an address: what no bigint can hold is not found, instead of an error of the database.
Key = Annotated[int, Path(ge=1, le=2**63 - 1)]
AN_ID, A_NUMBER = 2**63, 2**31  # what columns of ids (bigint), and of other whole numbers (integer), stay below
MOST_FORM_BYTES = 8 * 2**20
Places = Mapping[type[Invalid], str]  # what went wrong -> the field it belongs to


class NulByte(Invalid):
    """The text holds a NUL character, which cannot be stored. Remove it and send again."""


class NotText(Invalid):
    """The text holds characters that cannot be stored. Remove them and send again."""


class FormTooLarge(TooLarge):
    """This form holds more than 8 MiB, so nothing of it was taken. Shorten its texts and send it again."""


class NotANumber(Invalid):
    """A number was expected."""


def whole_number(typed: str, *, below: int = AN_ID) -> int | None:
    """None for anything that is not a whole number, zero or more, that such a column can hold."""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 20):
        return None
    return int(typed) if int(typed) < below else None


class Posted:
    """The fields of one posted form."""

    def __init__(self, form: FormData) -> None:
        self._form = form
        for value in form.values():
            if isinstance(value, str):
                _check_storable(value)

    def __contains__(self, name: str) -> bool:
        return name in self._form

    def text(self, name: str, default: str = "") -> str:
        value = self._form.get(name, default)
        return value.strip() if isinstance(value, str) else default

    def raw(self, name: str) -> str:
        """As typed, white space kept; line ends as LF."""
        value = self._form.get(name, "")
        return value.replace("\r\n", "\n") if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        return [value.strip() for value in self._form.getlist(name) if isinstance(value, str)]

    def number(self, name: str) -> int | None:
        """None when blank; raises NotANumber for anything that is not a whole number a bigint can hold."""
        typed = self.text(name)
        if not typed:
            return None
        number = whole_number(typed.removeprefix("-"))
        if number is None:
            raise NotANumber(f"“{typed[:40]}” is not a whole number that can be used for {name.replace('_', ' ')}.")
        return -number if typed.startswith("-") else number

    def numbers(self, name: str) -> list[int]:
        found = []
        for typed in self.many(name):
            number = whole_number(typed)
            if number is None:
                raise NotANumber(f"“{typed[:40]}” is not a number that can be used for {name.replace('_', ' ')}.")
            found.append(number)
        return found

    def file(self, name: str) -> UploadFile | None:
        value = self._form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def canonical(self) -> str:
        """One text for the same fields in the same order; of a file its name and size."""
        return json.dumps([[name, _told(value)] for name, value in self._form.multi_items()])

    def names(self) -> list[str]:
        return list(self._form.keys())


@dataclass
class Form:
    """A form that is shown again with what is wrong, each sentence at the field it belongs to."""

    belongs_to: ClassVar[Places] = {}
    problems: dict[str, str] = field(default_factory=dict, kw_only=True)

    def refuse(self, problem: Invalid) -> None:
        """What belongs to no field of a form is not for the form."""
        where = self.belongs_to.get(type(problem))
        if where is None:
            raise problem
        self.problems[where] = problem.sentence


async def posted_form(request: Request) -> Posted:
    try:
        return Posted(await sent_form(request))
    except UnicodeError:  # a form may name the encoding of its text, also one that does not fit it
        raise NotText from None


async def sent_form(request: Request) -> FormData:
    """Counted while it arrives, so that no form fills the memory or the disk. Raises FormTooLarge."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > MOST_FORM_BYTES:
            raise FormTooLarge
        return message

    if _declared(request) > MOST_FORM_BYTES:
        raise FormTooLarge
    return await Request(request.scope, counted).form(max_fields=5_000, max_files=5)


def _declared(request: Request) -> int:
    return whole_number(request.headers.get("content-length", "")) or 0


def _told(value: str | UploadFile) -> str:
    return value if isinstance(value, str) else f"{value.filename} {value.size}"


def _check_storable(text: str) -> None:
    if "\0" in text:
        raise NulByte
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotText from None


PostedForm = Annotated[Posted, Depends(posted_form)]
