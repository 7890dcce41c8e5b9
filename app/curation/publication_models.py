"""Versions of the codebook at a link that others may read."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

MEMBERS, ANYBODY = "members", "anybody"
REACHES = (MEMBERS, ANYBODY)


class CodebookPublication(Base):
    """A version at a link, until it is revoked; of a version one stands at a time.

    token: what the link holds. It is no secret that opens an account, and the lead must be able to read the link again.
    reach: who may read it: members who are signed in, or anybody who has the link.
    at: what was disclosed to everybody by then is on it, so that the page stays as it was published.
    """

    __tablename__ = "codebook_publications"
    __table_args__ = owned_by_study(
        within_study("version_id", "codebook_versions"),
        within_study("member_id", "memberships"),
        within_study("revoked_by", "memberships"),
        Index(
            "uq_codebook_publications_standing",
            "study_id",
            "version_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        CheckConstraint("revoked_by IS NULL OR revoked_at IS NOT NULL", name="revoked"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[str] = mapped_column(Text, unique=True)
    reach: Mapped[str] = mapped_column(word("reach", *REACHES))
    quotes_examples: Mapped[bool]
    at: Mapped[Now]
    member_id: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[int | None] = mapped_column(BigInteger)
