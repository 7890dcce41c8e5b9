"""Answers that coders agree on only after they compared have a basis of their own; flags are opened, too.

Revision ID: 2026_11_27_29
Revises: 2026_11_26_28
"""

from alembic import op

revision = "2026_11_27_29"
down_revision = "2026_11_26_28"
branch_labels = None
depends_on = None

BASES = (
    "basis IN ('unanimous', 'unanimous_after_suggestion', 'unanimous_after_comparing', "
    "'discussed', 'third_person', 'majority', 'single_coder')"
)

KINDS = (
    "kind IN ('suggestion', 'colleague_code', 'comment', 'shared_memo', 'flag', 'ruling', 'final_code', 'declared')"
)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_final_codes_basis"), "final_codes", type_="check")
    op.create_check_constraint(op.f("ck_final_codes_basis"), "final_codes", BASES)
    op.drop_constraint(op.f("ck_exposures_kind"), "exposures", type_="check")
    op.create_check_constraint(op.f("ck_exposures_kind"), "exposures", KINDS)
