"""Cells of tables that people open in a spreadsheet, which runs what begins like a formula."""

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(BEGINNINGS) else cell
