"""Figures as they stood when a round was closed."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study


class StoredFigures(Base):
    """The figures of a round at one closing of it, and what they were made of. Append-only: closing the round again
    stores further ones.

    formulas: which formulas they were made with, as `FORMULAS` counts them. inputs: canonical JSON, compressed;
    inputs_sha256: of the JSON before it was compressed.
    """

    __tablename__ = "stored_figures"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("member_id", "memberships"),
        within_study("codebook_version_id", "codebook_versions"),
        Index("ix_stored_figures_round", "study_id", "round_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    formulas: Mapped[int]
    tandem_version: Mapped[str] = mapped_column(Text)
    codebook_version_id: Mapped[int | None] = mapped_column(BigInteger)  # null: the live codebook
    codebook_seq: Mapped[int] = mapped_column(BigInteger)  # the newest at the closing
    inputs_sha256: Mapped[str] = mapped_column(Text)
    inputs: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    figures: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
