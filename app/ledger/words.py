"""The prompt of a call as the ledger keeps it."""

import hashlib

from app.llm.port import Question

TURN = "\n\n--- {} ---\n"


def whole_user_prompt(question: Question) -> str:
    """The user's message, and the further turns under it, each under a line that says whose it was."""
    return question.user + "".join(TURN.format(turn.speaker) + turn.text for turn in question.later_turns)


def prompt_sha256(system: str, user: str) -> str:
    """Of the stored prompts in UTF-8, with a zero byte between them."""
    return hashlib.sha256(system.encode() + b"\0" + user.encode()).hexdigest()
