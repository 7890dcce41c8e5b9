"""What purposes and outcomes of model calls are called on a page and in the disclosure."""

OUTCOMES = {
    "valid": "read",
    "partly_valid": "read in part",
    "invalid": "not readable",
    "refused": "declined",
    "filtered": "stopped by a filter",
    "cut": "cut off",
    "failed": "no answer",
    "lost": "lost on the way",
}
OWN_WORDS = ("failed", "lost")  # what the problem is, the endpoint or we tell, and not the model
LOOKED_UP = "similar_incidents"
PURPOSES = {
    "suggest": "suggestions",
    "repair": "asked again for what could not be read",
    LOOKED_UP: "similar incidents, without a model",
    "near_duplicates": "codes that may mean the same",
    "categories": "categories for codes",
    "definition": "a first definition",
    "probe": "test of a connection",
}


def purpose_words(purpose: str) -> str:
    return PURPOSES.get(purpose, purpose.replace("_", " "))


def outcome_words(outcome: str) -> str:
    return OUTCOMES.get(outcome, outcome)
