"""The codings of a project as what its coders handed in; final codes, rulings and notes find their places again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.adjudication.final_codes import Final, write_final_codes
from app.adjudication.models import CAUSES, METHODS, RuledCode, Ruling, RulingParticipant
from app.codebook.queries import current_seq
from app.coding.imported import ImportedAnswer, ImportedCode, hand_in_imported
from app.coding.submissions import SubmittedSpan
from app.db.base import now
from app.export.bring_in_codes import CodePlaces
from app.export.bring_in_texts import TextPlaces
from app.export.qdpx_words import FINAL_ID, MARKS, RULING, RulingNote, ruling_note
from app.export.readers import QdaCoding, QdaProject, QdaSource
from app.rounds.imported import Rated, add_imported_round
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.viewer import Viewer

BASES_OF_RULINGS = ("discussed", "third_person")


@dataclass(slots=True)
class Given:
    """What one coder said of one dimension of an incident: codes with what their codings say, in their order."""

    codes: dict[int, "GivenCode"] = field(default_factory=dict)
    state: str = ""

    @property
    def answer(self) -> ImportedAnswer:
        if not self.codes:
            return ImportedAnswer(self.state)
        codes = tuple(
            ImportedCode(key, code.is_main, code.origin, tuple(sorted(set(code.quotes))))
            for key, code in self.codes.items()
        )
        return ImportedAnswer("coded", codes)


@dataclass(slots=True)
class GivenCode:
    is_main: bool = False
    origin: str = "own"
    basis: str = ""
    ruling: str = ""  # GUID of its note
    quotes: list[SubmittedSpan] = field(default_factory=list)


@dataclass(frozen=True)
class NotePlace:
    """Where a note is referred to. code_id and span: of the coding, whose coder is the author of a note on a quote."""

    note: str
    kind: str
    incident_id: int | None = None
    code_id: int | None = None
    span: SubmittedSpan | None = None
    coder: Rated | None = None


@dataclass
class CodingsFound:
    works: dict[Rated, dict[int, Given]] = field(default_factory=dict)
    final: dict[tuple[int, int], Given] = field(default_factory=dict)
    rulings: dict[tuple[int, int], str] = field(default_factory=dict)
    bases: dict[tuple[int, int], str] = field(default_factory=dict)
    notes: list[NotePlace] = field(default_factory=list)
    codings: int = 0
    quotes: int = 0
    final_answers: int = 0  # that came in
    left_out: Counter[str] = field(default_factory=Counter)


class Finding:
    """Goes through the sources once."""

    def __init__(
        self, project: QdaProject, codes: CodePlaces, texts: TextPlaces, members: dict[str, Membership]
    ) -> None:
        self.project, self.codes, self.texts, self.members = project, codes, texts, members
        self.found = CodingsFound(left_out=project.left_out)

    def find(self) -> CodingsFound:
        for source in self.project.sources.values():
            incident_id = self.texts.ids[source.guid]
            for coding in source.codings:
                self._take(incident_id, coding, None)
            self._selections(source, incident_id)
            self.found.notes += [NotePlace(note, "incident", incident_id) for note in source.notes]
        for user_said in self.found.works.values():
            for given in user_said.values():
                if given.codes and given.state:
                    self.found.left_out["answers “none applies” beside codes"] += 1
        return self.found

    def _selections(self, source: QdaSource, incident_id: int) -> None:
        for selection, span in zip(source.selections, self.texts.spans[source.guid], strict=True):
            for coding in selection.codings:
                self._take(incident_id, coding, span)
                self.found.quotes += span is not None
            self.found.notes += [NotePlace(note, "incident", incident_id, span=span) for note in selection.notes]

    def _take(self, incident_id: int, coding: QdaCoding, span: SubmittedSpan | None) -> None:
        self.found.codings += 1
        is_final = coding.user in self.project.users and self.project.users[coding.user].id == FINAL_ID
        rated = None if is_final else Rated(incident_id, self.members[coding.user].id)
        if coding.code in self.codes.states:
            dimension_id, state = self.codes.states[coding.code]
            given = self._given(incident_id, rated, dimension_id)
            given.state = state
            self._notes(coding, GivenCode(), incident_id, dimension_id, rated, None, None)
        elif coding.code in self.codes.codes:
            dimension_id, code_id = self.codes.codes[coding.code]
            given = self._given(incident_id, rated, dimension_id)
            code = given.codes.setdefault(code_id, GivenCode())
            if span is not None:
                code.quotes.append(span)
            self._notes(coding, code, incident_id, dimension_id, rated, code_id, span)
        else:
            self.found.codings -= 1
            self.found.left_out["codings with a code that the codebook of the file does not hold as one"] += 1

    def _given(self, incident_id: int, rated: Rated | None, dimension_id: int) -> Given:
        if rated is None:
            return self.found.final.setdefault((incident_id, dimension_id), Given())
        return self.found.works.setdefault(rated, {}).setdefault(dimension_id, Given())

    def _notes(
        self,
        coding: QdaCoding,
        code: GivenCode,
        incident_id: int,
        dimension_id: int,
        rated: Rated | None,
        code_id: int | None,
        span: SubmittedSpan | None,
    ) -> None:
        for guid in coding.notes:
            name = self.project.notes[guid].name if guid in self.project.notes else ""
            kind, value = MARKS.get(name, ("", ""))
            if kind == "main":
                code.is_main = True
            elif kind == "origin" and rated is not None:
                code.origin = value
            elif kind == "basis" and rated is None:
                self.found.bases[incident_id, dimension_id] = value
            elif name.startswith(RULING) and rated is None:
                self.found.rulings[incident_id, dimension_id] = guid
            elif not kind:
                self.found.notes.append(NotePlace(guid, "coding", incident_id, code_id, span, rated))


def bring_in_coding(
    session: Session,
    viewer: Viewer,
    found: CodingsFound,
    project: QdaProject,
    members: dict[str, Membership],
    *,
    name: str,
    plan: dict[str, Any],
) -> tuple[Round | None, dict[Rated, int]]:
    """The round that was made of them, and the assignment of each coder and incident."""
    if not found.works and not found.final:
        return None, {}
    coding_round = add_imported_round(session, viewer, name, plan)
    answers = {
        rated: {dimension_id: given.answer for dimension_id, given in said.items()}
        for rated, said in found.works.items()
    }
    assigned = hand_in_imported(session, coding_round, answers, independent=False) if answers else {}
    finals = _finals(session, viewer, coding_round, found, project, members)
    found.final_answers = len(write_final_codes(session, coding_round, finals, now()))
    return coding_round, assigned


def _finals(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    found: CodingsFound,
    project: QdaProject,
    members: dict[str, Membership],
) -> list[Final]:
    finals = []
    ranks = {guid: rank for rank, guid in enumerate(project.notes)}  # rulings come in the order in which they were made
    ordered = sorted(found.final.items(), key=lambda each: ranks.get(found.rulings.get(each[0], ""), -1))
    for place, given in ordered:
        basis, ruling_id = found.bases.get(place, ""), None
        state = "coded" if given.codes else given.state
        codes = tuple((key, code.is_main) for key, code in given.codes.items())
        if basis in BASES_OF_RULINGS:
            note = project.notes.get(found.rulings.get(place, ""))
            said = ruling_note(note.text) if note is not None else None
            if note is None or said is None or said.method not in METHODS or said.cause not in CAUSES:
                basis = ""
            else:
                ruler = members.get(note.user, viewer.member)
                final = Final(*place, state, codes, basis)
                ruling_id = _ruling(session, coding_round, final, said, ruler, list(members.values()))
        if not basis:
            found.left_out["final codes that do not say on what they stand"] += 1
            continue
        finals.append(Final(*place, state, codes, basis, ruling_id))
    return finals


def _ruling(
    session: Session,
    coding_round: Round,
    final: Final,
    said: RulingNote,
    ruler: Membership,
    members: Sequence[Membership],
) -> int:
    study_id = coding_round.study_id
    ruling = Ruling(
        study_id=study_id,
        round_id=coding_round.id,
        incident_id=final.incident_id,
        dimension_id=final.dimension_id,
        member_id=ruler.id,
        method=said.method,
        state=final.state,
        cause=said.cause,
        reason=said.reason,
        codebook_seq=current_seq(session, study_id),
    )
    session.add(ruling)
    session.flush()
    if final.codes:
        session.execute(
            insert(RuledCode),
            [
                {"study_id": study_id, "ruling_id": ruling.id, "code_id": code_id, "is_main": is_main}
                for code_id, is_main in final.codes
            ],
        )
    beside = {member.name: member.id for member in members if member.id != ruler.id}
    for name in said.participants:
        if name in beside:
            session.add(RulingParticipant(study_id=study_id, ruling_id=ruling.id, member_id=beside[name]))
    session.flush()
    return ruling.id
