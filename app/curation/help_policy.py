"""What a model may be asked about a codebook, and what may be done with what it proposes."""

from app.problems import Conflict, Invalid, NotFound

OF_DIMENSIONS = ("near_duplicates", "categories")
MOST_CODES = 800
MOST_ENUMERATED_CODES = 400  # providers limit the enums of a strict schema
MOST_QUOTES = 40
LONGEST_QUOTE = 600
LONGEST_TEXT = 5_000


class NoModelNamed(Conflict):
    """No model is named, neither by the settings of this server nor under Settings, Models: nothing can be asked."""


class NoSuchModel(Conflict):
    """This model cannot be chosen any more. Nothing was sent; choose another, then ask."""


class NoSuchHelp(Invalid):
    """Choose what the model is asked for."""


class TooFewCodes(Invalid):
    """There are fewer than two codes here that could be put together, so there is nothing to ask."""


class TooManyCodes(Invalid):
    """There are more than 800 codes here, too many for one question. Merge or categorise some first."""


class NoQuotes(Invalid):
    """No quote of this code may be sent, so there is nothing to draft a definition from."""


class NotOpened(Conflict):
    """Quotes of colleagues would be sent that you have not opened. Open them first, so that you see what leaves."""


class SomethingElseLeaves(Conflict):
    """What would leave changed since you looked at it. Nothing was sent; look again, then ask."""


class AskedAlready(Conflict):
    """This was asked already and is on its way. Wait for the answer, or leave: it is kept."""


class NotFailed(Conflict):
    """This was answered, or is on its way. There is nothing to ask again."""


class NothingProposed(NotFound):
    """There is no such proposal that you can decide about."""


class NothingChosen(Invalid):
    """Choose at least one of the proposals, then take them into a plan."""


class DecidedAlready(Conflict):
    """Somebody decided about this in the meantime. Nothing was overwritten."""


class NoReason(Invalid):
    """Say why in a few words. The history keeps it, and others read it instead of asking."""


class TooLong(Invalid):
    """This text is longer than 5,000 characters. Shorten it."""


class NoDefinition(Invalid):
    """The definition is empty. Write one, or reject the draft."""


def check_definition(definition: str, reason: str) -> None:
    if not definition.strip():
        raise NoDefinition
    if not reason.strip():
        raise NoReason
    if max(len(definition), len(reason)) > LONGEST_TEXT:
        raise TooLong
