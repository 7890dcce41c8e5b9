"""The codebook in every form in which it leaves. Pure: the same codebook gives the same bytes."""

from collections.abc import Callable

from app.codebook.tree import Codebook
from app.export.codebook_document import Document
from app.export.codebook_formats import FORMATS
from app.export.codebook_html import html_page
from app.export.codebook_latex import latex_document
from app.export.codebook_markdown import markdown_text
from app.export.codebook_tables import csv_table, json_document, xlsx_workbook
from app.export.qdc import qdc_file
from app.export.writing import ExportFile

__all__ = ["FORMATS", "codebook_file"]

WRITERS: dict[str, Callable[[Document], bytes]] = {
    "csv": csv_table,
    "xlsx": xlsx_workbook,
    "json": json_document,
    "qdc": lambda document: qdc_file(document.codebook, document.slug, _remarks(document)),
    "markdown": markdown_text,
    "latex": latex_document,
    "html": html_page,
}


def _remarks(document: Document) -> list[str]:
    return [f"{document.heading}. {document.standing}", *(f"Not in this file: {each}." for each in document.missing)]


def codebook_file(codebook: Codebook, *, slug: str, title: str, version: str, format: str) -> ExportFile:
    """version: the name under which the file goes, e.g. 'v3' or 'live'."""
    form = FORMATS[format]
    content = WRITERS[format](Document(codebook, form, slug, title, version))
    return ExportFile(f"{slug}-codebook-{version}.{form.ending}", form.media_type, content)
