"""The model disclosure of a study: what its paper must tell of the models, guideline by guideline, from the ledger."""

from difflib import unified_diff

from app.export.disclosure_document import Block, Disclosure, Exact, Grid, Section, Words, gap
from app.export.disclosure_facts import Facts, RunFacts, where_it_ran
from app.export.disclosure_validity import validity_blocks
from app.rounds.models import ARM_WORDS
from app.suggestions.ledger_queries import Sums
from app.suggestions.ledger_words import outcome_words, purpose_words
from app.suggestions.prompt import INSTRUCTIONS
from app.suggestions.similar import NAME
from app.web.wording import cost

NO_MODEL = "No model was asked in this study."
STATES = {"done": "answered", "cut": "cut off", "filtered": "stopped by a filter", "invalid": "not readable"}


def disclosure(facts: Facts, *, hosts: bool, prompts: bool) -> Disclosure:
    """hosts: whether addresses of endpoints are named. prompts: whether the exact texts are appended."""
    sections = [
        Section("1. Use and role of the models", _role(facts)),
        Section("2. Models, versions, dates and configuration", _models(facts, hosts=hosts)),
        Section("3. The tool around the models", _tool(facts)),
        Section("4. Prompts, their development and the log", _prompts(facts)),
        Section("5. Validation by people", validity_blocks(facts)),
        Section("6. An open model as baseline", _open_model(facts)),
        Section("7. Baselines, metrics and costs", _baselines(facts)),
        Section("8. Limits and what was done about them", _limits(facts)),
    ]
    if prompts:
        sections.append(Section("Appendix: texts as they were sent", _appendix(facts)))
    return Disclosure(f"Model disclosure: {facts.study.title}", sections)


def _role(facts: Facts) -> list[Block]:
    if not facts.calls.whole.calls:
        return [Words(NO_MODEL)]
    offered = [one for one in facts.runs if one.run.is_offered]
    arms = sorted({arm for one in offered for arm in _arms(one)})
    said = (
        f"Models were used as assistants in qualitative coding: for an incident report they suggested codes, each with "
        f"a reason and quotes; people decided. {_count(len(facts.runs), 'run')} covered "
        f"{_count(sum(one.incidents for one in facts.runs), 'incident')} (an incident counts once a run); of "
        f"{_count(len(offered), 'run')} the suggestions were offered to coders, of "
        f"{_count(len(facts.runs) - len(offered), 'run')} they were only measured."
    )
    blocks: list[Block] = [
        Words(said),
        Words("No suggestion became a code by itself: each was accepted, changed or rejected by a coder."),
        Grid(
            "Calls by what was asked for",
            ("Asked for", "Calls"),
            [(purpose_words(key), f"{one.calls:,}") for key, one in sorted(facts.calls.by_purpose.items())],
        ),
    ]
    if arms:
        blocks.append(Words(f"Suggestions appeared {'; '.join(ARM_WORDS.get(arm, arm) for arm in arms)}."))
    blocks.append(gap("why models were used, which benefit was expected, and any use of models outside Tandem."))
    return blocks


def _arms(one: RunFacts) -> list[str]:
    return [each.arm for each in one.validity.arms] if one.validity else []


def _models(facts: Facts, *, hosts: bool) -> list[Block]:
    if not facts.answered:
        return [Words(NO_MODEL)]
    rows = [
        (
            one.asked or "–", _answered(facts, one.asked, one.answered), one.fingerprint or "not told",
            (one.address or "not stored") if hosts else where_it_ran(one.address), one.parameters or "none told",
            one.dropped or "none", f"{one.first:%Y-%m-%d} to {one.last:%Y-%m-%d}", f"{one.calls:,}",
        )
        for one in facts.answered
    ]  # fmt: skip
    head = ("Asked", "Answered as", "Fingerprint", "Where", "Sent", "Left out", "Days (UTC)", "Calls")
    runs = [
        (
            str(one.run.id), one.coding_round.name, one.run.model or NAME, one.run.prompt_version or "–",
            f"codebook as of change {one.run.codebook_seq}", str(one.run.samples), one.run.mode,
            one.run.redaction or "none", f"{one.run.at:%Y-%m-%d}",
        )
        for one in facts.runs
    ]  # fmt: skip
    heads = ("Run", "Round", "Model", "Prompt", "Codebook", "Samples", "Mode", "Redaction", "Asked on")
    return [
        Grid("Models as asked and as they answered, with the parameters that were really sent", head, rows),
        Grid("Runs and what each froze", heads, runs),
        Words("No model was fine-tuned by Tandem. Parameters that were not sent had the defaults of the endpoint."),
        gap("why these models were chosen, and the hardware of models that were run on own machines."),
    ]


def _answered(facts: Facts, asked: str, answered: str) -> str:
    """Where the model is a deployment, what a lead said it is."""
    real = {each.real_model for each in facts.endpoints.values() if each.model == asked and each.real_model}
    said = f" (entered as {', '.join(sorted(real))})" if real else ""
    return (answered or "not told") + said


def _tool(facts: Facts) -> list[Block]:
    examples = sum(1 for one in facts.runs if one.run.example_incident_ids)
    redacted = sum(1 for one in facts.runs if one.run.redaction)
    return [
        Words(
            "Tandem sends one incident a call, with all dimensions asked and the codes that may be applied. The reply "
            "is a strict schema where the endpoint keeps to one; every reply is checked again: unknown codes become "
            "proposals, and each quote is looked for in the text, so that one that is not there is marked and cannot "
            "become evidence. A malformed reply is asked for once more. The model has no tools, no agents and no "
            "retrieval, and no memory between calls."
        ),
        Words(
            f"Of {_count(len(facts.runs), 'run')}, {examples} showed settled incidents as examples, and {redacted} "
            "took secrets out of the texts before they were sent."
        ),
    ]


def _prompts(facts: Facts) -> list[Block]:
    blocks: list[Block] = [
        Words(
            "Each prompt has two parts: instructions with the codebook, the same for all of a run, and the text of the "
            "incident between two random marks. Instructions are versioned; an edited text is a new version."
        )
    ]
    if facts.templates:
        rows, before = [], INSTRUCTIONS
        for each in facts.templates:
            used = sum(one.run.prompt_template_id == each.id for one in facts.runs)
            changed = _lines_changed(before, each.instructions)
            written = f"{each.at:%Y-%m-%d}"
            rows.append((str(each.version), each.name or "–", written, str(changed), str(used), each.sha256))
            before = each.instructions
        head = ("Version", "Name", "Written", "Lines changed", "Runs", "SHA-256")
        blocks.append(Grid("Versions of the instructions, each against the one before", head, rows))
    shipped = sum(1 for one in facts.runs if one.run.source == "model" and one.run.prompt_template_id is None)
    blocks.append(Words(f"{_count(shipped, 'run')} used the instructions that ship with Tandem."))
    sent = [(str(one.run.id), one.prompt_sha256) for one in facts.runs if one.prompt]
    if sent:
        blocks.append(Grid("Instructions and codebook as sent, by run", ("Run", "SHA-256"), sent))
    blocks.append(
        Words(
            "Prompt and raw reply of every call are stored with the hash of what was sent, and can be exported whole "
            "(tandem export ledger). They hold the texts of incidents."
        )
    )
    blocks.append(gap("how the instructions were developed and piloted, and which logs are published."))
    return blocks


def _lines_changed(before: str, after: str) -> int:
    lines = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return sum(1 for each in lines if each[:1] in "+-" and each[:3] not in ("+++", "---"))


def _open_model(facts: Facts) -> list[Block]:
    asked = [name for name in facts.models if name != NAME]
    if not asked:
        return [Words("There is no run of any model, so there is none of an open one.")]
    said = "One model was asked, so there is no second one to compare with." if len(asked) == 1 else ""
    return [
        Words(f"Models asked: {', '.join(asked)}. {said}".strip()),
        Words("Whether the weights of a model are open is not recorded by Tandem: unknown here."),
        gap("whether one of these models is open; if none is, why there is no open baseline."),
    ]


def _baselines(facts: Facts) -> list[Block]:
    looked_up = [one for one in facts.runs if one.run.source == "similar_incidents"]
    without = (
        f"As a baseline without a model, the final codes of similar incidents (TF-IDF) were looked up in "
        f"{_count(len(looked_up), 'run')}."
        if looked_up
        else "There is no baseline without a model: similar incidents were not looked up."
    )
    whole = facts.calls.whole
    rows = [_cost_row(name or "–", sums) for name, sums in sorted(facts.calls.by_model.items())]
    tables = sorted(facts.calls.by_outcome.items())
    head = ("Model", "Calls", "Lost", "Tokens sent", "Of them cached", "Tokens received", "Cost")
    return [
        Words(without),
        Words(
            "Agreement is Krippendorff's alpha (MASI distance where a dimension takes many codes) with 95 % intervals "
            "over incidents, people among themselves beside each person with the model; the alternative annotator test "
            "is that of Calderon, Reichart and Dror (2025); corrected shares are PPI++."
        ),
        Grid("Costs by model, everything together last", head, [*rows, _cost_row("all", whole)]),
        Grid("Calls by outcome", ("Outcome", "Calls"), [(outcome_words(key), f"{one.calls:,}") for key, one in tables]),
        Words("Costs are by the price table stored with each call, or by prices that a lead entered."),
        gap("the energy that was used, and why these metrics fit the question."),
    ]


def _cost_row(name: str, sums: Sums) -> tuple[str, ...]:
    told = (sums.calls, sums.lost, sums.input_tokens, sums.cached_tokens, sums.output_tokens)
    return (name, *(f"{each:,}" for each in told), money_words(sums))


def money_words(sums: Sums) -> str:
    if sums.is_unknown or sums.cost is None:
        return "unknown" if sums.is_partial else "none known"
    return f"{'at least ' if sums.is_partial else ''}{cost(sums.cost)}"


def _limits(facts: Facts) -> list[Block]:
    sampled = [one for one in facts.runs if one.run.samples > 1]
    told = {one.fingerprint for one in facts.answered if one.fingerprint}
    several = sorted({one.asked for one in facts.answered if len(_names(facts, one.asked)) > 1})
    states: dict[str, int] = {}
    for one in facts.runs:
        for state, times in one.states.items():
            states[state] = states.get(state, 0) + times
    repeats = (
        f"In {_count(len(sampled), 'run')} each incident was asked several times, and how many of the samples held a "
        "code is stored with it."
        if sampled
        else "Each incident was asked once a run, so that nothing is known of how replies vary."
    )
    drift = (
        f"Asked for under one name, more than one model answered: {', '.join(several)}."
        if several
        else "Each model answered under one name throughout."
    )
    rows = [(STATES.get(key, key), f"{times:,}") for key, times in sorted(states.items())]
    blocks: list[Block] = [
        Words(f"Non-determinism: {repeats} Replies are replayed from the store; asking again may give others."),
        Words(f"Drift of versions: {drift} {_count(len(told), 'fingerprint')} told by endpoints."),
        Words("Leakage: whether a model was trained on these incidents is unknown."),
        Words(
            f"Failures: {_count(facts.calls.whole.lost, 'call')} lost on the way, and "
            f"{facts.calls.whole.unread:,} of {facts.calls.whole.calls:,} not read whole."
        ),
    ]
    if rows:
        blocks.append(Grid("Incidents of all runs by what became of them", ("State", "Incidents"), rows))
    blocks.append(gap("leakage of data into the models, how far the results carry, sensitive data and ethics."))
    return blocks


def _names(facts: Facts, asked: str) -> set[str]:
    return {one.answered for one in facts.answered if one.asked == asked and one.answered}


def _appendix(facts: Facts) -> list[Block]:
    """Each text once. Prompts with examples stay out: they tell what incidents were settled as."""
    blocks: list[Block] = []
    seen: dict[str, Exact] = {}
    for one in facts.runs:
        if one.prompt:
            name = f"Instructions and codebook as sent in run {one.run.id}"
            seen.setdefault(one.prompt_sha256, Exact(name, one.prompt, one.prompt_sha256))
    blocks += seen.values()
    kept = [str(one.run.id) for one in facts.runs if one.run.example_incident_ids]
    if kept:
        said = "Not here, since settled incidents stand in them as examples: the prompts of run "
        blocks.append(Words(f"{said}{', '.join(kept)}."))
    if not blocks:
        blocks.append(Words("No instructions were sent."))
    return blocks


def _count(number: int, what: str) -> str:
    return f"{number:,} {what if number == 1 else what + 's'}"
