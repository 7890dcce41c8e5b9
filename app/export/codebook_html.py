"""The codebook as one page of HTML that stands by itself: no script, and nothing that is fetched."""

from app.export.codebook_document import Document, takes
from app.export.qdc import NOT_XML
from app.web.pages import environment


def html_page(document: Document) -> bytes:
    template = environment().get_template("export/codebook_document.html")
    dimensions = [
        (each, takes(each), list(document.parts(each)), document.put_away(each))
        for each in document.codebook.dimensions
    ]
    return NOT_XML.sub("", template.render(document=document, dimensions=dimensions)).encode()
