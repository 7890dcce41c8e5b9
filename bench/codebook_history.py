"""How long the history of a large codebook and the difference of its versions take: `python -m bench.codebook_history`.

A study of 2,000 codes in 10,000 revisions is written into an embedded Postgres of its own; its pages are asked of the
app without a network, as its lead. Each is asked once for nothing, since what sessions share is read then, and that
first answer is printed as *cold*.
"""

import re
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import add_person, start_sign_in
from app.accounts.viewer import COOKIE
from app.codebook.actions import disclose, name_version
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.models import Code, CodeRevision
from app.codebook.revisions import next_seq
from app.curation.publishing import publish
from app.db.migrate import migrate
from app.db.session import Database
from app.main import create_app
from app.settings import Settings
from app.studies.actions import create_study
from app.studies.viewer import Viewer
from tests.support.postgres import running_postgres

CODES, REVISIONS_EACH, RUNS = 2_000, 5, 11
LIMIT_MS = 300
BOOK = "/studies/large/codebook"
SAID = "The service answered late or not at all because a limit of its own was reached before anybody saw it"
WORDS = re.findall(r"\w+", SAID)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tandem-history-") as folder, running_postgres(Path(folder) / "pg") as url:
        migrate(url)
        database = Database.at(url)
        with database.transaction() as session:
            lead, first, token, link = fill(session)
        app = create_app(Settings(database_url=url, allowed_hosts="testserver"), database)
        client = TestClient(app)
        client.cookies.set(COOKIE, token)
        pages = {
            "history, newest": f"{BOOK}/history",
            "history, page 100": f"{BOOK}/history?page=100",
            "history, words": f"{BOOK}/history?find=reached+before",
            "history, member and kind": f"{BOOK}/history?member={lead.member.id}&kind=edited",
            "difference, version to now": f"{BOOK}/difference?from={first}",
            "difference, last page": f"{BOOK}/difference?from={first}&page=40",
            "version, its figures": f"{BOOK}/versions/{first}",
            "published, contents": f"/published/{link}",
            "published, a dimension": f"/published/{link}?dimension=3&page=2",
            "published, words": f"/published/{link}?find=renamed+limit",
            "published, all on one page": f"/published/{link}?all",
        }
        slow = [name for name, address in pages.items() if measured(client, name, address) > LIMIT_MS]
        database.dispose()
    return int(bool(slow))


def measured(client: TestClient, name: str, address: str) -> float:
    """The median, in ms."""
    took = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        answer = client.get(address)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, (address, answer.status_code)
    cold, warm = took[0], statistics.median(took[1:])
    print(f"{name:28} {warm:7.0f} ms   cold {cold:7.0f} ms   fastest {min(took[1:]):7.0f} ms   {len(answer.text):,} B")
    return warm


def fill(session: Session) -> tuple[Viewer, int, str, str]:
    """(the lead, a version after the first revisions, a sign-in, the link of that version)"""
    person = add_person(session, email="lead@example.org", name="Lead", password=None)
    lead = create_study(session, person, slug="large", title="Large")
    study_id, member = lead.study.id, lead.member
    dimensions = [add_dimension(session, study_id, member, DimensionText(f"Dimension {n}")).id for n in range(5)]
    code = {"study_id": study_id, "created_by": member.id, "origin": "a_priori"}
    ids = list(session.scalars(insert(Code).returning(Code.id, sort_by_parameter_order=True), [dict(code)] * CODES))
    disclose(session, study_id, ids, member)
    version_id = 0
    for turn in range(REVISIONS_EACH):
        rows = [row(session, lead, dimensions, ids, place, turn) for place in range(CODES)]
        session.execute(insert(CodeRevision), rows)
        if turn == 0:
            version_id = name_version(session, study_id, member, name="v1").id
    session.flush()
    token = start_sign_in(session, person, user_agent="bench", days=1)
    return lead, version_id, token, publish(session, lead, version_id, reach="anybody", quotes_examples=True).token


def row(
    session: Session, lead: Viewer, dimensions: list[int], ids: list[int], place: int, turn: int
) -> dict[str, object]:
    """Each turn says its texts anew; every tenth code is a category, in which the next nine stand."""
    text = " ".join(WORDS[(place + turn + word * 7) % len(WORDS)] for word in range(30))
    return {
        "study_id": lead.study.id,
        "code_id": ids[place],
        "codebook_seq": next_seq(session, lead.study.id),
        "member_id": lead.member.id,
        "kind": "edited" if turn else "created",
        "reason": f"Turn {turn}",
        "dimension_id": dimensions[place * len(dimensions) // CODES],
        "parent_id": ids[place - place % 10] if place % 10 else None,
        "is_category": place % 10 == 0,
        "name": f"Code {place}" if turn < 4 or place % 50 else f"Code {place}, renamed",
        "definition": text,
        "use_when": text[::2] if turn % 2 else text,
        "not_when": text,
        "position": place,
        "examples": [{"text": text[:60]}],
    }


if __name__ == "__main__":
    raise SystemExit(main())
