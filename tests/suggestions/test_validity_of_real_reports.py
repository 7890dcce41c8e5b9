"""The recorded model answers on the real cloud reports, served over HTTP as if live, through the whole machinery.

One human labelled these reports, and a test of whether a model may stand in needs two: recorded runs of two other
models are brought in as further coders. They are stand-ins, said to be such here and in docs/replays.md: the figures
check the machinery and say nothing of people.
"""

import pytest

from tests.conftest import SHARED

FOLDER = SHARED / "data" / "cloud-reports"
HUMAN, STAND_INS, MODEL = "human", ("claude-4-0", "gpt-4o-0"), "gemini-2.5-0"
DIMENSIONS = {"service_category": "many", "user_symptom_category": "many", "root_cause_category": "many"}
REPORTS = 44

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="shared/data/cloud-reports is not there"),
]

Said = dict[str, dict[str, dict[str, frozenset[str]]]]  # rater -> dimension -> item -> codes
