"""Promises 1, 2, 3 and 12 on every path there is: all routes, as every role, in states made at random.

Each coder's work carries words that stand nowhere else. Whoever is shown such a word without being its author, while
the round runs, has been told what they must not know.
"""

import itertools
import random

from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import tandem
from app.codebook.actions import CodeText, edit_code, merge_codes
from app.codebook.queries import whole_codebook
from app.coding.comparing import comparable_assignments
from app.coding.models import Exposure, Memo, SubmittedCode
from app.coding.round_changes import add_coder, remove_coder
from app.db.session import Database
from app.rounds.looks import allow_looks, look
from tests.makers import (
    make_code,
    make_incidents,
    make_study,
    move_round,
)
from tests.support.addresses import get_addresses, looked_at
from tests.support.clients import client_for
from tests.support.scenes import MODEL_SAID, make_scene
from tests.support.walking import unpacked

__all__ = ["client_for"]


def walk_and_find_nothing(scene, client_for, addresses, case: str, *, opened: tuple[str, str] = ("", "")) -> None:
    """opened: who opened a comparison, and its address, where colleagues' codes stand from then on."""
    for who, viewer in scene.everybody.items():
        for address, shown in looked_at(client_for(viewer), addresses, random.Random(f"{case} {who}")):
            is_opened = who == opened[0] and address.startswith(opened[1])
            hidden = scene.hidden_from(who, "" if is_opened else address)
            found = [word for word in (*hidden, MODEL_SAID) if word in shown]
            assert not found, f"{case}: {who} is shown {found} at {address}"


def comparable(session, scene) -> list[tuple[str, str]]:
    """(who, address) of every comparison that is open to its coder."""
    base = f"/studies/{scene.lead.study.slug}/assignments"
    return [
        (who, f"{base}/{assignment_id}/comparison")
        for who, viewer in scene.everybody.items()
        for assignment_id in comparable_assignments(session, viewer, scene.coding_round)
    ]


def test_promise_1_and_3_where_each_incident_opens_a_comparison_is_told_to_none_but_who_opened_it(
    session, database, client_for
):
    """One coder opens one; for all others, and on every other page for this one, everything is as closed as before."""
    for seed in (1, 2):  # with a lead who codes, and with one who does not
        scene = make_scene(session, database, random.Random(seed), opens_each=True)
        addresses = list(get_addresses(session, scene))
        open_to = comparable(session, scene)
        who, address = open_to[0]
        assert {each for each, _ in open_to} == set(scene.words) and len(addresses) > 40
        client = client_for(scene.everybody[who])
        before = client.get(address).text
        assert not [word for word in scene.hidden_from(who, address) if word in before]
        opening = client.post(f"{address}/openings")
        assert opening.status_code == 303 and not opening.content
        shown = client.get(address).text
        assert not [word for word in scene.coined.values() if word not in shown], "the walk would find a word"
        on_record = exposures(session, scene)
        assert {member_id for member_id, _ in on_record} == {scene.everybody[who].member.id}
        walk_and_find_nothing(scene, client_for, addresses, f"seed {seed}", opened=(who, address))
        assert exposures(session, scene) == on_record, "looking has recorded something"


def test_promise_1_a_leads_look_at_a_running_round_tells_no_word_and_is_nobody_elses(session, database, client_for):
    """For all others, and on every other page for the lead who looked, everything is as closed as before."""
    scene = make_scene(session, database, random.Random(2))  # in which the lead does not code
    allow_looks(session, scene.lead, scene.coding_round.number, allowed=True)
    made = look(session, scene.lead, scene.coding_round.number)
    address = f"/studies/{scene.lead.study.slug}/rounds/{scene.coding_round.number}/looks/{made.id}"
    addresses = list(get_addresses(session, scene))
    assert address in addresses
    seen_by = {who for who, viewer in scene.everybody.items() if client_for(viewer).get(address).is_success}
    assert seen_by == {"lead"}
    walk_and_find_nothing(scene, client_for, addresses, "after a look")


def exposures(session, scene) -> list[tuple[int, int]]:
    of_study = select(Exposure.member_id, Exposure.subject_id).where(Exposure.study_id == scene.lead.study.id)
    return [(member_id, key) for member_id, key in session.execute(of_study.order_by(Exposure.id))]


def test_promise_1_the_walk_would_find_a_word(session, database, client_for):
    """Each coder finds their own words on the same walk, so the walk does reach the places where words stand."""
    scene = make_scene(session, database, random.Random(1))
    addresses = list(get_addresses(session, scene))
    for who, words in scene.words.items():
        seen = "".join(shown for _, shown in looked_at(client_for(scene.everybody[who]), addresses, random.Random(who)))
        assert not [word for word in words if word not in seen], who


def test_promise_1_who_takes_over_what_another_drafted_is_shown_nothing_of_it(session, database, client_for):
    scene = make_scene(session, database, random.Random(0))
    leaver, newcomer = scene.everybody["coder 0"], scene.everybody["coder outside the round"]
    number = scene.coding_round.number
    remove_coder(session, scene.lead, number, leaver.member.id, pending_to="nobody")
    add_coder(session, scene.lead, number, newcomer.member.id, takes="gaps")
    addresses = list(get_addresses(session, scene))
    for who in ("coder outside the round", "coder 1", "lead"):
        others = [word for owner, words in scene.words.items() if owner != who for word in words]
        for address, shown in looked_at(client_for(scene.everybody[who]), addresses, random.Random(who)):
            found = [word for word in (*others, MODEL_SAID) if word in shown]
            assert not found, f"{who} is shown {found} at {address}"


def test_promise_1_the_command_lines_exports_hold_nothing_of_a_running_round(own_database, tmp_path):
    """The commands themselves, on a study of their own."""
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    with database.transaction() as session:
        scene = make_scene(session, database, random.Random(3))
        slug, words = scene.lead.study.slug, [word for words in scene.words.values() for word in words]
    database.dispose()

    def run(*arguments: str):
        command = ["export", *arguments, "-o", "-"]
        return CliRunner().invoke(tandem, command, env={"TANDEM_DATABASE_URL": url})

    for kind, more in itertools.product(("dataset", "ratings", "agreement"), ((), ("--round", "1"))):
        refused = run(kind, slug, *more)
        assert (refused.exit_code, refused.stdout_bytes) == (1, b""), kind
    for form in (("--wide",), ("--format", "xlsx")):
        assert run("dataset", slug, *form).stdout_bytes == b""
    for format in ("csv", "json", "qdc", "xlsx"):
        codebook = run("codebook", slug, "--format", format)
        assert codebook.exit_code == 0
        assert not [word for word in words if word.encode() in unpacked(codebook.stdout_bytes)]
    for format in ("csv", "jsonl"):
        ledger = run("ledger", slug, "--format", format, "--texts")
        assert ledger.exit_code == 0
        assert not [word for word in (*words, MODEL_SAID) if word.encode() in ledger.stdout_bytes]
        assert run("ledger", slug, "--format", format, "--suggestions").stdout_bytes == b""
    study = unpacked(run("study", slug).stdout_bytes)
    assert b"<TextSource" in study and not [word for word in words if word.encode() in study]


def test_promise_3_after_the_round_nothing_of_others_is_shown_by_looking_alone(session, database, client_for):
    """The codes are known to all by then; what a colleague applied, noted or quoted still stands behind a post."""
    scene = make_scene(session, database, random.Random(2))
    move_round(session, scene.lead, scene.coding_round, "settling")
    addresses = list(get_addresses(session, scene))
    memos = [
        memo
        for memo in session.scalars(select(Memo))
        if memo.sharing == "private" or memo.subject_kind in ("incident", "quote")
    ]
    assert len(memos) > 4
    for who, viewer in scene.everybody.items():
        others = [memo.text for memo in memos if memo.member_id != viewer.member.id]
        for address, shown in looked_at(client_for(viewer), addresses, random.Random(who)):
            assert not [text for text in others if text in shown], f"{who} at {address}"


def test_promise_12_nothing_of_a_study_is_reached_from_outside_or_through_another_study(session, database, client_for):
    scene = make_scene(session, database, random.Random(4))
    stranger = make_study(session)
    make_incidents(session, stranger, 1)
    client = client_for(stranger)
    for address in get_addresses(session, scene):
        assert client.get(address).status_code in (404, 303), address
    own = f"/studies/{stranger.study.slug}"
    through = [a.replace(f"/studies/{scene.lead.study.slug}", own) for a in get_addresses(session, scene)]
    words = [word for words in scene.words.values() for word in words]
    for address in through:
        shown = client.get(address).text
        assert not [word for word in (*words, MODEL_SAID) if word in shown], address
    assert client_for(None).get(f"/studies/{scene.lead.study.slug}/").status_code == 303


def test_promise_8_what_was_submitted_stays_when_its_code_is_merged_and_renamed(session, database):
    scene = make_scene(session, database, random.Random(9))
    lead, study_id = scene.lead, scene.lead.study.id
    before = [(row.id, row.code_id) for row in session.scalars(select(SubmittedCode).order_by(SubmittedCode.id))]
    codes = [c for c in whole_codebook(session, study_id).codes.values() if c.name == "Errors"]
    other = make_code(session, lead, whole_codebook(session, study_id).dimension(codes[0].dimension_id), "Failures")
    merge_codes(session, study_id, lead.member, codes[0].id, other.id, reason="the same")
    edit_code(session, study_id, lead.member, other.id, CodeText("Faults"), seen_seq=10**9)
    session.expire_all()
    after = [(row.id, row.code_id) for row in session.scalars(select(SubmittedCode).order_by(SubmittedCode.id))]
    assert before == after != []
