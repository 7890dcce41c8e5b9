"""The caps on what a study and a run may cost: reserved before a call, settled after it (promise 10).

A reservation is the most that the call can cost: a token is a byte at least, and the length of the reply is limited. So
the caps hold whatever the endpoint counts, and however many workers ask at the same moment.
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import accounts
from app.ledger.accounts import Purse, Reservation
from app.ledger.models import ModelAccount
from app.ledger.usage import MOST_OUTPUT_TOKENS, Most, most_tokens, within
from app.studies.models import Study

__all__ = ["MOST_OUTPUT_TOKENS", "Spending", "most_tokens", "reserve", "spending", "within"]

OF_STUDY = "A lead can raise the cap under “What leaves for a model”; then resume."
OF_RUN = "The cap of a run stays as it is; compose another run for what is left."
REACHED = (
    "The {whose} cap of {cap:,} tokens is reached: {spent:,} are spent or under way, and the next call may take up to "
    "{wanted:,}. {remedy}"
)
PAID = (
    "The {whose} cap of ${cap:,.2f} is reached: ${spent:,.4f} are spent or under way, and the next call may take up to "
    "${wanted:,.4f}. {remedy}"
)
NO_PRICE = (
    "The {whose} cap is in dollars, and what this model costs is not known. Enter its prices under Settings, Models, "
    "or set a cap in tokens."
)


@dataclass(frozen=True)
class Spending:
    """In tokens and in dollars. untold: of calls that never said what they cost, counted at their most."""

    cap: int | None = None
    told: int = 0
    untold: int = 0
    reserved: int = 0
    cost_cap: Decimal | None = None
    told_usd: Decimal = Decimal()
    untold_usd: Decimal = Decimal()
    reserved_usd: Decimal = Decimal()
    unpriced: int = 0
    is_of_run: bool = False

    @property
    def spent(self) -> int:
        return self.told + self.untold

    @property
    def spent_usd(self) -> Decimal:
        return self.told_usd + self.untold_usd

    def allows(self, most: Most) -> bool:
        return self._allows_tokens(most) and self._allows_dollars(most)

    def may_allow(self, most: Most) -> bool:
        """Once what is under way is settled."""
        if self.cap is not None and self.spent + most.tokens > self.cap:
            return False
        if self.cost_cap is None:
            return True
        return most.dollars is not None and self.spent_usd + most.dollars <= self.cost_cap

    def reached(self, most: Most) -> str:
        """What to tell of a call that a cap does not allow."""
        words = {"whose": "run's" if self.is_of_run else "study's", "remedy": OF_RUN if self.is_of_run else OF_STUDY}
        if not self._allows_tokens(most):
            return REACHED.format(cap=self.cap, spent=self.spent + self.reserved, wanted=most.tokens, **words)
        if most.dollars is None:
            return NO_PRICE.format(**words)
        return PAID.format(cap=self.cost_cap, spent=self.spent_usd + self.reserved_usd, wanted=most.dollars, **words)

    def _allows_tokens(self, most: Most) -> bool:
        return self.cap is None or self.spent + self.reserved + most.tokens <= self.cap

    def _allows_dollars(self, most: Most) -> bool:
        if self.cost_cap is None:
            return True
        return most.dollars is not None and self.spent_usd + self.reserved_usd + most.dollars <= self.cost_cap


def spending(session: Session, study_id: int) -> Spending:
    """Of the whole study, in one look: a call that is settled meanwhile is counted once, as reserved or as told."""
    token_cap, cost_cap = _caps(session, study_id)
    return _spending(accounts.account_of(session, study_id, "study", study_id), token_cap, cost_cap)


def reserve(session: Session, study_id: int, purse: Purse | None, most: Most) -> Reservation | Spending:
    """The reservation, or what stands in its way. The accounts are held until the transaction ends."""
    held = accounts.hold_accounts(session, study_id, purse)
    spent = [_spending(held[0], *_caps(session, study_id))]
    if purse is not None:
        spent.append(_spending(held[1], purse.token_cap, purse.cost_cap_usd, is_of_run=True))
    in_the_way = [one for one in spent if not one.allows(most)]
    if in_the_way:
        return next((one for one in in_the_way if not one.may_allow(most)), in_the_way[0])
    return accounts.reserve(session, held, most)


def has_cap(session: Session, study_id: int, purse: Purse | None = None) -> bool:
    """Whether anything limits what a call may cost, so that its reply has to have a limit too."""
    caps = [*_caps(session, study_id), purse and purse.token_cap, purse and purse.cost_cap_usd]
    return any(cap is not None for cap in caps)


def _caps(session: Session, study_id: int) -> tuple[int | None, Decimal | None]:
    """Read while the accounts are held: who lowers a cap has lowered it for the next call."""
    caps = session.execute(select(Study.token_cap, Study.cost_cap_usd).where(Study.id == study_id)).one()
    return caps.token_cap, caps.cost_cap_usd


def _spending(
    account: ModelAccount | None, cap: int | None, cost_cap: Decimal | None, *, is_of_run: bool = False
) -> Spending:
    if account is None:
        return Spending(cap=cap, cost_cap=cost_cap, is_of_run=is_of_run)
    return Spending(
        cap=cap,
        told=account.input_tokens + account.output_tokens,
        untold=account.untold_tokens,
        reserved=account.reserved_tokens,
        cost_cap=cost_cap,
        told_usd=account.told_usd,
        untold_usd=account.untold_usd,
        reserved_usd=account.reserved_usd,
        unpriced=account.unpriced,
        is_of_run=is_of_run,
    )
