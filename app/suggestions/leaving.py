"""What of a text leaves for a model: all of it, or what redaction leaves of it (promise 10)."""

from dataclasses import dataclass, replace
from functools import lru_cache

from app.llm.port import Question
from app.methods.redaction import VERSION, Redacted, redact, unredacted
from app.studies.models import Study


@dataclass(frozen=True)
class Leaving:
    """The rule of a study. version '': texts leave as they are stored."""

    version: str
    key: bytes
    own_words: tuple[str, ...]

    @classmethod
    def of(cls, study: Study, *, asked_for: str = "") -> "Leaving":
        """asked_for: the redaction that a run began with. A study that asks for it later is heeded at once, too."""
        version = VERSION if study.redacts or asked_for else ""
        return cls(version, study.redaction_key.encode(), own_words(study.redacted_words))

    def of_text(self, text: str) -> Redacted:
        return redact(text, key=self.key, own_words=self.own_words) if self.version else unredacted(text)

    def of_codebook(self, question: Question) -> Question:
        """Instructions and codebook, which hold words of the study's too."""
        return replace(question, system=_same_each_time(self, question.system))


@lru_cache(maxsize=32)
def _same_each_time(leaving: Leaving, words: str) -> str:
    """Of what every question of a run begins with."""
    return leaving.of_text(words).text


def own_words(lines: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for line in lines.splitlines() if (word := line.strip())))
