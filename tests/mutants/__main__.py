"""Each promise has a stored mutation of one line, and a test that must catch it. `make mutants` runs them all.

A mutation is made in a copy of the tree, never in place. The tests pass there before the first one is made: a test that
fails as it stands would seem to catch everything.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "screenshots")


@dataclass(frozen=True)
class Mutation:
    promise: int
    file: str
    line: str
    becomes: str
    test: str


def mutations() -> list[Mutation]:
    stored = tomllib.loads((Path(__file__).parent / "mutations.toml").read_text("utf-8"))
    return [Mutation(**one) for one in stored["mutation"]]


def mutated(text: str, mutation: Mutation) -> str:
    """The text with exactly one line changed; raises when the stored line is gone or stands there twice."""
    lines = text.split("\n")
    at = [number for number, line in enumerate(lines) if line.strip() == mutation.line]
    if len(at) != 1:
        raise SystemExit(f"{mutation.file}: {mutation.line!r} stands there {len(at)} times, not once")
    indent = lines[at[0]][: len(lines[at[0]]) - len(lines[at[0]].lstrip())]
    lines[at[0]] = indent + mutation.becomes
    return "\n".join(lines)


def caught(tree: Path, mutation: Mutation) -> bool:
    file = tree / mutation.file
    original = file.read_text("utf-8")
    file.write_text(mutated(original, mutation), "utf-8")
    try:
        ran = run(tree, [mutation.test], seconds=600)
    finally:
        file.write_text(original, "utf-8")
    if ran.returncode not in (0, 1):
        raise SystemExit(f"promise {mutation.promise}: {mutation.test} did not run\n{ran.stdout[-2000:]}{ran.stderr}")
    return ran.returncode == 1


def check_all_pass(tree: Path) -> None:
    tests = sorted({mutation.test for mutation in mutations()})
    ran = run(tree, tests, seconds=3_600)
    if ran.returncode != 0:
        raise SystemExit(f"Not all tests pass without a mutation\n{ran.stdout[-2000:]}{ran.stderr}")


def run(tree: Path, tests: list[str], *, seconds: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=seconds)


def main() -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "main"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        check_all_pass(tree)
        for mutation in mutations():
            found = caught(tree, mutation)
            missed += not found
            verdict = "caught" if found else "MISSED"
            print(f"promise {mutation.promise:2}  {verdict}  {mutation.file}: {mutation.becomes}", flush=True)
    print(f"{len(mutations()) - missed} caught, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
