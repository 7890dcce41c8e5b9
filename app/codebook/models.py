"""Dimensions and codes, whose every property lives in revisions numbered by the study's codebook_seq."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word


class Dimension(Base):
    __tablename__ = "dimensions"
    __table_args__ = owned_by_study(within_study("created_by", "memberships"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    created_at: Mapped[Now]
    created_by: Mapped[int | None] = mapped_column(BigInteger)


class DimensionRevision(Base):
    __tablename__ = "dimension_revisions"
    __table_args__ = owned_by_study(
        within_study("dimension_id", "dimensions"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "dimension_id", "codebook_seq"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    name: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text, server_default="")
    takes: Mapped[str] = mapped_column(word("takes", "one", "many"))
    has_main: Mapped[bool] = mapped_column(server_default=text("false"))
    needs_evidence: Mapped[bool] = mapped_column(server_default=text("false"))
    openness: Mapped[str] = mapped_column(word("openness", "open", "closed"))
    position: Mapped[int]
    status: Mapped[str] = mapped_column(word("status", "active", "retired", "undone"), server_default="active")
    undoes_seq: Mapped[int | None] = mapped_column(BigInteger)


class Code(Base):
    """created_in_round: no foreign key, since rounds stand above; it says whose round the code was coined in.

    source: where the code comes from, as it was said when it was made; a revision may say otherwise.
    """

    __tablename__ = "codes"
    __table_args__ = owned_by_study(within_study("created_by", "memberships"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    created_at: Mapped[Now]
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_in_round: Mapped[int | None] = mapped_column(BigInteger, index=True)
    origin: Mapped[str] = mapped_column(word("origin", "a_priori", "coding", "suggestion", "curation", "import"))
    source: Mapped[str] = mapped_column(Text, server_default="")


class CodeRevision(Base):
    """How a code stood from one codebook_seq on.

    status: *split* when several new codes stand in its place, which name it as split_from_id; *undone* when its making
    was undone. undoes_seq: the act that this revision took back. source: None as long as nobody said another than the
    code was made with.
    """

    __tablename__ = "code_revisions"
    __table_args__ = owned_by_study(
        within_study("code_id", "codes"),
        within_study("dimension_id", "dimensions"),
        within_study("parent_id", "codes"),
        within_study("merged_into_id", "codes"),
        within_study("split_from_id", "codes"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "code_id", "codebook_seq"),
        CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into"),
        CheckConstraint("parent_id IS DISTINCT FROM code_id", name="not_its_own_parent"),
        CheckConstraint("split_from_id IS DISTINCT FROM code_id", name="not_split_from_itself"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    code_id: Mapped[int] = mapped_column(BigInteger)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(
        word(
            "kind",
            "created",
            "edited",
            "renamed",
            "moved",
            "merged",
            "split",
            "retired",
            "restored",
            "promoted",
            "demoted",
            "dimension_changed",
            "undone",
        )
    )
    reason: Mapped[str] = mapped_column(Text, server_default="")
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    is_category: Mapped[bool] = mapped_column(server_default=text("false"))  # groups codes, is not applied itself
    name: Mapped[str] = mapped_column(Text)
    short_definition: Mapped[str] = mapped_column(Text, server_default="")
    definition: Mapped[str] = mapped_column(Text, server_default="")
    use_when: Mapped[str] = mapped_column(Text, server_default="")
    not_when: Mapped[str] = mapped_column(Text, server_default="")
    examples: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))  # [{text, kind?, incident_id?}]
    synonyms: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))  # [word]
    source: Mapped[str | None] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text, server_default="")
    position: Mapped[float] = mapped_column(Double, server_default=text("0"))  # a move finds room between two others
    status: Mapped[str] = mapped_column(
        word("status", "active", "retired", "merged", "split", "undone"), server_default="active"
    )
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger)
    split_from_id: Mapped[int | None] = mapped_column(BigInteger)
    undoes_seq: Mapped[int | None] = mapped_column(BigInteger)


class CodeDisclosure(Base):
    """From when others than its author may see a code: its name only, or the whole of it. Append-only."""

    __tablename__ = "code_disclosures"
    __table_args__ = owned_by_study(
        within_study("code_id", "codes"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "code_id", "extent"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    code_id: Mapped[int] = mapped_column(BigInteger)
    extent: Mapped[str] = mapped_column(word("extent", "name", "whole"))
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)


class CodebookVersion(Base):
    """A named codebook_seq."""

    __tablename__ = "codebook_versions"
    __table_args__ = owned_by_study(within_study("member_id", "memberships"), UniqueConstraint("study_id", "name"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    notes: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)
