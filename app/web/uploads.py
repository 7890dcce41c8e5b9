"""Uploads, counted while they arrive: a file beyond the limit fills neither the memory nor the disk."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as FormFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.problems import Invalid
from app.web.forms import NulByte, Posted

MIB = 2**20
_ROOM_FOR_THE_FORM = 64 * 1024
_READ_ON = 8  # times the limit: what is read and thrown away, so that the browser gets to read the answer


class BrokenUpload(Invalid):
    """The upload broke off or is no form. Choose the file again."""


@dataclass(frozen=True)
class Upload:
    """A file as sent; a blank name where none was chosen."""

    name: str = ""
    content: bytes = b""
    is_too_large: bool = False


class _TooMuch(Exception):
    pass


async def read_upload(request: Request, field: str, limit_bytes: int) -> Upload:
    return (await read_form_with_upload(request, field, limit_bytes))[1]


async def read_form_with_upload(request: Request, field: str, limit_bytes: int) -> tuple[Posted, Upload]:
    """The other fields of the form beside the file; none of them where it is too large."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Posted(FormData()), Upload()
    try:
        async with aclosing(_counted(request, limit_bytes + _ROOM_FOR_THE_FORM)) as stream:
            form = await MultiPartParser(request.headers, stream, max_files=5, max_fields=100).parse()
    except _TooMuch:
        return Posted(FormData()), Upload(is_too_large=True)
    except (MultiPartException, UnicodeError) as problem:
        raise BrokenUpload from problem
    return Posted(form), await _file_of(form, field, limit_bytes)


async def _counted(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen <= most:
            yield chunk
        elif seen > _READ_ON * most:
            break
    if seen > most:
        raise _TooMuch


async def _file_of(form: FormData, field: str, limit_bytes: int) -> Upload:
    Posted(form)  # refuses NUL bytes
    try:
        sent = form.get(field)
        if not isinstance(sent, FormFile) or not sent.filename:
            return Upload()
        if "\0" in sent.filename:
            raise NulByte
        if (sent.size or 0) > limit_bytes:
            return Upload(sent.filename, is_too_large=True)
        return Upload(sent.filename, await sent.read())
    finally:
        await form.close()
