"""What can be wrong with a model that a lead enters, and why one cannot be asked."""

from app.problems import Conflict, Invalid, NotFound


class NoSuchEndpoint(NotFound):
    """This study has no such model."""


class EndpointUnusable(Conflict):
    """This model cannot be asked."""


class EndpointRetired(EndpointUnusable):
    """This model was retired, and its key with it. Choose another under Settings, Models."""


class KeyNotReadable(EndpointUnusable):
    """The API key of this model cannot be read: TANDEM_SECRET_KEY is not what it was when the key was entered. Put the
    old one back, or enter the API key again under Settings, Models."""


class OnlyLocalModels(EndpointUnusable):
    """This study lets texts go to local models only, and this one is not local. A lead sets that under “What leaves
    for a model”."""


class NoSecretKey(Invalid):
    """This server cannot keep an API key, as it has none to seal it with. Whoever runs it sets TANDEM_SECRET_KEY (20
    characters or more) and starts it again. A model that wants no key works without."""


class AddressNotUsable(Invalid):
    """This is no address of a model. It begins with http:// or https:// and mostly ends in /v1."""


class AddressHoldsPassword(Invalid):
    """Leave name and password out of the address; a key goes into its own field."""


class AddressNotAllowed(Invalid):
    """This address is not asked: it belongs to the machine or the network that Tandem runs on, not to a model."""


class NameTaken(Invalid):
    """Another model of this study has this name. Choose a different one."""


class NameNotUsable(Invalid):
    """Name it with 1 to 80 characters."""


class ModelNotUsable(Invalid):
    """Name the model as its endpoint calls it, with 1 to 200 characters."""


class KeyNotUsable(Invalid):
    """An API key is one word of at most 4,000 plain characters."""


class KeyAgain(Invalid):
    """The address has changed, so the kept key is not sent there. Enter the key that belongs to it."""


class NumberNotUsable(Invalid):
    """At once: 1 to 1,000 calls. Patience: 1 to 3,600 seconds."""


class BatchShareNotUsable(Invalid):
    """A batch costs a share of these prices: a number from 0 to 1, such as 0.5."""


class PricesNotUsable(Invalid):
    """Prices are dollars a million tokens, from 0 to 100,000. Enter input and output, or neither."""


class TakenMeanwhile(Conflict):
    """Somebody else changed this model in the meantime. Theirs stands here now; change it and save again."""
