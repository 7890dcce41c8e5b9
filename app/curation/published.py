"""A published version as it is read: the codebook that is on the page, and the statement of its figures."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.accounts.viewer import SignedOut
from app.codebook.models import CodebookVersion, CodeDisclosure
from app.codebook.queries import disclosed_codebook
from app.codebook.queries import version as version_of
from app.codebook.tree import Codebook, CodeEntry
from app.curation.post_hoc_statement import open_round_names
from app.curation.publication_models import ANYBODY, CodebookPublication
from app.curation.statement import Statement, statement
from app.problems import NotFound
from app.rounds.models import RoundIncident
from app.rounds.queries import running_round_ids
from app.studies.models import Study
from app.studies.queries import own_study_ids


@dataclass(frozen=True)
class Published:
    study: Study
    version: CodebookVersion
    publication: CodebookPublication
    notes: str
    codebook: Codebook
    statement: Statement


def published(session: Session, token: str, person: Person | None) -> Published:
    """person: who is signed in. A link that was never given or was taken back is not found; one for members alone
    asks to sign in, and is not found by those who are none."""
    publication = session.scalar(
        select(CodebookPublication).where(CodebookPublication.token == token, CodebookPublication.revoked_at.is_(None))
    )
    if publication is None:
        raise NotFound
    study_id = publication.study_id
    if publication.reach != ANYBODY:
        if person is None:
            raise SignedOut
        if study_id not in own_study_ids(session, person.id):
            raise NotFound
    version = version_of(session, study_id, publication.version_id)
    return Published(
        study=session.get_one(Study, study_id),
        version=version,
        publication=publication,
        notes=_told_notes(session, version),
        codebook=published_codebook(session, publication, version),
        statement=statement(session, version),
    )


def _told_notes(session: Session, version: CodebookVersion) -> str:
    """Notes that name a round which is not closed, as of a version that was frozen for it, wait until it is."""
    named = any(name in version.notes for name in open_round_names(session, version.study_id))
    return "" if named else version.notes


def published_codebook(session: Session, publication: CodebookPublication, version: CodebookVersion) -> Codebook:
    """What everybody could read when it was published, as the version had it: a code that was private then, and was
    disclosed since, does not turn up on a page that somebody has cited."""
    study_id = publication.study_id
    codebook = disclosed_codebook(session, study_id, seq=version.codebook_seq)
    by_then = set(
        session.scalars(
            select(CodeDisclosure.code_id).where(
                CodeDisclosure.study_id == study_id,
                CodeDisclosure.extent == "whole",
                CodeDisclosure.at <= publication.at,
            )
        )
    )
    being_coded = _incidents_at_work(session, study_id) if publication.quotes_examples else ()
    codes = {
        key: _with_examples(code, publication, being_coded) for key, code in codebook.codes.items() if key in by_then
    }
    return replace(codebook, codes=codes)


def _with_examples(code: CodeEntry, publication: CodebookPublication, being_coded: Collection[int]) -> CodeEntry:
    """Quotes of incidents only if the lead said so, and none of an incident that somebody is coding."""
    kept = tuple(
        example
        for example in code.examples
        if not example.get("incident_id") or (publication.quotes_examples and example["incident_id"] not in being_coded)
    )
    return code if kept == code.examples else replace(code, examples=kept)


def _incidents_at_work(session: Session, study_id: int) -> set[int]:
    rounds = running_round_ids(session, study_id)
    return set(
        session.scalars(
            select(RoundIncident.incident_id).where(
                RoundIncident.study_id == study_id, RoundIncident.round_id.in_(rounds)
            )
        )
    )
