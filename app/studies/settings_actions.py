"""The words of a study, its title and what it is about; and what of its texts may leave for a model."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.problems import Conflict, Invalid
from app.studies.actions import LONGEST_TITLE, NoTitle, TitleTooLong
from app.studies.events import record
from app.studies.models import Study
from app.studies.viewer import Viewer, check_leads

LONGEST_ABOUT = 2000
LONGEST_OWN_WORDS = 20_000
HIGHEST_CAP = 10**12
HIGHEST_COST_CAP = 10**6  # dollars


class AboutTooLong(Invalid):
    """This is longer than 2,000 characters. It stands in the list of studies, so take a shorter form of it."""


class StudyChanged(Conflict):
    """Somebody else changed the study in the meantime. Theirs stands below; yours is in the form and not saved yet."""


class RulesChanged(Conflict):
    """Somebody else changed these rules in the meantime. Theirs stand below now; change them and save again."""


class TooManyWords(Invalid):
    """These are more than 20,000 characters. Keep to the words that must not leave."""


class NoSuchCostCap(Invalid):
    """A cap is dollars, such as 25 or 12.50: at least zero and at most a million. Blank: no cap."""


class NoSuchCap(Invalid):
    """A cap is a number of tokens, at least zero and at most a million millions. Blank: no cap."""


@dataclass(frozen=True)
class ModelRules:
    """What leaves for a model, and where to. own_words: one a line. A cap of None: no cap."""

    redacts: bool
    own_words: str
    token_cap: int | None
    cost_cap_usd: Decimal | None = None
    local_models_only: bool = False

    @property
    def fingerprint(self) -> str:
        """Tells whether somebody changed them since a page was made."""
        cost = "" if self.cost_cap_usd is None else f"{self.cost_cap_usd.normalize():f}"
        told = (self.redacts, self.own_words, self.token_cap, cost, self.local_models_only)
        return sha256("\0".join(map(str, told)).encode()).hexdigest()[:32]


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
    study = _held(session, viewer.study.id)
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


def rules_of(study: Study) -> ModelRules:
    caps = (study.token_cap, study.cost_cap_usd)
    return ModelRules(study.redacts, study.redacted_words, *caps, study.local_models_only)


def set_model_rules(session: Session, viewer: Viewer, rules: ModelRules, *, seen: str) -> Study:
    """seen: the fingerprint of the rules that the lead had before them. From then on every call keeps to these."""
    check_leads(viewer)
    if len(rules.own_words) > LONGEST_OWN_WORDS:
        raise TooManyWords
    if rules.token_cap is not None and not 0 <= rules.token_cap <= HIGHEST_CAP:
        raise NoSuchCap
    if rules.cost_cap_usd is not None and not 0 <= rules.cost_cap_usd <= HIGHEST_COST_CAP:
        raise NoSuchCostCap
    study = _held(session, viewer.study.id)
    before = rules_of(study)
    if before.fingerprint != seen:
        raise RulesChanged
    if before != rules:
        study.redacts, study.redacted_words, study.token_cap = rules.redacts, rules.own_words, rules.token_cap
        study.cost_cap_usd, study.local_models_only = rules.cost_cap_usd, rules.local_models_only
        changed: dict[str, Any] = {
            "redacts": rules.redacts,
            "words": len(rules.own_words.splitlines()),
            "token_cap": rules.token_cap,
            "cost_cap_usd": None if rules.cost_cap_usd is None else str(rules.cost_cap_usd),
            "local_models_only": rules.local_models_only,
        }
        record(session, study.id, viewer.member, "study.model_rules", subject=("study", study.id), **changed)
        session.flush()
    return study


def _held(session: Session, study_id: int) -> Study:
    return session.scalars(
        select(Study)
        .where(Study.id == study_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
