"""Tokens an incident costs: all dimensions in one call against one call a dimension, on the same 100 incidents.

    python -m bench.prompt_tokens [--encoding o200k_base]

Texts: `cloud-reports` beside the checkout, read where they lie. Codebook: the starter one. Counted with `bpe_openai`
where it is installed (it is no part of Tandem), else estimated at four bytes a token. The cached share is the part of
the input that is the same bytes as in the call before, in whole blocks of 128 tokens from 1,024 on, as OpenAI documents
its prompt cache; the schema is counted as sent before the messages.
"""

import csv
import html
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from app.codebook.starter import incident_study
from app.llm.marks import fresh_mark
from app.suggestions.prompt import CodeEntry, DimensionEntry, RunPrompt

REPORTS = Path(__file__).parents[2] / "shared/data/cloud-reports"
HOW_MANY = 100
BLOCK, LEAST_CACHED = 128, 1024
Count = Callable[[str], int]


@dataclass
class Spent:
    """Of all calls for all incidents."""

    calls: int = 0
    input: int = 0
    cached: int = 0


def main() -> None:
    count, how = counter(sys.argv[sys.argv.index("--encoding") + 1] if "--encoding" in sys.argv else "o200k_base")
    texts, dimensions = incidents(), starter_dimensions()
    stacked = spent([RunPrompt(dimensions)], texts, count)
    single = spent([RunPrompt((one,)) for one in dimensions], texts, count)
    print(f"{len(texts)} incidents, {len(dimensions)} dimensions, {sum(len(d.codes) for d in dimensions)} codes; {how}")
    print(f"{'':24}{'calls':>8}{'input':>12}{'an incident':>14}{'cached':>10}{'not cached, an incident':>26}")
    for name, one in (("stacked", stacked), ("one dimension a call", single)):
        fresh = (one.input - one.cached) / len(texts)
        print(
            f"{name:24}{one.calls:>8,}{one.input:>12,}{one.input / len(texts):>14,.0f}"
            f"{one.cached / one.input:>10.0%}{fresh:>26,.0f}"
        )
    print(f"One dimension a call reads {single.input / stacked.input:.2f} times the tokens of stacked calls.")


def counter(encoding: str) -> tuple[Count, str]:
    try:
        tokens = import_module("bpe_openai").get_encoding(encoding)
    except ImportError:
        return lambda text: -(-len(text.encode()) // 4), "estimated at four bytes a token"
    return lambda text: len(tokens.encode(text)), f"counted with {encoding}"


def incidents() -> list[str]:
    """The first hundred with a text, without their markup."""
    found: list[str] = []
    for path in sorted(REPORTS.glob("*_label.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                text = html.unescape(re.sub(r"<[^>]+>", " ", row["description"] or ""))
                lines = [" ".join(line.split()) for line in text.splitlines()]
                text = "\n".join(line for line in lines if line)
                if len(text) > 200:
                    found.append(text)
    step = max(len(found) // HOW_MANY, 1)
    return found[::step][:HOW_MANY]


def starter_dimensions() -> tuple[DimensionEntry, ...]:
    numbers = iter(range(1, 10_000))
    return tuple(
        DimensionEntry(
            id=place,
            name=dimension.name,
            question=dimension.question,
            takes_many=dimension.takes == "many",
            codes=tuple(
                CodeEntry(
                    next(numbers), code.name, f"({category.name}) {code.definition}", code.use_when, code.not_when
                )
                for category in dimension.categories
                for code in category.codes
            ),
        )
        for place, dimension in enumerate(incident_study().dimensions, start=1)
    )


def spent(prompts: Sequence[RunPrompt], texts: Sequence[str], count: Count) -> Spent:
    """Run by run, as caches like it: all incidents of one prompt, then all of the next."""
    whole = Spent()
    for prompt in prompts:
        before = ""
        for text in texts:
            question = prompt.question(text, mark=fresh_mark(text))
            sent = json.dumps(question.json_schema) + question.system + question.user
            tokens = count(sent)
            whole.calls += 1
            whole.input += tokens
            whole.cached += cached(count(shared_prefix(before, sent))) if before else 0
            before = sent
    return whole


def cached(same: int) -> int:
    return same // BLOCK * BLOCK if same >= LEAST_CACHED else 0


def shared_prefix(one: str, other: str) -> str:
    length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


if __name__ == "__main__":
    main()
