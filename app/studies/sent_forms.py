"""A form that was sent twice, by a double click or a second try over a bad line, is done once."""

import hashlib

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.studies.models import SentForm
from app.studies.viewer import Viewer
from app.web.forms import Posted

KEY = "form_key"  # the hidden field of the macro `once`


def sent_before(session: Session, viewer: Viewer, address: str, posted: Posted) -> bool:
    """Whether this very form came to this address before, with the same in every field.

    One that comes at the same moment is waited for. A form without the key (a script's) is never taken for another.
    Ask within the savepoint of the act: what is refused was not done, and may be sent again.
    """
    if not posted.text(KEY):
        return False
    return (
        session.scalar(
            insert(SentForm)
            .values(
                study_id=viewer.study.id,
                member_id=viewer.member.id,
                fingerprint=hashlib.sha256(f"{address}\n{posted.canonical()}".encode()).hexdigest(),
            )
            .on_conflict_do_nothing()
            .returning(SentForm.id)
        )
        is None
    )
