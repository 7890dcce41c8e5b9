"""What can go wrong, in four kinds. A room subclasses one; the docstring is the sentence the reader sees."""


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
