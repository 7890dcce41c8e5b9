"""Without a model: what the most similar incidents were finally coded as, offered under that name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NAME = "similar incidents"
METHOD = "tfidf-chars-3-5/1"  # stored with every run: a change of a number below is a new version
NEIGHBOURS = 5
LEAST_SIMILARITY = 0.1
LEAST_SHARE = 0.5
# The longest reports would fill the memory: their beginning tells what they are about.
MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class CodedIncident:
    """final_codes: dimension id -> code ids; an empty set is "none applies", an absent dimension is not coded."""

    id: int
    text: str
    final_codes: Mapping[int, AbstractSet[int]]


@dataclass(frozen=True)
class Neighbour:
    incident_id: int
    similarity: float


@dataclass(frozen=True)
class SimilarCode:
    """A code that similar incidents hold. share: of the neighbours coded in the dimension, weighted by likeness."""

    dimension_id: int
    code_id: int
    share: float
    neighbours: tuple[Neighbour, ...]


class SimilarIncidents:
    """The coded incidents of a study, ready to be compared with others. Deterministic: ties go to the lower id."""

    def __init__(self, coded: Sequence[CodedIncident], *, takes_many: Mapping[int, bool]) -> None:
        """takes_many: dimension id -> whether it takes many codes; only dimensions named here are answered."""
        self._coded = sorted((one for one in coded if one.text.strip()), key=lambda incident: incident.id)
        self._takes_many = takes_many

    def neighbours(self, text: str, *, without: AbstractSet[int] = frozenset()) -> tuple[Neighbour, ...]:
        """The most similar incidents, most similar first. `without`: ids that may not be used, such as its own."""
        if not self._coded or not text.strip():
            return ()
        vectorizer, matrix = self._fitted
        likeness = (matrix @ vectorizer.transform([text[:MOST_CHARACTERS]]).T).toarray().ravel()
        near = [
            Neighbour(incident.id, round(float(similarity), 6))
            for incident, similarity in zip(self._coded, likeness, strict=True)
            if incident.id not in without and similarity >= LEAST_SIMILARITY
        ]
        return tuple(sorted(near, key=lambda neighbour: (-neighbour.similarity, neighbour.incident_id))[:NEIGHBOURS])

    def codes_for(self, text: str, *, without: AbstractSet[int] = frozenset()) -> tuple[SimilarCode, ...]:
        """What the neighbours vote for, by dimension and then by share."""
        near = self.neighbours(text, without=without)
        coded = {incident.id: incident for incident in self._coded}
        offered: list[SimilarCode] = []
        for dimension_id, takes_many in sorted(self._takes_many.items()):
            votes = _votes(dimension_id, near, coded)
            offered += votes if takes_many else votes[:1]
        return tuple(offered)

    @cached_property
    def _fitted(self) -> tuple[Any, csr_matrix]:
        # Slow to import: only who compares pays for it.
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=200_000)
        return vectorizer, vectorizer.fit_transform([incident.text[:MOST_CHARACTERS] for incident in self._coded])


def _votes(dimension_id: int, near: Sequence[Neighbour], coded: Mapping[int, CodedIncident]) -> list[SimilarCode]:
    voters = [neighbour for neighbour in near if dimension_id in coded[neighbour.incident_id].final_codes]
    whole = sum(voter.similarity for voter in voters)
    held: defaultdict[int, list[Neighbour]] = defaultdict(list)
    for voter in voters:
        for code_id in coded[voter.incident_id].final_codes[dimension_id]:
            held[code_id].append(voter)
    votes = [
        SimilarCode(
            dimension_id,
            code_id,
            round(sum(holder.similarity for holder in holders) / whole, 6),
            tuple(holders),
        )
        for code_id, holders in held.items()
    ]
    wanted = [vote for vote in votes if vote.share >= LEAST_SHARE]
    return sorted(wanted, key=lambda vote: (-vote.share, vote.code_id))
