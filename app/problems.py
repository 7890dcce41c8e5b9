"""What can go wrong, in six kinds. A room subclasses one; the docstring is the sentence the reader sees.

A seventh kind, Unavailable, is raised by the door to the database alone: rooms neither raise nor catch it.
"""


class Problem(Exception):
    """Something went wrong."""

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or " ".join((type(self).__doc__ or "").split())
        super().__init__(self.sentence)


class NotFound(Problem):
    """There is nothing here, or it is not yours to see."""


class NotAllowed(Problem):
    """Your role in this study does not allow this. Ask the study lead."""


class Conflict(Problem):
    """Somebody changed this in the meantime. Nothing was overwritten; reload to see both."""


class Invalid(Problem):
    """Something in what you sent cannot be used."""


class TooOften(Problem):
    """This was tried too often. Wait a while, then try again."""

    def __init__(self, sentence: str | None = None, *, seconds: int = 60) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class TooLarge(Problem):
    """This is more than can be taken at once. Send less of it."""


class Unavailable(Problem):
    """The database does not answer just now. Nothing was half-saved; try again in a moment."""

    retry_seconds = 2


class DiskFull(Unavailable):
    """The disk of the database is full, so this was not saved. Tell the operator; once there is room, try again."""

    retry_seconds = 30
