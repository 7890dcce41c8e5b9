"""Does the shipped sample hold together? Every sentence names the place that does not."""

from collections.abc import Iterator
from itertools import pairwise

from app.codebook.starter import StarterCodebook, incident_study
from app.problems import Invalid
from app.sample.content import STAGES, SampleAnswer, SampleContent, SampleIncident, raw_files, read_content

STATES = ("coded", "none_applies", "not_enough_information")
STATUSES = ("submitted", "draft", "skipped", "open")
DECISIONS = ("accepted", "changed", "rejected")
CAUSES = (
    "definition_gap",
    "granularity",
    "evidence_missed",
    "model_anchored",
    "slip",
    "real_ambiguity",
    "text_says_too_little",
)

Names = dict[str, set[str]]


class SampleBroken(Invalid):
    """The sample study shipped with Tandem does not hold together."""


def sample_content() -> SampleContent:
    """The sample study, checked. Raises SampleBroken with one line for each thing that is wrong."""
    content = read_content(*raw_files())
    found = list(problems(content, incident_study()))
    if found:
        raise SampleBroken("\n".join(found))
    return content


def problems(content: SampleContent, starter: StarterCodebook) -> Iterator[str]:
    names = code_names(content, starter)
    for incident in content.incidents:
        yield from _incident_problems(incident, content.notice)
    yield from _people_problems(content)
    yield from _coding_problems(content, starter, names)
    yield from _suggestion_problems(content, names)
    yield from _ruling_problems(content, names)


def code_names(content: SampleContent, starter: StarterCodebook) -> Names:
    """Dimension -> names of its codes: those of the starter codebook and those that coders created."""
    names = {dimension.name: {code.name for code in dimension.codes()} for dimension in starter.dimensions}
    for code in content.new_codes:
        names[code.dimension].add(code.name)
    return names


def _incident_problems(incident: SampleIncident, notice: str) -> Iterator[str]:
    here = incident.external_id
    times = [(stage, getattr(incident, stage)) for stage in STAGES if getattr(incident, stage) is not None]
    for stage, at in times:
        if at.utcoffset() is None or at.utcoffset():
            yield f"{here}: {stage} is not in UTC."
    for (earlier, before), (later, after) in pairwise(times):
        if after < before:
            yield f"{here}: {later} is before {earlier}."
    if incident.attributes.get("sample") != notice:
        yield f"{here}: not marked as sample data."
    if any(not paragraph.strip() for paragraph in incident.text.split("\n\n")):
        yield f"{here}: an empty paragraph."


def _people_problems(content: SampleContent) -> Iterator[str]:
    people = {person.name for person in content.people}
    named = {code.created_by for code in content.new_codes} | {ruling.by for ruling in content.rulings}
    named |= {assignment.coder for one in content.rounds for assignment in one.assignments}
    named |= {decision.coder for suggestion in content.suggestions for decision in suggestion.decisions}
    for name in sorted(named - people):
        yield f"{name}: takes part but is not among the people."


def _coding_problems(content: SampleContent, starter: StarterCodebook, names: Names) -> Iterator[str]:
    texts = content.texts()
    with_main = {dimension.name for dimension in starter.dimensions if dimension.has_main}
    taking_one = {dimension.name for dimension in starter.dimensions if dimension.takes == "one"}
    for coding_round in content.rounds:
        for assignment in coding_round.assignments:
            here = f"{coding_round.name}, {assignment.incident}, {assignment.coder}"
            if assignment.incident not in texts:
                yield f"{here}: no such incident."
                continue
            if assignment.status not in STATUSES:
                yield f"{here}: unknown status {assignment.status}."
            if assignment.status == "submitted" and {a.dimension for a in assignment.answers} != set(names):
                yield f"{here}: submitted without an answer in every dimension."
            if (assignment.status == "skipped") != bool(assignment.skip_reason):
                yield f"{here}: a skip has a reason, and only a skip."
            for answer in assignment.answers:
                yield from _answer_problems(
                    answer,
                    f"{here}, {answer.dimension}",
                    text=texts[assignment.incident],
                    names=names.get(answer.dimension, set()),
                    has_main=answer.dimension in with_main,
                    takes_one=answer.dimension in taking_one,
                )


def _answer_problems(
    answer: SampleAnswer, here: str, *, text: str, names: set[str], has_main: bool, takes_one: bool
) -> Iterator[str]:
    if answer.state not in STATES:
        yield f"{here}: unknown state {answer.state}."
    if (answer.state == "coded") != bool(answer.codes):
        yield f"{here}: codes and the state {answer.state} do not go together."
    for code in answer.codes:
        if code not in names:
            yield f"{here}: no code named {code}."
    if takes_one and len(answer.codes) > 1:
        yield f"{here}: takes one code and has {len(answer.codes)}."
    wants_main = has_main and bool(answer.codes)
    if wants_main != (answer.main is not None) or answer.main not in (None, *answer.codes):
        yield f"{here}: the main code is not right."
    for evidence in answer.evidence:
        if evidence.code not in answer.codes:
            yield f"{here}: evidence for {evidence.code}, which was not applied."
        if text.count(evidence.quote) != 1 or text[evidence.start : evidence.end] != evidence.quote:
            yield f"{here}: found {text.count(evidence.quote)} times, not once: {evidence.quote}"


def _suggestion_problems(content: SampleContent, names: Names) -> Iterator[str]:
    texts = content.texts()
    invented = [
        quote
        for suggestion in content.suggestions
        for quote in suggestion.quotes
        if quote not in texts.get(suggestion.incident, "")
    ]
    if len(invented) != 1:
        yield f"Suggestions: {len(invented)} quotes stand in no text; one should."
    for suggestion in content.suggestions:
        here = f"Suggestion for {suggestion.incident}, {suggestion.dimension}"
        became = {code for decision in suggestion.decisions for code in decision.became}
        for code in sorted((set(suggestion.codes) | became) - names.get(suggestion.dimension, set())):
            yield f"{here}: no code named {code}."
        for decision in suggestion.decisions:
            if decision.decision not in DECISIONS:
                yield f"{here}: unknown decision {decision.decision}."
            if (decision.decision == "rejected") == bool(decision.became):
                yield f"{here}: what {decision.coder} decided and what became of it do not go together."
            if decision.decision == "accepted" and decision.became != suggestion.codes:
                yield f"{here}: {decision.coder} accepted it and holds other codes."
            if decision.decision == "changed" and decision.became == suggestion.codes:
                yield f"{here}: {decision.coder} changed it and holds the same codes."


def _ruling_problems(content: SampleContent, names: Names) -> Iterator[str]:
    submitted = {
        (one.name, assignment.incident)
        for one in content.rounds
        for assignment in one.assignments
        if assignment.status == "submitted"
    }
    for ruling in content.rulings:
        here = f"Ruling on {ruling.incident}, {ruling.dimension}"
        if (ruling.round, ruling.incident) not in submitted:
            yield f"{here}: nobody submitted this incident in {ruling.round}."
        if ruling.cause not in CAUSES:
            yield f"{here}: unknown cause {ruling.cause}."
        if (ruling.state == "coded") != bool(ruling.codes):
            yield f"{here}: codes and the state {ruling.state} do not go together."
        for code in sorted(set(ruling.codes) - names.get(ruling.dimension, set())):
            yield f"{here}: no code named {code}."
