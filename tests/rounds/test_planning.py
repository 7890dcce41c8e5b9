"""Planning by the form: what each purpose brings, how incidents are taken, and that the preview keeps its word."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication.models import Comment
from app.rounds.models import Assignment, Round, RoundIncident
from app.rounds.purposes import USUAL
from tests import makers
from tests.agreement.conftest import Table
from tests.support.clients import ClientFor


@pytest.fixture
def base(session: Session, table: Table) -> str:
    """Eight GenAI incidents of 2024, four classic ones of 2025 and one without cohort."""
    incidents = makers.make_incidents(session, table.lead, 13)
    for place, incident in enumerate(incidents[:12]):
        incident.cohort = "GenAI" if place < 8 else "classic"
        incident.started_at = datetime(2024 if place < 8 else 2025, 1, 1, tzinfo=UTC)
    session.flush()
    return f"/studies/{table.lead.study.slug}/rounds"


def least(table: Table, **more: object) -> dict[str, object]:
    """What a browser sends of the form as it opens, but for the changes."""
    coders = [str(coder.member.id) for coder in table.coders]
    return {"purpose": "calibration", "take": "all", "coder_ids": coders, **more}


def newest(session: Session, table: Table) -> Round:
    of_study = select(Round).where(Round.study_id == table.lead.study.id).order_by(Round.number.desc())
    return session.scalars(of_study).first() or pytest.fail("no round was made")


def chances(session: Session, coding_round: Round) -> dict[int, float | None]:
    rows = select(RoundIncident).where(RoundIncident.round_id == coding_round.id)
    return {row.incident_id: row.sampling_probability for row in session.scalars(rows)}


def told(answer: Response) -> str:
    """The words of the preview, without markup."""
    part = re.search(r'<section[^>]*id="plan-preview".*?</section>', str(answer.text), re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", part[0] if part else "").split())


@pytest.mark.parametrize("purpose", USUAL)
def test_each_purpose_brings_what_is_usual_for_it(
    session: Session, table: Table, client_for: ClientFor, base: str, purpose: str
) -> None:
    if purpose == "recoding":
        table.coded_round([("Config", "Load")])
    assert client_for(table.lead).post(base, data=least(table, purpose=purpose)).status_code == 303
    made, usual = newest(session, table), USUAL[purpose]
    assert (made.purpose, made.arm, made.code_sharing) == (purpose, usual.arm[0], usual.code_sharing)
    assert (made.plan["frozen"], made.plan["coders_per_incident"]) == (
        usual.codebook == "freeze",
        usual.coders_per_incident,
    )
    assert (made.plan["blind_share"], made.plan["overlap"]) == (usual.blind_percent / 100, usual.overlap_percent / 100)


def test_what_the_lead_set_is_not_overwritten_by_the_purpose(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    own = {"arm": ["before", "on_request"], "code_sharing": "shared", "codebook": "live", "blind_percent": "10"}
    own |= {"coders_per_incident": "1", "overlap_percent": "100", "coded": "any"}
    client_for(table.lead).post(base, data=least(table, purpose="recoding", **own))
    made = newest(session, table)
    assert (made.code_sharing, made.plan["frozen"], made.plan["blind_share"]) == ("shared", False, 0.1)
    assert made.plan["arms"] == ["on_request", "before"] and made.suggestions_appear == "on request or from the start"
    arms = session.scalars(select(Assignment.arm).where(Assignment.round_id == made.id)).all()
    assert abs(arms.count("on_request") - arms.count("before")) <= 1 and len(arms) == 13


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"quotas": "equal", "strata_size": "7"}, {"GenAI": 3, "classic": 3, "no cohort": 1}),
        ({"quotas": "proportional", "strata_size": "6"}, {"GenAI": 4, "classic": 2, "no cohort": 0}),
        ({"quotas": "each", "stratum_quotas": "GenAI: 2\nclassic: 4"}, {"GenAI": 2, "classic": 4, "no cohort": 0}),
        ({"strata_by": "year", "quotas": "each", "stratum_quotas": "2025: 1"}, {"2024": 0, "2025": 1, "no year": 0}),
    ],
)
def test_strata_give_their_quotas_with_their_own_chances(
    session: Session, table: Table, client_for: ClientFor, base: str, fields: dict[str, str], taken: dict[str, int]
) -> None:
    sent = least(table, take="strata", seed="5", **fields)
    words = told(client_for(table.lead).post(f"{base}/preview", data=sent))
    sizes = {"GenAI": 8, "2024": 8, "classic": 4, "2025": 4, "no cohort": 1, "no year": 1}
    assert all(f"{name} {quota} {sizes[name]}" in words for name, quota in taken.items())

    client_for(table.lead).post(base, data=sent)
    made = newest(session, table)
    assert made.plan["quotas"] == taken
    stored = sorted(chances(session, made).values(), key=str)
    assert stored == sorted((n / sizes[name] for name, n in taken.items() for _ in range(n)), key=str)


def test_incidents_chosen_by_hand_have_no_chance_and_a_reason(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    client = client_for(table.lead)
    sent = least(table, take="listed", listed="INC-3, #5\n7", reason="The outages of March")
    assert "not known, chosen by hand" in told(client.post(f"{base}/preview", data=sent))
    client.post(base, data=sent)
    made = newest(session, table)
    assert list(chances(session, made).values()) == [None] * 3
    assert made.plan["reason"] == "The outages of March"
    page = client.get(f"{base}/{made.number}").text
    assert "by hand" in page and "The outages of March" in page


def test_not_yet_coded_leaves_out_what_is_coded_or_waits_in_a_round(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    closed, coded = table.round_of(3)
    for coder in table.coders:
        table.submit(coder, closed, coded[0], ["Config"])
    makers.move_round(session, table.lead, closed, "settling")
    makers.make_round(session, table.lead, table.coders, [coded[1]], phase="planned")
    client = client_for(table.lead)

    assert "16 of 16 that fit" in told(client.post(f"{base}/preview", data=least(table)))
    assert "14 of 14 that fit" in told(client.post(f"{base}/preview", data=least(table, coded="not_yet")))


def test_a_recoding_round_takes_what_was_coded_before_and_waits_nowhere(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    client, sent = client_for(table.lead), least(table, purpose="recoding")
    assert "None of the incidents that fit was coded before" in client.post(f"{base}/preview", data=sent).text

    closed, coded = table.round_of(3)
    for coder in table.coders:
        table.submit(coder, closed, coded[0], ["Config"])
        table.submit(coder, closed, coded[1], ["Config"])
    makers.move_round(session, table.lead, closed, "settling")
    makers.make_round(session, table.lead, table.coders, [coded[1]], phase="planned")
    client.post(base, data=sent)
    assert list(chances(session, newest(session, table))) == [coded[0].id]


def test_a_reliability_round_keeps_out_what_was_discussed_and_says_how_many(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    before, met = table.round_of(2)
    table.submit(table.coders[0], before, met[0], ["Config"])
    makers.move_round(session, table.lead, before, "settling")
    said = {"study_id": before.study_id, "round_id": before.id, "member_id": table.lead.member.id}
    session.add(Comment(incident_id=met[0].id, text="Is that a cause?", **said))
    session.flush()
    client, sent = client_for(table.lead), least(table, purpose="reliability", coded="any")

    words = told(client.post(f"{base}/preview", data=sent))
    assert (
        "Kept out of this reliability round: 1 incident (0 examples in the codebook, 1 discussed, 0 ruled on)" in words
    )
    client.post(base, data=sent)
    assert (
        met[0].id not in chances(session, newest(session, table))
        and len(chances(session, newest(session, table))) == 14
    )
    only = sent | {"take": "listed", "listed": f"#{met[0].number}", "reason": "r"}
    assert "none can measure reliability" in client.post(base, data=only).text


def test_the_preview_makes_nothing_and_its_seed_makes_just_what_it_showed(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    client = client_for(table.lead)
    fields = least(table, purpose="single_coding", take="sample", sample_size="10", overlap_percent="50")
    fields |= {"arm": ["blind"], "repeat_percent": "25"}
    fresh = client.post(f"{base}/preview", data=fields, headers={"HX-Request": "true"})
    assert fresh.text.lstrip().startswith("<section") and session.scalar(select(Round.id).limit(1)) is None
    drawn = re.search(r'name="drawn_seed" value="(\d+)"', fresh.text)
    assert drawn is not None

    assert client.post(base, data=fields | {"drawn_seed": drawn[1]}).status_code == 303
    made = newest(session, table)
    rows = session.scalars(select(Assignment).where(Assignment.round_id == made.id)).all()
    words, repeats = told(fresh), sum(row.pass_ == 2 for row in rows)
    assert made.seed == int(drawn[1]) and repeats == 4
    assert f"Coded by several 5 Coded by one 5 Silent repeats {repeats} To code in all {len(rows)}" in words
    for coder in table.coders:
        own = [row for row in rows if row.member_id == coder.member.id]
        again = sum(row.pass_ == 2 for row in own)
        assert f"{coder.name} {len(own) - again} {again} {len(own)}" in words


def test_a_repeat_looks_like_any_other_before_and_after_its_first_pass(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    fields = least(table, arm=["blind"], repeat_percent="25", seed="3")
    client_for(table.lead).post(base, data=fields)
    made = makers.move_round(session, table.lead, newest(session, table), "running")
    member, address = table.coders[0].member, f"/studies/{table.lead.study.slug}/assignments"
    own = [
        row
        for row in session.scalars(select(Assignment).where(Assignment.round_id == made.id))
        if row.member_id == member.id
    ]
    first_of = {row.incident_id: row for row in own if row.pass_ == 1}
    inner = [row for row in own if row.pass_ == 2 and row.order < len(own) and first_of[row.incident_id].order > 1]
    again, first = inner[0], first_of[inner[0].incident_id]
    coder = client_for(table.coders[0])

    def bare(row: Assignment) -> str:
        """The page without keys, and without numbers that an assignment's id or place may be."""
        page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "key", coder.get(f"{address}/{row.id}").text)
        numbers = {one.id for one in own} | set(range(len(own) + 1))
        return re.sub(r"\d+", lambda found: "n" if int(found[0]) in numbers else found[0], page)

    before = bare(again)
    assert before == bare(first)
    makers.code_and_submit(session, table.coders[0], first, {table.cause.id: "none_applies"})
    assert bare(again) == before
    queue = coder.get(f"/studies/{table.lead.study.slug}/coding").text
    assert f"{address}/{first.id}" in queue
    assert not [row.id for row in own if row.pass_ == 2 and f'{address}/{row.id}"' in queue]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"take": "sample", "sample_size": ""}, "A number is missing"),
        ({"take": "sample", "sample_size": "99"}, "You asked for 99 of 13"),
        ({"take": "strata", "strata_size": "99"}, "You asked for 99 of 13"),
        ({"take": "strata", "quotas": "each"}, "Write how many of each cohort"),
        ({"take": "strata", "quotas": "each", "stratum_quotas": "GenAI"}, "is not a quota"),
        ({"take": "strata", "quotas": "each", "stratum_quotas": "x: 1"}, "There is no cohort “x”"),
        ({"take": "strata", "quotas": "each", "stratum_quotas": "GenAI: 1\nGenAI: 2"}, "has two quotas"),
        ({"take": "strata", "quotas": "each", "stratum_quotas": "classic: 5"}, "“classic” has 4 incidents that fit"),
        ({"take": "strata", "quotas": "each", "stratum_quotas": "classic: 0"}, "No incident would be drawn"),
        ({"take": "strata", "strata_by": "moon", "strata_size": "1"}, "a choice that does not exist"),
        ({"take": "listed", "reason": "r"}, "The list names no incident"),
        ({"take": "listed", "listed": "#1", "reason": ""}, "Say why these."),
        ({"take": "listed", "listed": "NIX-1", "reason": "r"}, "has no incident “NIX-1”"),
        ({"take": "fame"}, "a choice that does not exist"),
        ({"coded": "perhaps"}, "a choice that does not exist"),
        ({"codebook": "old"}, "a codebook that does not exist"),
        ({"words": "zzzz"}, "No incident fits this filter"),
        ({"arm": ["often"]}, "a choice that does not exist"),
        ({"queue_order": "moon"}, "a choice that does not exist"),
        ({"overlap_percent": "101"}, "Give a whole number of at least 0 and at most 100."),
        ({"blind_percent": "x"}, "Give a whole number of at least 0 and at most 100."),
        ({"repeat_percent": "26"}, "at most 25."),
        ({"coders_per_incident": "3"}, "at most the number of coders chosen"),
        ({"purpose": "reliability", "overlap_percent": "50"}, "at least two coders"),
        ({"queue_order": "date", "repeat_percent": "10"}, "Choose the random order, or no repeats."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(
    session: Session, table: Table, client_for: ClientFor, base: str, wrong: dict[str, object], said: str
) -> None:
    client = client_for(table.lead)
    for address in (base, f"{base}/preview"):
        answer = client.post(address, data=least(table, **wrong))
        assert answer.status_code == 422 and said in answer.text
    assert session.scalar(select(Round.id).where(Round.study_id == table.lead.study.id)) is None
