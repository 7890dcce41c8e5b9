"""One coder at a running server, saving as the browser does: an act is sent again until it is acknowledged."""

import http.client
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from app.accounts.actions import start_sign_in
from app.accounts.viewer import COOKIE
from app.db.session import Database
from tests import makers


@dataclass
class SavingCoder:
    """acknowledged: the ids of the acts that were answered by 200, in their order."""

    address: str
    path: str
    token: str
    acknowledged: list[str] = field(default_factory=list)
    waiting: str = field(default_factory=lambda: str(uuid4()))

    def save(self) -> tuple[int, str, str]:
        """Status, Retry-After and the sentence of the problem, if any."""
        words = secrets.token_hex(4_000)  # nothing to compress
        after = self.acknowledged[-1] if self.acknowledged else ""
        posted = {"kind": "write_memo", "act_id": self.waiting, "after_act_id": after, "tab": "t", "text": words}
        headers = {
            "Cookie": f"{COOKIE}={self.token}",
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "Accept": "application/json",
        }
        asked = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        asked.request("POST", f"{self.path}/acts", body=urlencode({**posted, "sharing": "private"}), headers=headers)
        answer = asked.getresponse()
        body = answer.read().decode()
        asked.close()
        if answer.status == 200:
            assert answer.getheader("Act-Saved") == self.waiting
            self.acknowledged.append(self.waiting)
            self.waiting = str(uuid4())
            return 200, "", ""
        told = json.loads(body)["detail"] if body.startswith("{") else body
        return answer.status, answer.getheader("Retry-After") or "", told


def coder_at(address: str, database_url: str) -> SavingCoder:
    """In a study of their own, in a running round."""
    database = Database.at(database_url, pool_size=1)
    with database.transaction() as session:
        lead = makers.make_study(session)
        (ada,) = makers.make_coders(session, lead, 1)
        makers.make_dimension(session, lead, "Cause")
        coding_round = makers.make_round(session, lead, [ada], makers.make_incidents(session, lead, 1))
        assignment = makers.assignment_of(session, ada, coding_round)
        token = start_sign_in(session, ada.person, user_agent="test", days=1)
        path = f"/studies/{lead.study.slug}/assignments/{assignment.id}"
    database.dispose()
    return SavingCoder(address, path, token)
