"""Draft plans for the codebook: steps in order, what members say to them, and how a plan ended."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

SHARINGS = ("private", "shared")
STEP_KINDS = ("merge", "take_out", "roll_up")
ENDINGS = ("applied", "dropped")


class CodebookPlan(Base):
    """Changes nothing in the codebook until it is applied; its row lock orders what is done to it.

    revision: counts every change of its steps, so that nobody applies what they did not see. changed_at: when its steps
    or words were last changed. applied_seq: the codebook_seq that stood when it had been applied.
    """

    __tablename__ = "codebook_plans"
    __table_args__ = owned_by_study(
        within_study("created_by", "memberships"),
        within_study("ended_by", "memberships"),
        CheckConstraint("(ending IS NULL) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(ending = 'applied') = (applied_seq IS NOT NULL)", name="applied"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Now]
    changed_at: Mapped[Now]
    name: Mapped[str] = mapped_column(Text)
    sharing: Mapped[str] = mapped_column(word("sharing", *SHARINGS), server_default="private")
    revision: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    ending: Mapped[str | None] = mapped_column(word("ending", *ENDINGS))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[int | None] = mapped_column(BigInteger)
    ending_reason: Mapped[str] = mapped_column(Text, server_default="")
    applied_seq: Mapped[int | None] = mapped_column(BigInteger)


class CodebookPlanStep(Base):
    """into: a code of the codebook, or the new one of an earlier step; or else the step makes a new one called `name`.

    definition: of the new one. help_id, help_item: the item of a model's proposal that the step was taken from.
    codebook_seq: the codebook for which the step was drafted. made_code_id: what its new one became in the codebook.
    """

    __tablename__ = "codebook_plan_steps"
    __table_args__ = owned_by_study(
        within_study("plan_id", "codebook_plans"),
        within_study("dimension_id", "dimensions"),
        within_study("into_code_id", "codes"),
        within_study("into_step_id", "codebook_plan_steps"),
        within_study("made_code_id", "codes"),
        within_study("member_id", "memberships"),
        within_study("help_id", "codebook_help"),
        CheckConstraint("(help_id IS NULL) = (help_item IS NULL)", name="from_one_item"),
        CheckConstraint("definition = '' OR name <> ''", name="defines_what_it_makes"),
        CheckConstraint(
            "num_nonnulls(into_code_id, into_step_id, nullif(name, '')) = CASE kind WHEN 'take_out' THEN 0 ELSE 1 END",
            name="into_one",
        ),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    plan_id: Mapped[int] = mapped_column(BigInteger, index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(word("kind", *STEP_KINDS))
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    into_code_id: Mapped[int | None] = mapped_column(BigInteger)
    into_step_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text, server_default="")
    definition: Mapped[str] = mapped_column(Text, server_default="")
    help_id: Mapped[int | None] = mapped_column(BigInteger)
    help_item: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    made_code_id: Mapped[int | None] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class CodebookPlanStepCode(Base):
    """What a step merges, takes out or puts under something: a code, or the new one of an earlier step."""

    __tablename__ = "codebook_plan_step_codes"
    __table_args__ = owned_by_study(
        within_study("step_id", "codebook_plan_steps"),
        within_study("code_id", "codes"),
        within_study("from_step_id", "codebook_plan_steps"),
        CheckConstraint("num_nonnulls(code_id, from_step_id) = 1", name="one_code"),
        UniqueConstraint("study_id", "step_id", "place"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    step_id: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int]
    code_id: Mapped[int | None] = mapped_column(BigInteger)
    from_step_id: Mapped[int | None] = mapped_column(BigInteger)


class CodebookPlanComment(Base):
    __tablename__ = "codebook_plan_comments"
    __table_args__ = owned_by_study(
        within_study("plan_id", "codebook_plans"),
        within_study("member_id", "memberships"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    plan_id: Mapped[int] = mapped_column(BigInteger, index=True)
    member_id: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]
