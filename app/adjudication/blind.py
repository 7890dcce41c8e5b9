"""Who coded what, hidden until it is asked for: under a blind settling the coders of an incident stand as letters."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from string import ascii_uppercase

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.queries import Compared, Queue
from app.adjudication.ruling_models import NameOpening
from app.adjudication.settling_rules import rules_of
from app.adjudication.veiled_acts import record_act
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Unnamed:
    """Stands on a page in the place of a coder. id: the letter, by which a form means them."""

    id: str

    @property
    def name(self) -> str:
        return f"Coder {self.id}"

    @property
    def initials(self) -> str:
        return self.id


Somebody = Membership | Unnamed


@dataclass(frozen=True)
class Names:
    """The members of a study as one of them sees them beside an incident.

    letters: of coders who stand unnamed. coder_ids: all coders of the incident, in their order.
    """

    members: Mapping[int, Membership]
    letters: Mapping[int, str] = field(default_factory=dict)
    coder_ids: Sequence[int] = ()

    def of(self, member_id: int) -> Somebody:
        return Unnamed(self.letters[member_id]) if member_id in self.letters else self.members[member_id]

    def words(self, text: str) -> str:
        """What somebody wrote, with the unnamed coders under their letters."""
        if not self.letters:
            return text
        text = self._called.sub(lambda found: found[1] + self._full[found[2].casefold()], text)
        return self._written.sub(lambda found: self._stands_for[found[0]], text)

    def in_full(self, text: str) -> str:
        """What was typed to a letter, said to the coder who stands under it."""
        for member_id, letter in self.letters.items():
            text = re.sub(rf"@Coder {letter}\b", lambda _, at=member_id: f"@{self.members[at].name}", text)  # type: ignore[misc]
        return text

    def member_id(self, typed: int | str) -> int:
        """Of an id, or of the letter of a coder."""
        if isinstance(typed, int):
            return typed
        for member_id, letter in zip(self.coder_ids, ascii_uppercase, strict=False):
            if letter == typed:  # also of who stands named by now: the form may be an older one
                return member_id
        raise NotFound

    @property
    def is_blind(self) -> bool:
        return bool(self.letters)

    @cached_property
    def _stands_for(self) -> dict[str, str]:
        """Full names, and the parts of them that people call one another by; a part of several is nobody's letter."""
        found: dict[str, str] = {}
        for member_id, letter in self.letters.items():
            parts = {part for part in self.members[member_id].name.split() if len(part) > 1 and part.isalpha()}
            found |= {part: "a coder" if part in found else f"Coder {letter}" for part in parts}
        full = {self.members[member_id].name: f"Coder {letter}" for member_id, letter in self.letters.items()}
        return found | full

    @cached_property
    def _full(self) -> dict[str, str]:
        return {self.members[key].name.casefold(): f"Coder {letter}" for key, letter in self.letters.items()}

    @cached_property
    def _called(self) -> re.Pattern[str]:
        """Whole names, in capitals or not. One of a single word only where it is called: "will" is a word, too."""
        names = sorted((self.members[member_id].name for member_id in self.letters), key=len, reverse=True)
        whole = "|".join(re.escape(name) if " " in name else f"(?<=@){re.escape(name)}" for name in names)
        return re.compile(rf"(?<!\w)(@?)({whole})(?!\w)", re.IGNORECASE)

    @cached_property
    def _written(self) -> re.Pattern[str]:
        longest_first = sorted(self._stands_for, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def order_of_coders(session: Session, coding_round: Round, found: Compared) -> list[int]:
    """By member; under a blind settling drawn for each incident, so that no place or colour tells who it is."""
    if not rules_of(session, coding_round).blind:
        return sorted(found.coder_ids)
    return sorted(found.coder_ids, key=lambda coder_id: _draw(coding_round, found.incident_id, coder_id))


def names_beside(
    session: Session, viewer: Viewer, coding_round: Round, found: Compared, queue: Queue | None = None
) -> Names:
    """Nothing is hidden from who asked, nor where all of the incident that waited or was audited is ruled on. One's own
    answer is one's own under any rule."""
    names = Names(members_by_id(session, viewer.study.id), coder_ids=order_of_coders(session, coding_round, found))
    return replace(names, letters=unnamed(session, viewer, coding_round, queue).get(found.incident_id, {}))


def unnamed(
    session: Session, viewer: Viewer, coding_round: Round, queue: Queue | None = None
) -> dict[int, dict[int, str]]:
    """Incident -> coder -> the letter under which this member sees them. Every page that lists incidents asks here."""
    if not rules_of(session, coding_round).blind:
        return {}
    asked = _asked(session, viewer, coding_round)
    found: dict[int, dict[int, str]] = {}
    for each in (queue or queries.queue(session, coding_round)).undecided:
        incident_id = each.incident.id
        if incident_id in asked or incident_id in found:
            continue
        drawn = sorted(each.coder_ids, key=lambda coder_id: _draw(coding_round, incident_id, coder_id))
        letters = zip(drawn, ascii_uppercase, strict=False)
        found[incident_id] = {coder_id: letter for coder_id, letter in letters if coder_id != viewer.member.id}
    return found


def names_in_rounds(session: Session, viewer: Viewer, rounds: Iterable[Round]) -> Callable[[int, int], Names]:
    """(round, incident) -> the names beside it, for lists over several rounds."""
    members = members_by_id(session, viewer.study.id)
    letters = {each.id: unnamed(session, viewer, each) for each in set(rounds)}
    return lambda round_id, incident_id: Names(members, letters[round_id].get(incident_id, {}))


def show_names(session: Session, viewer: Viewer, coding_round: Round, incident_id: int) -> None:
    """The member asks who coded what here: recorded, and once."""
    row = {
        "study_id": viewer.study.id,
        "round_id": coding_round.id,
        "incident_id": incident_id,
        "member_id": viewer.member.id,
    }
    made = session.execute(insert(NameOpening).values(row).on_conflict_do_nothing().returning(NameOpening.id))
    if made.first() is None:
        return
    record_act(session, viewer, coding_round, "names.shown", ("incident", incident_id), round_id=coding_round.id)


def _asked(session: Session, viewer: Viewer, coding_round: Round) -> set[int]:
    """Incidents whose coders this member asked for."""
    return set(
        session.scalars(
            select(NameOpening.incident_id).where(
                NameOpening.study_id == viewer.study.id,
                NameOpening.round_id == coding_round.id,
                NameOpening.member_id == viewer.member.id,
            )
        )
    )


def _draw(coding_round: Round, incident_id: int, coder_id: int) -> str:
    return sha256(f"coders:{coding_round.seed}:{incident_id}:{coder_id}".encode()).hexdigest()
