"""All models in one import: for the migrations' comparison and for tests that walk the metadata. Wiring floor."""

from app.accounts import models as accounts
from app.adjudication import meeting_models as meetings
from app.adjudication import models as adjudication
from app.adjudication import ruling_models as ruling
from app.adjudication import settling_models as settling
from app.agreement import stored_models as stored_figures
from app.codebook import models as codebook
from app.coding import models as coding
from app.curation import help_models as helps
from app.curation import models as curation
from app.curation import plan_models as plans
from app.curation import publication_models as publications
from app.curation import recoding_models as recodings
from app.db.base import Base
from app.incidents import models as incidents
from app.ledger import models as ledger
from app.rounds import models as rounds
from app.studies import models as studies
from app.suggestions import batch_models as batches
from app.suggestions import models as suggestions

ROOMS = (
    accounts,
    studies,
    ledger,
    incidents,
    codebook,
    rounds,
    coding,
    stored_figures,
    suggestions,
    batches,
    adjudication,
    meetings,
    settling,
    ruling,
    curation,
    plans,
    recodings,
    helps,
    publications,
)
metadata = Base.metadata
