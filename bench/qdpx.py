"""What a QDPX costs: `python -m bench.qdpx`.

Fills a study of its own with 10,000 incidents of some 3,000 characters and 60,000 codings, half of them with a quote,
then writes it by `tandem export study` and reads it back by `tandem import study`, each in a process of its own.
Seconds are of the whole command with its start, then those in which its own process was at work, without Postgres,
which a busy machine stretches less; memory is the process's peak (resident).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.codebook.actions import CodeText
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.whole_trees import TreeCode, add_tree
from app.coding.imported import ImportedAnswer, ImportedCode, hand_in_imported
from app.coding.submissions import SubmittedSpan
from app.db.migrate import migrate
from app.db.session import Database
from app.incidents.imported import ImportedIncident, add_imported
from app.rounds.imported import Rated, add_imported_round
from app.studies.actions import create_study
from app.studies.raters import rater_members
from tests.support.postgres import running_postgres

CHECKOUT = Path(__file__).resolve().parents[1]
MIB = 1 << 20
SENTENCE = "The gateway returned 502 for 40 minutes after a bad config push, and we rolled it back. "
DIMENSIONS, CODES, RATERS = 3, 14, 2


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--incidents", type=int, default=10_000)
    asked.add_argument("--codings", type=int, default=60_000)
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-qdpx-") as folder:
        file = Path(folder) / "large.qdpx"
        with running_postgres(Path(folder) / "data") as url:
            migrate(url)
            began = time.monotonic()
            fill(url, wanted.incidents, wanted.codings)
            print(
                f"filled: {wanted.incidents:,} incidents, {wanted.codings:,} codings ({time.monotonic() - began:.0f} s)"
            )
            nothing = measured(url, "export", "--help")
            written = measured(url, "export", "study", "large", "-o", str(file))
            read = measured(url, "import", "study", str(file), "--slug", "again")
        print(f"the file: {file.stat().st_size / MIB:.1f} MiB")
        for what, (seconds, worked, mib) in {"a command alone": nothing, "export": written, "import": read}.items():
            print(f"{what:<18}{seconds:>8.1f} s{worked:>8.1f} s of work{mib:>8.0f} MiB")
    return 0


def fill(url: str, incidents: int, codings: int) -> None:
    database = Database.at(url)
    with database.transaction() as session:
        viewer = create_study(session, None, slug="large", title="Large")
        text = SENTENCE * 35
        made = [
            ImportedIncident(f"Incident {n}", "made", f"{n}. {text}", f"INC-{n}", facts={"severity": str(n % 4)})
            for n in range(1, incidents + 1)
        ]
        incident_ids = add_imported(session, viewer.study.id, made)
        raters, _ = rater_members(session, viewer, [f"Rater {n}" for n in range(RATERS)], [])
        member_ids = [each.id for each in raters.values()]
        codes = {}
        for number in range(DIMENSIONS):
            words = DimensionText(f"Dimension {number}")
            dimension_id = add_dimension(session, viewer.study.id, viewer.member, words).id
            tree = [TreeCode(CodeText(f"Code {n}", "What it means.")) for n in range(CODES)]
            codes[dimension_id] = add_tree(session, viewer, dimension_id, tree)
        works: dict[Rated, dict[int, ImportedAnswer]] = {}
        for number in range(codings):
            place, of_incident = divmod(number, RATERS * DIMENSIONS)
            member, dimension = divmod(of_incident, DIMENSIONS)
            dimension_id = list(codes)[dimension]
            start = len(SENTENCE) * (number % 30)
            quote = SubmittedSpan(start, start + 20, made[place % incidents].text[start : start + 20])  # type: ignore[index]
            code = ImportedCode(codes[dimension_id][number % CODES], quotes=(quote,) if number % 2 else ())
            rated = Rated(incident_ids[place % incidents], member_ids[member])
            works.setdefault(rated, {})[dimension_id] = ImportedAnswer("coded", (code,))
        coding_round = add_imported_round(session, viewer, "All", {"how_chosen": "imported"})
        hand_in_imported(session, coding_round, works, independent=False)
    database.dispose()


def measured(url: str, *arguments: str) -> tuple[float, float, float]:
    """(seconds, of them at work itself and not waiting, MiB at the peak) of a command."""
    began, peak, before = time.monotonic(), 0.0, os.times()
    environment = {**os.environ, "TANDEM_DATABASE_URL": url}
    process = subprocess.Popen([sys.executable, "-m", "app.cli", *arguments], cwd=CHECKOUT, env=environment)
    while process.poll() is None:
        peak = max(peak, peak_mib(process.pid))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"tandem {' '.join(arguments)} failed.")
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, worked, peak


def peak_mib(pid: int) -> float:
    """So far, as the kernel counts it (VmHWM): what a parent held before the start is not in it."""
    try:
        said = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0.0
    lines = [line.split()[1] for line in said.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0]) / 1024 if lines else 0.0


if __name__ == "__main__":
    sys.exit(main())
