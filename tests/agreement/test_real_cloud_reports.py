"""The real cloud reports replayed: a human and twelve runs of models, against figures worked out by other hands."""

import csv
from collections import Counter, defaultdict

import pytest
from nltk.metrics.agreement import AnnotationTask
from sqlalchemy.orm import Session

from app.agreement.bring_in import RatingsPlan, bring_in_ratings
from app.agreement.figures import round_figures
from app.agreement.ratings_columns import RatingColumns
from app.rounds.queries import round_by_number
from app.studies.queries import members
from tests import makers
from tests.conftest import SHARED
from tests.methods.agreement.test_random_tables import jaccard, masi

FILE = SHARED / "data" / "cloud-reports" / "ratings.csv"
HUMAN = "human"
SYMPTOM = "user_symptom_category"
DIMENSIONS = {"service_category", SYMPTOM, "root_cause_category"}

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FILE.exists(), reason="shared/data/cloud-reports/ratings.csv is not there"),
]

Sets = dict[str, dict[tuple[str, str], frozenset[str]]]


def sets_of_the_file() -> Sets:
    """dimension -> (rater, item) -> codes: a row a code, a row without a code says that none applies."""
    found: dict[str, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            codes = found[row["dimension"]][row["rater"], row["item_id"]]
            codes |= {row["code"]} - {""}
    return {name: {key: frozenset(codes) for key, codes in table.items()} for name, table in found.items()}


def task(table: dict[tuple[str, str], frozenset[str]], distance) -> AnnotationTask:
    """Of items with two ratings or more; nltk would count lone ones in."""
    rated = Counter(item for _, item in table)
    made = AnnotationTask(distance=distance)
    made.load_array([(rater, item, codes) for (rater, item), codes in table.items() if rated[item] > 1])
    return made


def differ(one: frozenset[str], other: frozenset[str]) -> float:
    return float(one != other)


def test_human_and_models_have_the_figures_that_nltk_gives_for_the_file(session: Session) -> None:
    tables = sets_of_the_file()
    raters = sorted({rater for table in tables.values() for rater, _ in table})
    lead = makers.make_study(session)
    columns = RatingColumns("item_id", "rater", "code", "dimension")
    plan = RatingsPlan("Cloud", columns, sets=True, models=tuple(rater for rater in raters if rater != HUMAN))
    bring_in_ratings(session, lead, FILE.read_bytes(), plan, file_name="ratings.csv")
    figures = round_figures(session, round_by_number(session, lead.study.id, 1))
    names = {each.id: each.name for each in members(session, lead.study.id)}

    rows = {row.dimension.name: row for row in figures.of("with_models")}
    assert len(raters) == 13 and rows.keys() == tables.keys() == DIMENSIONS
    # The traps of the file: a blank is a rating, several codes are one, a misspelt code is a code of its own.
    every = [codes for table in tables.values() for codes in table.values()]
    assert (sum(not codes for codes in every), sum(len(codes) > 1 for codes in every)) == (332, 2609)
    assert sum(each.none_applies for each in figures.beside) == 332
    positives = {figures.codebook.codes[each.code].name: each.positives for each in rows[SYMPTOM].report.codes}
    assert positives["UNVAIL"] == 8 and positives["UNAVIL"] == 2013
    for name, row in rows.items():
        table, report = tables[name], row.report
        assert report is not None and report.alpha_masi and report.alpha_jaccard
        assert (report.ratings, report.raters) == (len(table), len({rater for rater, _ in table}))
        assert report.alpha_masi.value == pytest.approx(task(table, masi).alpha(), abs=1e-9), name
        assert report.alpha_jaccard.value == pytest.approx(task(table, jaccard).alpha(), abs=1e-9), name
        with_human = [pair for pair in report.cohen if HUMAN in (names[pair[0]], names[pair[1]])]
        assert len(with_human) == report.raters - 1
        for pair in with_human:
            both = {names[one] for one in pair}
            shared = [item for item, often in Counter(i for r, i in table if r in both).items() if often == 2]
            pair_table = {key: codes for key, codes in table.items() if key[0] in both and key[1] in set(shared)}
            kappa = report.cohen[pair]
            assert kappa.n == len(shared)
            if kappa.value is not None:
                expected = task(pair_table, differ).kappa_pairwise(*sorted(both))
                assert kappa.value == pytest.approx(expected, abs=1e-9), (name, both)
