"""The real open-coding study of shared/data, brought in round by round, and the plan that merges its codes to tags."""

import csv
import io
from collections import Counter, defaultdict
from pathlib import Path

from sqlalchemy.orm import Session

from app.agreement.bring_in import RatingsPlan, bring_in_ratings
from app.agreement.ratings_columns import RatingColumns
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import DimensionEntry
from app.curation.plan_actions import PlannedStep
from app.methods.names import plain_name
from app.studies.viewer import Viewer
from tests.conftest import SHARED

FOLDER = SHARED / "data" / "open-coding"
ROUNDS = range(1, 7)
NO_TAG = ("", "-")


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def bring_in(session: Session, lead: Viewer) -> DimensionEntry:
    """Six rounds, each a file of its own: the file names its round in the ids of its items only."""
    ratings = rows_of(FOLDER / "ratings.csv")
    for number in ROUNDS:
        content = io.StringIO()
        written = csv.DictWriter(content, ["item_id", "rater", "open_code"])
        written.writeheader()
        written.writerows(row for row in ratings if row["item_id"].startswith(f"r{number}-"))
        plan = RatingsPlan(f"Round {number}", RatingColumns("item_id", "rater", "open_code"), dimension_name="Fault")
        bring_in_ratings(session, lead, content.getvalue().encode(), plan, file_name=f"round-{number}.csv")
    return disclosed_codebook(session, lead.study.id).dimensions[0]


def tag_of_code() -> dict[str, str]:
    """Raw code -> the tag that most of the items have that it was given to.

    Items without a tag say nothing, and a code that was given to such items only stays. Of two tags the one that comes
    first by name. A code that is itself spelt as a tag is that tag.
    """
    tags = {row["item_id"]: plain_name(row["taxonomy_tag"]) for row in rows_of(FOLDER / "items.csv")}
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows_of(FOLDER / "ratings.csv"):
        tag = tags[row["item_id"]]
        if plain_name(row["open_code"]) and tag not in NO_TAG:
            seen[plain_name(row["open_code"])][tag] += 1
    spelt = {tag.casefold(): tag for tag in sorted(tags.values()) if tag not in NO_TAG}
    return {
        code: spelt.get(code.casefold()) or min(found, key=lambda tag: (-found[tag], tag))
        for code, found in seen.items()
    }


def merging_steps(session: Session, lead: Viewer) -> list[PlannedStep]:
    """One step a tag: all codes that become it, into the code of that name or into a new one."""
    ids = {code.name: code.id for code in disclosed_codebook(session, lead.study.id).codes.values()}
    codes: dict[str, list[int]] = defaultdict(list)
    for code, tag in sorted(tag_of_code().items()):
        if code.casefold() != tag.casefold():
            codes[tag].append(ids[code])
    return [
        PlannedStep("merge", tuple(ids_), name=tag, reason="as the study's own taxonomy has it")
        for tag, ids_ in sorted(codes.items())
    ]
