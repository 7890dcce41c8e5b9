"""The model's part of a study in its copy: read back, it equals the database row by row and column by column."""

import io
from uuid import uuid4
from zipfile import ZipFile

from sqlalchemy import inspect, select

from app.curation.help_actions import ask, reject_item
from app.curation.help_material import leaves, of_dimension
from app.export.deletion import take_copy
from app.export.suggestion_copy import FILES, rows_read
from app.ledger.models import ModelEndpoint
from app.studies.viewer import Viewer
from app.suggestions.batch_models import BatchLine, ModelBatch
from app.suggestions.models import SuggestionRun
from app.suggestions.prompt_templates import add_template
from app.suggestions.sources import SERVER, Source
from tests import makers
from tests.suggestions.conftest import Table, make_table, table

__all__ = ["table"]


def copied(lead: Viewer, session) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(take_copy(session, lead).content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_everything(table: Table) -> Table:
    table.ask("no json")
    table.ada_opens()
    table.ada_decides(table.of_cause(), "accept")
    table.ada_decides(table.of_symptom(), "reject", reason="Not so", cause="too_vague")
    table.session.add(
        ModelEndpoint(
            study_id=table.lead.study.id, name="Ours", base_url="https://x", model="small", key="sealed-secret",
            added_by=table.lead.member.id, input_price=1,
        )
    )  # fmt: skip
    add_template(table.session, table.lead, name="Ours", instructions="Say what failed first, and what followed.")
    a_batch(table)
    makers.move_round(table.session, table.lead, table.coding_round, "settling")
    asked_for_help(table)
    table.session.flush()
    return table


def a_batch(table: Table) -> None:
    """As one that ended: of the newest run, which had examples and could not read everything."""
    run = table.session.scalars(select(SuggestionRun).order_by(SuggestionRun.id.desc())).first()
    assert run is not None
    row = table.rows(run)[0]
    run.example_incident_ids, row.unread_dimension_ids, row.holder = [row.incident_id], [table.cause.id], uuid4()
    batch = ModelBatch(study_id=run.study_id, run_id=run.id, token=uuid4(), state="ended", dropped=["temperature"])
    table.session.add(batch)
    table.session.flush()
    place = {"run_incident_id": row.id, "model_batch_id": batch.id, "sample": 1, "attempt": 1, "begun_id": 1}
    table.session.add(BatchLine(study_id=run.study_id, custom_id="1-1-1", question='{"asks": "it"}', **place))


def asked_for_help(table: Table) -> None:
    kind, study_id = "near_duplicates", table.lead.study.id
    chosen = of_dimension(table.session, study_id, table.cause.id, kind)
    seen = leaves(table.session, study_id, chosen).fingerprint
    asked = ask(table.session, table.lead, chosen, Source(SERVER, "", "small"), seen=seen)
    asked.state, asked.proposal = "done", {"items": [{"code_ids": [1, 2], "reason": "Alike"}], "remarks": []}
    table.session.flush()
    reject_item(table.session, table.lead, asked.id, 0, reason="They differ")


def test_promise_11_every_row_of_the_model_reads_back_equal_but_for_the_keys(table: Table) -> None:
    with_everything(table)
    make_table(table.session, table.database).ask()  # of another study
    files = copied(table.lead, table.session)
    table.session.expire_all()

    for name, model in FILES.items():
        keys = [attribute.key for attribute in inspect(model).column_attrs]
        rows = table.session.scalars(select(model).where(model.study_id == table.lead.study.id).order_by(model.id))
        stored = [{key: getattr(row, key) for key in keys} for row in rows]
        if model is ModelEndpoint:
            stored = [row | {"key": ""} for row in stored]
        assert rows_read(name, files.get(name, b"")) == stored, name
    assert b"sealed-secret" not in b"".join(files.values()) and b"Not so" in files["suggestion-decisions.jsonl"]
    empty = {"codebook-versions.jsonl", "incident-exclusions.jsonl", "round-looks.jsonl", "settling-choices.jsonl"}
    assert set(FILES) - set(files) <= empty


def test_promise_3_the_copy_is_an_exposure_to_all_that_the_model_said(table: Table) -> None:
    with_everything(table)
    copied(table.lead, table.session)

    shown = {each.subject_id for each in table.exposures(table.lead) if each.kind == "suggestion" and each.subject_id}
    assert shown == {each.id for incident in table.incidents for each in table.suggestions(incident)}
