"""What the two coders of the journey answer, decided beforehand: the test computes every figure from this alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

RUTH, BEN = "Ruth Halvorsen", "Ben Ode"
DIMENSIONS = ("Symptom", "Impact", "Root cause", "Mitigation", "Detection")
ONE_CODE = ("Root cause", "Detection")
NEW_CODE = "Asked clients to try again"
STATES = {"0": "none_applies", "u": "not_enough_information"}

# Ruth's answers, an incident a line. 0 and u are the keys for "none applies" and "not enough information".
RUTHS = (
    ("Errors returned", "Few customers", "Dependency failure", "Deploy a fix", "Service monitor"),
    ("Errors returned + Timeouts", "Several regions", "u", "Deploy a fix + Shift traffic", "Service monitor"),
    ("Slow responses", "Few customers", "Capacity shortfall", "Add capacity", "Service monitor"),
    ("Throttled requests", "u", "Code defect", "Add capacity + Limit load", "Customer report"),
    ("Errors returned", "No customer impact", "Code defect", "Roll back a change", "Customer report"),
    ("Access refused", "Few customers", "Hardware fault", "0", "u"),
    ("Timeouts", "Several regions", "u", "Recovered by itself", "Synthetic probe"),
    ("Errors returned", "Few customers", "Code defect", NEW_CODE, "Customer report"),
    ("Cut-off or wrong output", "Few customers + Wrong charges", "Model or data update", "Deploy a fix", "u"),
    ("Slow responses", "0", "u", "Restart or recycle", "Own employee"),
    ("Errors returned + Slow responses", "Several regions", "Retry storm", "Limit load", "0"),
    ("Missing or stale data", "Few customers", "u", NEW_CODE, "Customer report"),
)
# Where Ben says something else.
BENS = {
    (1, "Symptom"): "Errors returned",
    (3, "Symptom"): "Throttled requests + Slow responses + Timeouts",
    (6, "Symptom"): "Errors returned",
    (10, "Symptom"): "Errors returned + Timeouts",
    (4, "Impact"): "0",
    (8, "Impact"): "Few customers",
    (9, "Impact"): "Internal users only",
    (3, "Root cause"): "Capacity shortfall",
    (4, "Root cause"): "Capacity shortfall",
    (9, "Root cause"): "Human procedure",
    (1, "Mitigation"): "Deploy a fix",
    (7, "Mitigation"): "Recovered by itself",
    (11, "Mitigation"): "Deploy a fix",
    (1, "Detection"): "Customer report",
    (2, "Detection"): "Own employee",
    (8, "Detection"): "Quality check",
}
# Where which of them quotes what the incident's first stage begins with; the dimension has one code there.
QUOTING = {RUTH: {(0, "Symptom"), (4, "Root cause"), (6, "Symptom"), (9, "Detection")},
           BEN: {(0, "Symptom"), (2, "Detection"), (7, "Root cause")}}  # fmt: skip
MEMO = (0, "Which of their services was it? Ask.")
# Where Ben looks at suggestions, and what he makes of them: the first place whose quotes were not invented.
ACCEPTED_AT, CHANGED_AT, REJECTED_AT = (1, 2), (3, 4), (5, 6)
SUGGESTED = {"Detection": "Service monitor", "Root cause": "Configuration change", "Impact": "Few customers"}
CHANGED_TO = "Code defect"
RULED = (6, "Symptom")
RULED_CODES = ("Errors returned", "Timeouts")
REASON = "The report names errors first; the timeouts came of them."


@dataclass(frozen=True)
class Reply:
    """codes: in the order of pressing. quotes: JSON would keep their order too."""

    state: str
    codes: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    origin: str = "own"

    @classmethod
    def typed(cls, words: str) -> "Reply":
        return cls(STATES[words]) if words in STATES else cls("coded", tuple(words.split(" + ")))

    @property
    def value(self) -> frozenset[str]:
        """What is compared. None applies is the empty set, and a value of its own where one code is taken."""
        unknown = {"(not enough information)"} if self.state == "not_enough_information" else set()
        return frozenset(self.codes) | unknown


Place = tuple[int, str]  # incident by its place among the twelve, dimension


@dataclass
class Plan:
    """first: as first handed in; last: after the suggestions. labels: the incidents, in the order of their ids."""

    labels: list[str]
    first: dict[str, dict[Place, Reply]] = field(default_factory=dict)
    last: dict[str, dict[Place, Reply]] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)  # incidents that Ben handed in again

    @classmethod
    def about(cls, labels: Iterable[str]) -> "Plan":
        ruths = {
            (at, dimension): Reply.typed(words)
            for at, line in enumerate(RUTHS)
            for dimension, words in zip(DIMENSIONS, line, strict=True)
        }
        bens = ruths | {place: Reply.typed(words) for place, words in BENS.items()}
        plan = cls(sorted(labels), {RUTH: ruths, BEN: bens})
        assert len(plan.labels) == len(RUTHS)
        return plan

    def place_of(self, label: str) -> int:
        return self.labels.index(label)

    def quoted(self, coder: str, place: Place, words: str) -> None:
        self.first[coder][place] = replace(self.first[coder][place], quotes=(words,))

    def handed_in(self) -> None:
        """From now on only the last answers change."""
        self.last = {coder: dict(replies) for coder, replies in self.first.items()}

    def took_over(self, place: Place, code: str, quotes: tuple[str, ...], origin: str) -> None:
        self.last[BEN][place] = Reply("coded", (code,), quotes, origin)
        self.changed.add(place[0])

    def disagreements(self) -> set[Place]:
        """By what was handed in last."""
        return {place for place, reply in self.last[RUTH].items() if not same(reply, self.last[BEN][place])}

    def table(self, answers: Mapping[str, Mapping[Place, Reply]], dimension: str) -> list[tuple[frozenset[str], ...]]:
        """A line a unit: what the two said."""
        units = range(len(self.labels))
        return [tuple(answers[coder][unit, dimension].value for coder in (RUTH, BEN)) for unit in units]


def same(one: Reply, other: Reply) -> bool:
    return (one.state, set(one.codes)) == (other.state, set(other.codes))
