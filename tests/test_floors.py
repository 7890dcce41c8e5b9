"""Foreign keys point down the floors and stay inside their study; import-linter says the same of imports.

What import-linter cannot say of imports stands here too: whose routes and forms they are, and how late they come.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

import app.models

FLOORS = (
    "accounts",
    "studies",
    "ledger",
    "incidents",
    "codebook",
    "rounds",
    "coding",
    "agreement",
    "suggestions",
    "adjudication",
    "curation",
)

APP = Path(app.models.__file__).parent
WIRING = ("routers.py", "main.py")
# numpy and scipy wait until there is something to compute
LATE = (
    "adjudication/differences.py",
    "adjudication/with_final.py",
    "agreement/by_cohort.py",
    "agreement/closer.py",
    "agreement/closer_incidents.py",
    "agreement/figures.py",
    "agreement/kept.py",
    "agreement/look_routes.py",
    "agreement/post_hoc.py",
    "agreement/precision.py",
    "agreement/stored_figures.py",
    "export/actions.py",
    "llm/openai_model.py",
    "rounds/precision.py",
    "suggestions/assistance_page.py",
    "suggestions/comparison.py",
    "suggestions/own_switches_routes.py",
    "suggestions/validity_figures.py",
)


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of Tandem that an import names, once as the package and once as what is taken out of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("app."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "app":
            yield from (f"{node.module}.{name.name}" for name in node.names)


def is_private(module: str) -> bool:
    room, name = [*module.split("."), ""][1:3]
    return room != "web" and (name == "forms" or name.endswith("routes"))


def test_routes_and_forms_are_private_to_their_room():
    abroad = [
        f"{path.relative_to(APP)}: {module}"
        for path in APP.rglob("*.py")
        if path.relative_to(APP).as_posix() not in WIRING
        for module in imported(ast.parse(path.read_text()))
        if is_private(module) and module.split(".")[1] != path.relative_to(APP).parts[0]
    ]
    assert abroad == []
    assert any(is_private(module) for module in imported(ast.parse((APP / "routers.py").read_text())))


def test_no_module_says_twice_what_a_name_of_its_own_means():
    """The second would silently stand in the place of the first, as after two branches met."""
    twice = [f"{path.relative_to(APP)}: {name}" for path in APP.rglob("*.py") for name in said_twice(path)]
    assert twice == []


def said_twice(path: Path) -> list[str]:
    names = []
    for node in ast.parse(path.read_text()).body:
        targets = [*getattr(node, "targets", ()), getattr(node, "target", None)]
        names += [each.id for each in targets if isinstance(each, ast.Name)]
        names += [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return [name for name, times in Counter(names).items() if times > 1]


def test_no_word_stands_twice_in_the_glossary():
    lines = (APP.parent / "docs" / "GLOSSARY.md").read_text().splitlines()
    words = Counter(line.split("|")[1].strip() for line in lines if line.startswith("| **"))
    assert len(words) > 50 and [word for word, times in words.items() if times > 1] == []


def test_only_the_command_line_imports_rooms_late():
    late = {
        path.relative_to(APP).as_posix()
        for path in APP.rglob("*.py")
        if path.relative_to(APP).parts[0] != "cli"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(imported(node))
    }
    assert late == set(LATE)


def test_the_app_starts_without_what_only_figures_need():
    """Each server and each worker pays for it at its start."""
    heavy = {"numpy", "scipy", "sklearn", "openai", "matplotlib", "genai_prices"}
    asked = f"import sys, app.main, app.worker; print(*{heavy} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", asked], cwd=APP.parent, capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def room_of_tables() -> dict[str, int]:
    return {
        mapper.local_table.name: FLOORS.index(mapper.class_.__module__.split(".")[1])
        for mapper in app.models.Base.registry.mappers
        if isinstance(mapper.local_table, sa.Table)
    }


def test_foreign_keys_point_down_the_floors():
    floor = room_of_tables()
    up = [
        f"{table.name} -> {key.elements[0].column.table.name}"
        for table in app.models.metadata.tables.values()
        for key in table.foreign_key_constraints
        if floor[key.elements[0].column.table.name] > floor[table.name]
    ]
    assert up == []
    assert len(floor) == len(app.models.metadata.tables) > 40


def test_foreign_keys_between_tables_of_a_study_carry_the_study():
    owned = {name for name, table in app.models.metadata.tables.items() if "study_id" in table.columns}
    loose = [
        f"{table.name}.{[c.name for c in key.columns]}"
        for table in app.models.metadata.tables.values()
        if table.name in owned
        for key in table.foreign_key_constraints
        if key.elements[0].column.table.name in owned and "study_id" not in [c.name for c in key.columns]
    ]
    assert loose == []


def test_every_table_of_a_study_is_unique_by_study_and_id():
    for table in app.models.metadata.tables.values():
        if "study_id" in table.columns:
            keys = [
                {column.name for column in constraint.columns}
                for constraint in table.constraints
                if isinstance(constraint, sa.UniqueConstraint)
            ]
            assert {"study_id", "id"} in keys, table.name


def test_study_facts_name_members_never_people():
    """Only a membership knows the person behind it; who made a study and an invitation are account facts."""
    people = app.models.metadata.tables["people"]
    naming = {
        table.name
        for table in app.models.metadata.tables.values()
        for key in table.foreign_key_constraints
        if key.elements[0].column.table is people and "study_id" in table.columns
    }
    assert naming == {"memberships"}
