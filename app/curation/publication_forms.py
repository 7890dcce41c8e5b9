"""The form that publishes a version: what was chosen, and what is wrong with it."""

from dataclasses import dataclass
from typing import ClassVar

from app.curation.publication_models import MEMBERS
from app.curation.publishing import NoSuchReach
from app.web.forms import Form, Places, Posted


@dataclass
class PublicationForm(Form):
    reach: str = MEMBERS
    quotes_examples: bool = False

    belongs_to: ClassVar[Places] = {NoSuchReach: "reach"}

    @classmethod
    def read(cls, posted: Posted) -> "PublicationForm":
        return cls(reach=posted.text("reach"), quotes_examples="quotes_examples" in posted)
