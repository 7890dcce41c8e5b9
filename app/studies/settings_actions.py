"""The words of a study: its title and what it is about."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.problems import Conflict, Invalid
from app.studies.actions import LONGEST_TITLE, NoTitle, TitleTooLong
from app.studies.events import record
from app.studies.models import Study
from app.studies.viewer import Viewer, check_leads

LONGEST_ABOUT = 2000


class AboutTooLong(Invalid):
    """This is longer than 2,000 characters. It stands in the list of studies, so take a shorter form of it."""


class StudyChanged(Conflict):
    """Somebody else changed the study in the meantime. Theirs stands below; yours is in the form and not saved yet."""


@dataclass(frozen=True)
class StudyWords:
    title: str
    about: str

    @property
    def fingerprint(self) -> str:
        """Tells whether somebody changed them since a page was made."""
        return sha256(f"{self.title}\0{self.about}".encode()).hexdigest()[:32]


def words_of(study: Study) -> StudyWords:
    return StudyWords(study.title, study.about)


def reword_study(session: Session, viewer: Viewer, words: StudyWords, *, seen: str) -> Study:
    """seen: the fingerprint of the words that the lead had before them."""
    check_leads(viewer)
    if not words.title:
        raise NoTitle
    if len(words.title) > LONGEST_TITLE:
        raise TitleTooLong
    if len(words.about) > LONGEST_ABOUT:
        raise AboutTooLong
    study = session.scalars(
        select(Study)
        .where(Study.id == viewer.study.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    before = words_of(study)
    if before.fingerprint != seen:
        raise StudyChanged
    if before != words:
        study.title, study.about = words.title, words.about
        about = ("study", study.id)
        record(
            session, study.id, viewer.member, "study.reworded", subject=about, before=before.title, after=words.title
        )
        session.flush()
    return study
