"""The recorded model answers on the real cloud reports, served over HTTP as if live, through the whole machinery.

One human labelled these reports, and a test of whether a model may stand in needs two: recorded runs of two other
models are brought in as further coders. They are stand-ins, said to be such here and in docs/replays.md: the figures
check the machinery and say nothing of people.
"""

import csv
import json
import re
from collections import defaultdict

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.agreement.figures import NONE_APPLIES
from app.codebook.tree import CodeEntry, DimensionEntry
from app.db.session import Database
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.llm.configured import model_of
from app.rounds.models import Assignment
from app.settings import Settings
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import RunIncident
from app.suggestions.opening import open_suggestions
from app.suggestions.validity_figures import validity_of
from tests import makers
from tests.conftest import SHARED
from tests.support import fitness_by_hand
from tests.support.openai_server import OpenAIServer, Says

FOLDER = SHARED / "data" / "cloud-reports"
HUMAN, STAND_INS, MODEL = "human", ("claude-4-0", "gpt-4o-0"), "gemini-2.5-0"
DIMENSIONS = {"service_category": "many", "user_symptom_category": "many", "root_cause_category": "many"}
REPORTS = 44

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="shared/data/cloud-reports is not there"),
]

Said = dict[str, dict[str, dict[str, frozenset[str]]]]  # rater -> dimension -> item -> codes
