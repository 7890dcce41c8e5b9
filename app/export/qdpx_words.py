"""The words by which a QDPX carries what the format has no place for, and by which the import knows it again.

Pure, and shared by both directions: what is written here is what is read there.
"""

import re
from dataclasses import dataclass, replace

from app.codebook.tree import DimensionEntry

ORIGIN = "Tandem"
FINAL_USER = "(final)"
FINAL_ID, MODEL_ID = "final", "model"  # what the attribute id of such a User says
ANSWERS = {"none_applies": "(none applies)", "not_enough_information": "(not enough information)"}
GONE = "(no longer in use)"
ATTRIBUTE = "attribute: "  # before the name of a variable that would be taken for a field of the incident
TEXT_FIELDS = ("external_id", "source", "cohort", "service", "severity", "url", "detected_by")
TIME_FIELDS = ("started_at", "detected_at", "triaged_at", "mitigated_at", "resolved_at")
MEMO = "Memo"
NOT_CARRIED_NOTE = "What this file does not carry"
RULING = "Ruling: "

# Notes that many codings refer to: (kind, value) of each.
MARKS = {
    "Mark: main code": ("main", "yes"),
    "Mark: accepted from a suggestion": ("origin", "accepted"),
    "Mark: revised from a suggestion": ("origin", "revised"),
    "Mark: unanimous": ("basis", "unanimous"),
    "Mark: unanimous after suggestion": ("basis", "unanimous_after_suggestion"),
    "Mark: unanimous after comparing": ("basis", "unanimous_after_comparing"),
    "Mark: discussed": ("basis", "discussed"),
    "Mark: ruled by a third person": ("basis", "third_person"),
    "Mark: majority": ("basis", "majority"),
    "Mark: single coder": ("basis", "single_coder"),
    "Mark: recoded": ("basis", "recoded"),
}
NAME_OF_MARK = {said: name for name, said in MARKS.items()}
MARK_TEXTS = {
    "main": "A coding with this note is the main one of several that its coder gave in the dimension.",
    "origin": "A coding with this note was offered by a model, and taken over by its coder.",
    "basis": "A final code with this note stands on that basis.",
}

NOT_CARRIED = (
    "Rounds: each coder stands with what they last handed in for an incident, in the newest round that is past its "
    "coding. Silent repeats and skips stay out.",
    "Whether a coder worked independently, what they were shown, and first submissions: the ratings CSV holds these.",
    "Figures at closing: each stored set is taken out where it is shown, on the agreement page of its round.",
    "Codes that nobody used and that were retired or merged; into which code a merged one went.",
    "The history: revisions and versions of the codebook, earlier rulings, who recoded what and why, events.",
    "Private memos, comments on disagreements, flags, suggestions and calls to models.",
    "Exclusions of incidents, roles of members, settings of the study, how each round is settled, audits.",
)

_DIMENSION = re.compile(r"(?:\A|\n\n)Takes: (one|many); main code: (yes|no); evidence: (yes|no); new codes: (yes|no)\Z")


@dataclass(frozen=True)
class DimensionWords:
    question: str
    takes: str | None = None
    has_main: bool = False
    needs_evidence: bool = False
    openness: str = "open"


@dataclass(frozen=True)
class RulingNote:
    method: str
    cause: str
    participants: tuple[str, ...]
    reason: str


def dimension_description(dimension: DimensionEntry) -> str:
    how = (
        f"Takes: {dimension.takes}; main code: {_yes(dimension.has_main)}; "
        f"evidence: {_yes(dimension.needs_evidence)}; new codes: {_yes(dimension.is_open)}"
    )
    return f"{dimension.question}\n\n{how}" if dimension.question else how


def dimension_words(description: str) -> DimensionWords:
    """Of a file that does not say how the dimension is answered, takes is None."""
    found = _DIMENSION.search(description)
    if found is None:
        return DimensionWords(description.strip())
    takes, has_main, needs_evidence, is_open = found.groups()
    return DimensionWords(
        question=description[: found.start()].strip(),
        takes=takes,
        has_main=has_main == "yes",
        needs_evidence=needs_evidence == "yes",
        openness="open" if is_open == "yes" else "closed",
    )


def ruling_text(note: RulingNote) -> str:
    lines = [f"Method: {note.method}", f"Cause: {note.cause}"]
    lines += [f"With: {name}" for name in note.participants]
    return "\n".join(lines) + f"\n\n{note.reason}"


def ruling_note(text: str) -> RulingNote | None:
    """None for a note that does not say method and cause."""
    head, _, reason = text.partition("\n\n")
    lines = [line.partition(": ") for line in head.split("\n")]
    said = {name: value for name, _, value in lines if name != "With"}
    if not {"Method", "Cause"} <= said.keys():
        return None
    found = RulingNote(said["Method"], said["Cause"], (), reason)
    return replace(found, participants=tuple(value for name, _, value in lines if name == "With"))


def field_of(variable: str) -> str | None:
    """The field of an incident that a variable of this name holds."""
    name = "_".join(variable.casefold().split())
    return name if name in (*TEXT_FIELDS, *TIME_FIELDS) else None


def variable_of_attribute(key: str) -> str:
    return ATTRIBUTE + key if field_of(key) or key.startswith(ATTRIBUTE) else key


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
