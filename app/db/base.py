"""The declarative base, and the column types that every room shares."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.schema import SchemaItem

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
BigInt = Annotated[int, mapped_column(BigInteger)]
UtcTime = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


def word(name: str, *words: str) -> Enum:
    """A text column that takes only these words (a CHECK, not a Postgres enum: words are added by migration)."""
    return Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def owned_by_study(*more: SchemaItem) -> tuple[Any, ...]:
    """Every study-owned table is unique by (study_id, id), so that others can point at it without leaving the study."""
    return (UniqueConstraint("study_id", "id"), *more)


def within_study(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key (study_id, column) to (study_id, id) of the table `target`: no row can point into another study."""
    return ForeignKeyConstraint(["study_id", column], [f"{target}.study_id", f"{target}.id"], ondelete=ondelete)


def now() -> datetime:
    return datetime.now(UTC)


def rows_of(model: type[Base]) -> Table:
    """The table of a model: for rows that are written often and that nobody needs as objects."""
    return cast(Table, model.__table__)
