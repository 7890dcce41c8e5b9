"""What is sent to fill the memory or the disk: each gets a sentence and a 4xx, and the memory stays where it was."""

import resource
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.codebook.readers import CodebookFileProblem, read_codebook
from app.incidents.models import Import
from app.web.uploads import MIB
from tests.makers import make_study
from tests.support.clients import client_for

__all__ = ["client_for"]

MOST_GROWTH_MIB = 400


@pytest.fixture
def lead(session):
    return make_study(session)


@pytest.fixture
def client(client_for, lead):
    return client_for(lead)


@pytest.fixture
def grows_little() -> Iterator[None]:
    before = peak_mib()
    yield
    assert peak_mib() - before < MOST_GROWTH_MIB


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def chunks(mib: int, of: bytes = b"a") -> Iterator[bytes]:
    """Sent as it comes, without its length being declared."""
    for _ in range(mib):
        yield of * MIB


@pytest.mark.parametrize("path", ["/sign-in", "/theme", "/studies/new", "/studies/{}/settings", "/studies/{}/rounds"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_form_beyond_the_limit_is_refused_with_a_sentence(client, lead, grows_little, path, kind, declared):
    start = b"name=" if "url" in kind else b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    sent = b"".join([start, *chunks(9)]) if declared else (part for part in (start, *chunks(40)))
    answer = client.post(path.format(lead.study.slug), content=sent, headers={"Content-Type": kind})
    assert answer.status_code == 413
    assert "more than 8 MiB" in answer.text


def test_a_form_beyond_the_limit_of_nobody_is_not_kept_for_them(client_for, lead, grows_little):
    answer = client_for(None).post(f"/studies/{lead.study.slug}/settings", content=chunks(40), headers=FORM)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_thousands_of_fields_are_refused(client, lead):
    for kind, body in (
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(20_000))),
        (
            "multipart/form-data; boundary=x",
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n' for _ in range(20_000)
            ) + b"--x--\r\n",
        ),
    ):  # fmt: skip
        answer = client.post(f"/studies/{lead.study.slug}/settings", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400 and "Too many fields" in answer.text


def test_a_file_of_a_hundred_thousand_columns_is_answered_with_a_sentence(client, lead, grows_little):
    wide = ",".join(f"c{number}" for number in range(100_000))
    answer = uploaded(client, lead, "wide.csv", f"{wide}\n{wide}\n".encode())
    assert answer.status_code == 422 and "columns" in answer.text


def test_a_line_of_fifty_megabytes_is_answered_with_a_sentence(client, lead):
    answer = uploaded(client, lead, "long.jsonl", b'{"id": "1", "text": "' + b"a" * (50 * MIB) + b'"}\n')
    assert answer.status_code in (303, 422)


@pytest.mark.parametrize("nested", [b"[" * 200_000, b'{"a":' * 200_000, b'{"id":1,"text":' + b"[" * 100_000])
def test_deeply_nested_json_is_answered_with_a_sentence(client, lead, nested):
    answer = uploaded(client, lead, "deep.jsonl", nested)
    assert answer.status_code == 422 and ("nested too deeply" in answer.text or "not JSON" in answer.text)


@pytest.mark.parametrize("declared", [True, False])
def test_an_upload_beyond_the_limit_is_refused_with_a_sentence_and_nothing_of_it_is_kept(
    session, client, lead, grows_little, declared
):
    client.app.state.settings.upload_limit_mib = 8
    begins = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    sent = b"".join([begins, *chunks(9)]) if declared else (part for part in (begins, *chunks(40)))
    answer = client.post(
        f"/studies/{lead.study.slug}/imports",
        content=sent,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 413
    assert "The file is larger than 8 MiB, the limit here." in answer.text
    assert session.scalars(select(Import.id)).all() == []


def uploaded(client, lead, name: str, content: bytes):
    return client.post(f"/studies/{lead.study.slug}/imports", files={"file": (name, content)})


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "billion laughs": f'<!DOCTYPE c [<!ENTITY l0 "ha">{LAUGHS}]>',
    "a file of the server": '<!DOCTYPE c [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE c [<!ENTITY l9 SYSTEM "http://127.0.0.1:9/">]>',
    "a parameter entity": '<!DOCTYPE c [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p; <!ENTITY l9 "x">]>',
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_entities_in_a_codebook_file_are_refused_and_never_followed(grows_little, doctype):
    file = f'<?xml version="1.0"?>{doctype}<CodeBook><Codes><Code name="&l9;"/></Codes></CodeBook>'
    with pytest.raises(CodebookFileProblem) as refused:
        read_codebook(file.encode(), "qdc")
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("format", ["json", "qdc", "csv"])
def test_deep_and_wide_codebook_files_are_refused_with_a_sentence(grows_little, format):
    deep = {
        "json": b"[" * 200_000,
        "qdc": b"<CodeBook><Codes>" + b'<Code name="a">' * 100_000,
        "csv": (",".join(f"c{n}" for n in range(100_000)) + "\n").encode() * 2,
    }
    with pytest.raises(CodebookFileProblem):
        read_codebook(deep[format], format)
