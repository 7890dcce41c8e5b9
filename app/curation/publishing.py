"""Publishing a version of the codebook at a link, and taking the link back."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import version as version_of
from app.curation.publication_models import REACHES, CodebookPublication
from app.db.base import now
from app.problems import Conflict, Invalid, NotFound
from app.studies.events import record
from app.studies.queries import hold_study
from app.studies.viewer import Viewer

TOKEN_BYTES = 16  # 128 bits: nobody guesses it


class NoSuchReach(Invalid):
    """Say who may read it: the members of the study, or anybody who has the link."""


class PublishedAlready(Conflict):
    """This version is published already. Its link stands on this page; take it back before making another."""


class RevokedAlready(Conflict):
    """This link was taken back already. Nobody can read it any more."""


def publish(
    session: Session, viewer: Viewer, version_id: int, *, reach: str, quotes_examples: bool
) -> CodebookPublication:
    """quotes_examples: also those that were quoted from incidents."""
    if reach not in REACHES:
        raise NoSuchReach
    study_id, version = viewer.study.id, version_of(session, viewer.study.id, version_id)
    hold_study(session, study_id)
    if standing_publication(session, study_id, version_id) is not None:
        raise PublishedAlready
    publication = CodebookPublication(
        study_id=study_id,
        version_id=version_id,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        reach=reach,
        quotes_examples=quotes_examples,
        member_id=viewer.member.id,
    )
    session.add(publication)
    session.flush()
    _record(session, viewer, publication, "codebook.published", version.name)
    return publication


def revoke(session: Session, viewer: Viewer, publication_id: int) -> CodebookPublication:
    study_id = viewer.study.id
    found = session.scalar(
        select(CodebookPublication)
        .where(CodebookPublication.study_id == study_id, CodebookPublication.id == publication_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    if found.revoked_at is not None:
        raise RevokedAlready
    found.revoked_at, found.revoked_by = now(), viewer.member.id
    session.flush()
    name = version_of(session, study_id, found.version_id).name
    _record(session, viewer, found, "codebook.publication_revoked", name)
    return found


def standing_publication(session: Session, study_id: int, version_id: int) -> CodebookPublication | None:
    return session.scalar(
        select(CodebookPublication).where(
            CodebookPublication.study_id == study_id,
            CodebookPublication.version_id == version_id,
            CodebookPublication.revoked_at.is_(None),
        )
    )


def _record(session: Session, viewer: Viewer, publication: CodebookPublication, kind: str, name: str) -> None:
    record(
        session,
        viewer.study.id,
        viewer.member,
        kind,
        subject=("codebook_version", publication.version_id),
        name=name,
        publication_id=publication.id,
        reach=publication.reach,
        quotes_examples=publication.quotes_examples,
    )
