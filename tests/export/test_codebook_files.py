import csv
import io
import json
import time

import pytest
from lxml import etree

from app.codebook.actions import CodeText, merge_codes, name_version
from app.codebook.queries import disclosed_codebook
from app.codebook.whole_trees import TreeCode, add_tree
from app.export.actions import NoSuchForm, codebook_export
from app.export.codebook_formats import FORMATS
from app.export.qdc import NAMESPACE, NothingToExport, NotValidQdc, check_valid, qdc_file
from tests.makers import make_code, make_dimension, make_study


def exported(session, lead, format, version_id=None) -> bytes:
    return codebook_export(session, lead.study, version_id=version_id, format=format).content


def test_the_qdc_is_valid_by_the_official_schema_and_holds_the_tree(session, finished):
    network = make_code(session, finished.lead, finished.cause, "Carrier", parent_id=finished.network.id)
    content = exported(session, finished.lead, "qdc")
    check_valid(content)
    root = etree.fromstring(content)
    tops = root.findall(f"{{{NAMESPACE}}}Codes/{{{NAMESPACE}}}Code")
    assert [(top.get("name"), top.get("isCodable")) for top in tops] == [("Root cause", "false"), ("Symptom", "false")]
    children = tops[0].findall(f"{{{NAMESPACE}}}Code")
    assert [child.get("name") for child in children] == ["Network", "Config"]
    assert children[0].find(f"{{{NAMESPACE}}}Code").get("name") == network.name
    assert children[0].findtext(f"{{{NAMESPACE}}}Description") == "Packets & <routes>."
    assert root.find(f"{{{NAMESPACE}}}Sets") is None


def test_a_file_that_is_not_valid_is_not_written():
    with pytest.raises(NotValidQdc, match="Codes"):
        check_valid(f'<CodeBook xmlns="{NAMESPACE}"/>'.encode())


def test_what_xml_cannot_hold_is_replaced(session, finished):
    make_code(session, finished.lead, finished.cause, "Odd \x0b name")
    check_valid(exported(session, finished.lead, "qdc"))


def test_as_many_codes_as_come_in_leave_at_once(session):
    """A search through all codes for those under each took 90 seconds."""
    lead = make_study(session)
    cause = make_dimension(session, lead, "Root cause")
    tree = [TreeCode(CodeText(f"Code {n}", "What it means."), n // 3 if n > 2 else None) for n in range(5_000)]
    add_tree(session, lead, cause.id, tree)
    codebook, began = disclosed_codebook(session, lead.study.id), time.monotonic()
    assert qdc_file(codebook, "large").count(b"<Code ") == 5_001
    assert time.monotonic() - began < 20


def test_a_codebook_without_dimensions_cannot_be_a_qdc(session):
    with pytest.raises(NothingToExport):
        exported(session, make_study(session), "qdc")


def test_the_csv_names_every_code_with_its_rules_and_what_became_of_it(session, finished):
    merge_codes(
        session, finished.lead.study.id, finished.lead.member, finished.network.id, finished.config.id, reason="same"
    )
    rows = list(csv.DictReader(io.StringIO(exported(session, finished.lead, "csv").decode(), newline="")))
    by_name = {row["code"]: row for row in rows}
    assert (by_name["Network"]["status"], by_name["Network"]["merged_into"]) == ("merged", "Config")
    assert by_name["Config"]["definition"] == "A changed setting."
    assert by_name["Config"]["dimension"] == "Root cause"


def test_the_json_holds_dimensions_with_their_codes(session, finished):
    document = json.loads(exported(session, finished.lead, "json"))
    assert [d["name"] for d in document["dimensions"]] == ["Root cause", "Symptom"]
    assert [c["name"] for c in document["dimensions"][0]["codes"]] == ["Network", "Config"]


def test_a_version_is_exported_as_it_stood(session, finished):
    study_id, member = finished.lead.study.id, finished.lead.member
    version = name_version(session, study_id, member, name="v1")
    make_code(session, finished.lead, finished.cause, "Later")
    then = exported(session, finished.lead, "csv", version.id).decode()
    now = exported(session, finished.lead, "csv").decode()
    assert "Later" not in then and "Later" in now


def test_promise_11_the_same_codebook_gives_the_same_bytes(session, finished):
    for format in ("csv", "json", "qdc"):
        assert exported(session, finished.lead, format) == exported(session, finished.lead, format)


def test_promise_1_a_private_code_leaves_every_file_as_it_was(session, finished):
    before = {format: exported(session, finished.lead, format) for format in FORMATS}
    make_code(session, finished.ada, finished.cause, "Adas own", disclosed="")
    assert {format: exported(session, finished.lead, format) for format in FORMATS} == before


def test_an_unknown_format_is_refused(session, finished):
    with pytest.raises(NoSuchForm):
        exported(session, finished.lead, "docx")
