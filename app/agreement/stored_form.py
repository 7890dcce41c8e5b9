"""The one form in which it is written what figures are made of, so that its hash tells whether anything of it changed.

It holds who said what on which incident, as what the codes of it were compared, and what the round was: nothing that
changes by itself, such as names. Ids are those of the study.
"""

import json
from hashlib import sha256
from typing import Any

FORM = "what the figures of a round were made of, 1"
LEVELS = ("code", "category")

Inputs = dict[str, Any]
Figure = dict[str, Any]


def canonical(inputs: Inputs) -> bytes:
    """The same inputs are the same bytes."""
    return json.dumps(inputs, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def hash_of(inputs: Inputs) -> str:
    return sha256(canonical(inputs)).hexdigest()
