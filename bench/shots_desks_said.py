"""What the model of the pictures says of some incidents of the sample, by their ids there. Nothing of it is real."""

from typing import Any

CODES = {
    "Symptom": {
        "Slow responses": "What was asked for came, but later than its users take for normal.",
        "Errors returned": "Requests were refused or ended with an error.",
        "Wrong content": "What came back was complete, and wrong.",
        "Stale or lost rows": "Data that had been written was missing, or older than it should have been.",
        "Streams cut short": "An answer stopped before its end.",
    },
    "Root cause": {
        "Capacity shortfall": "Demand outgrew what had been provided for it.",
        "Configuration change": "A setting was changed, and was wrong.",
        "Code defect": "The program did other than it was written to do.",
        "Hardware fault": "A part broke or computed wrongly.",
        "Missing validation": "Something was taken over that a check would have turned away.",
    },
}
QUESTIONS = {"Symptom": "What did users notice?", "Root cause": "What made it possible?"}
FAILING = ("refused", "filtered", "cut", "unreadable", "failed")
NO_CODES: tuple[str, ...] = ()


def _says(
    quotes: tuple[tuple[int, str], ...], reasoning: str, *codes: str, new: tuple[str, str] | None = None
) -> dict[str, Any]:
    return {
        "quotes": [{"paragraph": paragraph, "text": text} for paragraph, text in quotes],
        "reasoning": reasoning,
        "codes": codes,
        "new_codes": [{"name": new[0], "definition": new[1]}] if new else [],
    }


LONG_PROMPTS = {
    "Symptom": _says(
        (
            (2, "One in nine requests ended with HTTP 503"),
            (2, 'some answers stopped after a few words with finish reason "length"'),
        ),
        "Requests were refused, and of the others some answers ended early.",
        "Errors returned",
        "Streams cut short",
        new=("Answers cut short", "An answer that ends before all was said."),
    ),
    "Root cause": _says(
        (
            (3, "The pool had been sized from the traffic of July, when the longest allowed prompt was 32k"),
            (3, "the memory of the replicas was never measured"),
        ),
        "The pool was sized for prompts of another length, so the new tier filled its memory.",
        "Capacity shortfall",
    ),
}
LAGGING_STANDBY = {
    "Symptom": _says(
        ((1, "An order from Monday evening that was missing on Tuesday morning"),),
        "Rows that had been written were gone.",
        "Stale or lost rows",
        new=("Order not found", "A single order could not be found by its number."),
    ),
    "Root cause": _says(
        ((2, "the controller read empty as zero"),),
        "An answer without a number was taken for a number; nothing checked it.",
        "Code defect",
    ),
}
FAULTY_CHIP = {
    "Symptom": _says(
        ((1, "came back as grammatical sentences without any relation to the question"),),
        "Answers were complete and wrong.",
        "Wrong content",
    ),
    "Root cause": _says(
        ((4, "The chip computed wrongly without raising an error"),),
        "One accelerator gave other results for the same input.",
        "Hardware fault",
    ),
}
WAITING_JOBS = {
    "Symptom": _says(
        ((1, 'Jobs submitted after Monday afternoon stayed in state "queued" and showed no estimate'),),
        "Jobs waited for a day.",
        "Slow responses",
    ),
    "Root cause": _says(
        ((3, "the scheduler gives up a reservation after twenty minutes"),),
        "The scheduler never kept eight nodes long enough.",
        "Code defect",
    ),
}
SAID: dict[str, dict[str, dict[str, Any]]] = {
    "SAMPLE-022": LONG_PROMPTS,
    "SAMPLE-015": LAGGING_STANDBY,
    "SAMPLE-025": FAULTY_CHIP,
    "SAMPLE-018": WAITING_JOBS,
    "SAMPLE-035": {"Symptom": _says(((1, "absent from search results"),), "Documents could not be found.",
                                    "Stale or lost rows"),
                   "Root cause": _says((), "The report names several causes at once, and none as the first.")},
}  # fmt: skip
