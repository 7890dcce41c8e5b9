"""Pages of the quotes of a code: opened, beside another's, moved, split, left stale."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, create_code, edit_code
from app.codebook.queries import whole_codebook
from app.codebook.splitting import split_code
from app.codebook.tree import CodeEntry
from app.curation.move_page import move_page
from app.curation.quotes import QuoteReader, Wanted
from app.curation.recoding import MoveWords, move_quotes, open_quotes
from app.curation.split_actions import open_split
from app.curation.stale_actions import open_stale
from app.curation.stale_page import Span
from app.studies.viewer import Viewer

CAUSE = "Dependency failure"


def pages_of_quotes(session: Session, lead: Viewer, code: CodeEntry) -> dict[str, str]:
    """Of one code opened, with a recoding taken from another; of a third, nothing is opened yet."""
    codebook = whole_codebook(session, lead.study.id)
    beside = next(one for one in codebook.codes.values() if one.name == CAUSE)
    open_quotes(session, lead, [code.id, beside.id], Wanted())
    reader = QuoteReader(session, lead, codebook, code.dimension_id)
    ids = [quote.evidence_id for quote in reader.found(code.id, Wanted(), size=4).shown]
    seen = move_page(session, lead, code.id, ids[:1], None).seen_final_ids
    why = "The change was right; what it ran on was not there."
    move_quotes(session, lead, code.id, MoveWords(ids[:1], why, to_id=beside.id, seen_final_ids=seen))
    chosen = "&".join(f"quote={each}" for each in ids[1:])
    symptom = next(one for one in codebook.appliable(codebook.dimensions[0].id) if one.id != code.id)
    words = replace(CodeText.of(beside), use_when="A service of others was gone or slow, whatever made it so.")
    edit_code(session, lead.study.id, lead.member, beside.id, words, seen_seq=10**9, parent_id=beside.parent_id)
    storage = CodeText("Storage exhausted", "A disk, a queue or a table was full, and writes failed.")
    create_code(
        session, lead.study.id, lead.member, code.dimension_id, storage, origin="curation", parent_id=beside.parent_id
    )
    defect = next(one for one in codebook.codes.values() if one.name == "Code defect")
    parts = [
        CodeText("Logic error", "A statement computes what nobody meant."),
        CodeText("Missing case", "An input or state was not thought of."),
    ]
    split_code(session, lead.study.id, lead.member, defect.id, parts, reason="Two kinds with different remedies.")
    open_split(session, lead, defect.id)
    open_stale(session, lead, Span())
    return {
        "stale": "/codebook/stale",
        "split-code": f"/codebook/codes/{defect.id}",
        "split-left": f"/codebook/codes/{defect.id}/unresolved",
        "quotes": f"/codebook/codes/{code.id}/quotes",
        "quotes-beside": f"/codebook/codes/{beside.id}/quotes?beside={code.id}",
        "quotes-closed": f"/codebook/codes/{symptom.id}/quotes",
        "quotes-move": f"/codebook/codes/{code.id}/quotes/chosen?{chosen}",
    }
