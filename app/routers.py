"""Every router, in the order in which addresses are tried."""

from fastapi import APIRouter

from app.accounts import account_routes, forgotten_routes, openid_routes
from app.accounts import routes as accounts
from app.adjudication import (
    case_law_routes,
    cell_routes,
    comparison_routes,
    final_routes,
    meeting_item_routes,
    meeting_routes,
    own_routes,
    queue_routes,
    ruling_routes,
    settling_routes,
    walk_routes,
)
from app.adjudication import routes as adjudication
from app.agreement import look_routes, stored_routes
from app.agreement import routes as agreement
from app.codebook import act_routes, code_routes, dimension_routes, history_routes, new_study
from app.codebook import import_routes as codebook_import_routes
from app.codebook import routes as codebook
from app.coding import change_routes, memo_routes, own_work_routes, round_pages
from app.coding import routes as coding
from app.curation import (
    help_routes,
    plan_routes,
    publication_routes,
    quote_routes,
    split_routes,
    stale_routes,
    undo_routes,
)
from app.curation import routes as curation
from app.export import deletion_routes, published_routes
from app.export import import_routes as study_import
from app.export import ledger_routes as ledger_exports
from app.export import routes as export
from app.findings import closing_routes
from app.findings import routes as findings
from app.incidents import import_routes
from app.incidents import routes as incidents
from app.ledger import endpoint_routes
from app.rounds import routes as rounds
from app.studies import member_routes, people_routes, settings_routes
from app.studies import routes as studies
from app.suggestions import comparison_routes as run_comparison_routes
from app.suggestions import (
    leaving_routes,
    ledger_routes,
    own_switches_routes,
    run_routes,
    template_routes,
    validity_routes,
)
from app.suggestions import routes as suggestions
from app.web import health, theme

# The desk is asked most, and each router before it costs a look at all of its addresses. Of the others new_study,
# code_routes, rounds and meeting_routes stand first: "new"
# or "meeting" in an address is no slug and no id.
ALL: list[APIRouter] = [
    coding.router,
    accounts.router,
    openid_routes.router,
    account_routes.router,
    forgotten_routes.router,
    people_routes.router,
    new_study.router,
    study_import.router,
    studies.router,
    member_routes.router,
    settings_routes.router,
    endpoint_routes.router,
    incidents.router,
    import_routes.router,
    codebook_import_routes.router,
    code_routes.router,
    act_routes.router,
    dimension_routes.router,
    history_routes.router,
    codebook.router,
    own_work_routes.router,
    memo_routes.router,
    rounds.router,
    round_pages.router,
    change_routes.router,
    agreement.router,
    stored_routes.router,
    cell_routes.router,
    look_routes.router,
    suggestions.router,
    validity_routes.router,
    own_switches_routes.router,
    run_comparison_routes.router,  # before the page of a run, whose address would take it in
    run_routes.router,
    template_routes.router,
    leaving_routes.router,
    ledger_routes.router,
    meeting_routes.router,
    meeting_item_routes.router,
    queue_routes.router,
    settling_routes.router,
    final_routes.router,
    adjudication.router,
    curation.router,
    quote_routes.router,
    split_routes.router,
    stale_routes.router,
    undo_routes.router,
    publication_routes.router,
    plan_routes.router,
    help_routes.router,
    ruling_routes.router,
    case_law_routes.router,
    own_routes.router,
    walk_routes.router,
    comparison_routes.router,
    export.router,
    ledger_exports.router,
    deletion_routes.router,
    published_routes.router,
    study_import.arrival_router,
    findings.router,
    closing_routes.router,
    theme.router,
    health.router,
]
