"""Incidents may come from workbooks.

Revision ID: 2026_11_26_21
Revises: 2026_11_26_20
"""

from alembic import op

revision = "2026_11_26_21"
down_revision = "2026_11_26_20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_imports_format"), "imports", type_="check")
    op.create_check_constraint(op.f("ck_imports_format"), "imports", "format IN ('csv', 'jsonl', 'xlsx', 'sample')")
