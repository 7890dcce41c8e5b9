"""The table of who may do what: every route, and the roles that may use it. See test_who_may.py."""

LEAD = {"lead"}
RULING = LEAD | {"adjudicator"}
CODING = RULING | {"coder"}
MEMBERS = CODING | {"reader"}
SIGNED_IN = MEMBERS | {"stranger", "owner of the instance"}
ANYBODY = SIGNED_IN | {"nobody"}
OWNER = {"owner of the instance"}
OWN = {"coder"}  # the assignment of the walk is the coder's
ABSENT: set[str] = set()  # as this Tandem is set up
HOLDERS: set[str] = set()  # only who holds the link: a guessed one is nobody's, whoever asks

S = "/studies/{slug}"
ASSIGNMENT = S + "/assignments/{assignment_id}"
COMPARISON = ASSIGNMENT + "/comparison"
DISAGREEMENT = S + "/disagreements/{number}/{incident_id}/{dimension_id}"
MEETING = S + "/disagreements/{number}/meeting"
MEETING_ITEM = MEETING + "/items/{item_id}"
FINAL = S + "/final-codes/{incident_id}/{dimension_id}"
MEMBER = S + "/members/{member_id}"
CODE = S + "/codebook/codes/{code_id}"
QUOTES = CODE + "/quotes"
STALE = S + "/codebook/stale"
RECODING = S + "/codebook/recodings/{recoding_id}"
DIMENSION = S + "/codebook/dimensions/{dimension_id}"
IMPORT = S + "/imports/{import_id}"
MEMO = S + "/memos/{memo_id}"
OUTCOMES = S + "/rounds/{number}/my-outcomes"
DECISION = S + "/codebook/case-law/{rule_id}/decisions"
RUNS = S + "/rounds/{number}/suggestions"
POOLING = S + "/rounds/{number}/pooling"
LOOKS = S + "/rounds/{number}/looks"
BOARD = POOLING + "/{dimension_id}"
HELP = S + "/codebook/help"
HELP_OF_DIMENSION = HELP + "/dimensions/{dimension_id}"
HELP_OF_CODE = HELP + "/codes/{code_id}"
ONE_HELP = HELP + "/{help_id}"
MODELS = S + "/settings/models"
MODEL = MODELS + "/{endpoint_id}"
PLANS = S + "/codebook/plans"
PLAN = PLANS + "/{plan_id}"  # the lead's, shared before any round ran that runs now

MAY = {
    ("GET", "/sign-in"): ANYBODY,
    ("POST", "/sign-in"): ANYBODY,
    ("POST", "/sign-out"): ANYBODY,
    ("GET", "/sign-in/openid"): ABSENT,  # without a provider there is no such page: tests/accounts/test_openid.py
    ("GET", "/sign-in/openid/back"): ABSENT,
    ("GET", "/first-owner/{token}"): HOLDERS,
    ("POST", "/first-owner/{token}"): HOLDERS,
    ("GET", "/sign-in-links/{token}"): HOLDERS,
    ("POST", "/sign-in-links/{token}"): HOLDERS,
    ("GET", "/invitations/{token}"): HOLDERS,
    ("POST", "/invitations/{token}"): HOLDERS,
    ("GET", "/password-links/{token}"): HOLDERS,
    ("POST", "/password-links/{token}"): HOLDERS,
    ("GET", "/forgotten-password"): ANYBODY,
    ("POST", "/forgotten-password"): ANYBODY,
    ("GET", "/account"): SIGNED_IN,
    ("POST", "/account/name"): SIGNED_IN,
    ("POST", "/account/password"): SIGNED_IN,
    ("POST", "/account/sign-ins/others/end"): SIGNED_IN,
    ("POST", "/account/sign-ins/{sign_in_id}/end"): OWN,
    ("GET", "/people"): OWNER,
    ("POST", "/people/{person_id}/password-link"): OWNER,
    ("POST", "/people/{person_id}/deactivation"): OWNER,
    ("POST", "/people/{person_id}/reactivation"): OWNER,
    ("GET", "/"): SIGNED_IN,
    ("GET", "/studies/new"): SIGNED_IN,
    ("GET", "/studies/new/short-name"): SIGNED_IN,
    ("POST", "/studies/new"): SIGNED_IN,
    ("GET", "/studies/new/from-file"): SIGNED_IN,
    ("POST", "/studies/new/from-file"): SIGNED_IN,
    ("POST", "/theme"): ANYBODY,
    ("GET", "/healthz"): ANYBODY,
    ("GET", "/readyz"): ANYBODY,
    ("GET", "/metrics"): HOLDERS,  # of the token for metrics
    ("GET", S): MEMBERS,
    ("GET", S + "/"): MEMBERS,
    ("GET", S + "/history"): MEMBERS,
    ("GET", S + "/members"): MEMBERS,
    ("POST", S + "/members"): LEAD,
    ("GET", MEMBER): LEAD,
    ("POST", MEMBER + "/role"): LEAD,
    ("POST", MEMBER + "/departure"): LEAD,
    ("POST", MEMBER + "/return"): LEAD,
    ("POST", MEMBER + "/password-link"): LEAD,
    ("POST", MEMBER + "/invitation"): LEAD,
    ("POST", MEMBER + "/invitation/revocation"): LEAD,
    ("POST", MEMBER + "/person"): LEAD,
    ("GET", S + "/settings"): LEAD,
    ("GET", S + "/settings/leaving"): LEAD,
    ("POST", S + "/settings/leaving"): LEAD,
    ("POST", S + "/settings"): LEAD,
    ("GET", MODELS): LEAD,
    ("POST", MODELS): LEAD,
    ("GET", MODELS + "/new"): LEAD,
    ("POST", MODELS + "/trials"): LEAD,
    ("POST", MODELS + "/own/tests"): LEAD,
    ("GET", MODEL): LEAD,
    ("POST", MODEL): LEAD,
    ("POST", MODEL + "/trials"): LEAD,
    ("POST", MODEL + "/tests"): LEAD,
    ("POST", MODEL + "/retirement"): LEAD,
    ("GET", S + "/incidents"): MEMBERS,
    ("GET", S + "/incidents/{incident_id}"): MEMBERS,
    ("POST", S + "/incidents/{incident_id}/exclusion"): LEAD,
    ("POST", S + "/incidents/{incident_id}/inclusion"): LEAD,
    ("GET", S + "/imports/new"): LEAD,
    ("POST", S + "/imports"): LEAD,
    ("GET", IMPORT): LEAD,
    ("POST", IMPORT + "/mapping"): LEAD,
    ("POST", IMPORT + "/rows"): LEAD,
    ("GET", IMPORT + "/refused.csv"): LEAD,
    ("GET", S + "/codebook"): MEMBERS,
    ("GET", S + "/codebook/tree"): MEMBERS,
    ("GET", CODE): MEMBERS,
    ("GET", S + "/codebook/codes/new"): LEAD,
    ("POST", S + "/codebook/codes"): LEAD,
    ("GET", CODE + "/revisions/new"): LEAD,
    ("POST", CODE + "/revisions"): LEAD,
    ("GET", CODE + "/mergers/new"): LEAD,
    ("POST", CODE + "/mergers"): LEAD,
    ("GET", CODE + "/retirement/new"): LEAD,
    ("POST", CODE + "/retirement"): LEAD,
    ("GET", CODE + "/restoration/new"): LEAD,
    ("POST", CODE + "/restoration"): LEAD,
    ("GET", QUOTES): MEMBERS,
    ("POST", QUOTES + "/openings"): MEMBERS,
    ("GET", QUOTES + "/chosen"): RULING,
    ("POST", CODE + "/recodings"): RULING,
    ("GET", CODE + "/unresolved"): RULING,
    ("POST", CODE + "/unresolved/openings"): RULING,
    ("POST", CODE + "/unresolved/recodings"): RULING,
    ("POST", RECODING + "/return"): RULING,
    ("GET", S + "/codebook/imports/new"): LEAD,
    ("POST", S + "/codebook/imports"): LEAD,
    ("POST", S + "/codebook/imports/preview"): LEAD,
    ("POST", S + "/codebook/imports/codes"): LEAD,
    ("GET", S + "/codebook/imports/{seq}"): MEMBERS,
    ("GET", STALE): LEAD,
    ("GET", STALE + "/waiting"): LEAD,
    ("POST", STALE + "/openings"): LEAD,
    ("POST", STALE + "/rounds"): LEAD,
    ("GET", CODE + "/moves/new"): LEAD,
    ("POST", CODE + "/moves"): LEAD,
    ("GET", CODE + "/splits/new"): LEAD,
    ("POST", CODE + "/splits"): LEAD,
    ("GET", CODE + "/dimension/new"): LEAD,
    ("POST", CODE + "/dimension"): LEAD,
    ("GET", CODE + "/promotion/new"): LEAD,
    ("POST", CODE + "/promotion"): LEAD,
    ("GET", CODE + "/examples/new"): LEAD,
    ("POST", CODE + "/examples"): LEAD,
    ("GET", S + "/codebook/undoings/new"): LEAD,
    ("POST", S + "/codebook/undoings"): LEAD,
    ("GET", S + "/codebook/dimensions"): MEMBERS,
    ("POST", S + "/codebook/dimensions"): LEAD,
    ("GET", DIMENSION): LEAD,
    ("POST", DIMENSION + "/revisions"): LEAD,
    ("POST", DIMENSION + "/moves"): LEAD,
    ("POST", DIMENSION + "/retirement"): LEAD,
    ("POST", S + "/codebook/versions"): LEAD,
    ("GET", S + "/codebook/versions/{version_id}"): MEMBERS,
    ("POST", S + "/codebook/versions/{version_id}/publication"): LEAD,
    ("POST", S + "/codebook/publications/{publication_id}/revocation"): LEAD,
    ("GET", "/published/{token}"): HOLDERS,
    ("POST", "/published/{token}/file"): HOLDERS,
    ("GET", S + "/codebook/history"): MEMBERS,
    ("POST", S + "/codebook/history/file"): MEMBERS,
    ("GET", S + "/codebook/difference"): MEMBERS,
    ("GET", S + "/coding"): CODING,
    ("GET", S + "/coding/mine"): CODING,
    ("GET", ASSIGNMENT + "/earlier-quotes"): OWN,
    ("GET", S + "/memos"): MEMBERS,
    ("POST", S + "/memos"): CODING,
    ("GET", S + "/memos/about"): MEMBERS,
    ("POST", S + "/memos/openings"): MEMBERS,
    ("GET", MEMO): OWN,
    ("POST", MEMO): OWN,
    ("POST", MEMO + "/removal"): OWN,
    ("GET", ASSIGNMENT): OWN,
    ("POST", ASSIGNMENT + "/acts"): OWN,
    ("GET", COMPARISON): OWN,
    ("POST", COMPARISON + "/openings"): OWN,
    ("GET", ASSIGNMENT + "/suggestions"): OWN,
    ("POST", ASSIGNMENT + "/suggestions/openings"): OWN,
    ("POST", ASSIGNMENT + "/suggestions/acceptances"): OWN,
    ("POST", ASSIGNMENT + "/suggestions/{suggestion_id}/decisions"): OWN,
    ("GET", S + "/rounds"): MEMBERS,
    ("GET", S + "/rounds/{number}"): MEMBERS,
    ("GET", S + "/rounds/new"): LEAD,
    ("POST", S + "/rounds"): LEAD,
    ("POST", S + "/rounds/pilot"): LEAD,
    ("POST", S + "/rounds/preview"): LEAD,
    ("POST", S + "/rounds/{number}/phases"): LEAD,
    ("GET", S + "/rounds/{number}/coders"): MEMBERS,
    ("POST", S + "/rounds/{number}/coders"): LEAD,
    ("POST", S + "/rounds/{number}/departures"): LEAD,
    ("POST", S + "/rounds/{number}/reassignments"): LEAD,
    ("POST", S + "/rounds/{number}/incidents"): LEAD,
    ("POST", S + "/rounds/{number}/intake"): LEAD,
    ("POST", S + "/rounds/{number}/arrivals"): LEAD,
    ("GET", RUNS): LEAD,
    ("POST", RUNS): LEAD,
    ("POST", RUNS + "/{run_id}/resumption"): LEAD,
    ("POST", RUNS + "/openings"): LEAD,
    ("GET", RUNS + "/progress"): LEAD,
    ("GET", POOLING): MEMBERS,
    ("GET", POOLING + "/waiting"): MEMBERS,
    ("GET", BOARD): MEMBERS,
    ("GET", BOARD + "/board"): MEMBERS,
    ("GET", BOARD + "/pen"): MEMBERS,
    ("POST", BOARD + "/pen"): CODING,  # coders of the round; of others: tests/curation
    ("POST", BOARD + "/pen/rest"): CODING,
    ("POST", BOARD + "/openings"): MEMBERS,
    ("POST", BOARD + "/authors"): MEMBERS,
    ("POST", BOARD + "/groups"): CODING,
    ("POST", BOARD + "/groups/{group_id}/wording"): CODING,
    ("POST", BOARD + "/groups/{group_id}/dissolution"): CODING,
    ("POST", BOARD + "/groups/{group_id}/settlement"): CODING,
    ("GET", HELP): LEAD,
    ("GET", HELP_OF_DIMENSION): LEAD,
    ("POST", HELP_OF_DIMENSION + "/requests"): LEAD,
    ("POST", HELP_OF_DIMENSION + "/plans"): LEAD,
    ("GET", HELP_OF_CODE): LEAD,
    ("POST", HELP_OF_CODE + "/openings"): LEAD,
    ("POST", HELP_OF_CODE + "/requests"): LEAD,
    ("GET", ONE_HELP): LEAD,
    ("POST", ONE_HELP + "/openings"): LEAD,
    ("POST", ONE_HELP + "/resumption"): LEAD,
    ("POST", ONE_HELP + "/plans"): LEAD,
    ("POST", ONE_HELP + "/rejections"): LEAD,
    ("POST", ONE_HELP + "/revision"): LEAD,
    ("GET", PLANS): MEMBERS,
    ("POST", PLANS): CODING,
    ("GET", PLAN): MEMBERS,
    ("GET", PLAN + "/near-duplicates"): MEMBERS,
    ("POST", PLAN + "/steps"): LEAD,  # or who made it; of them and of private ones: tests/curation/test_plans.py
    ("POST", PLAN + "/steps/{step_id}/removal"): LEAD,
    ("POST", PLAN + "/steps/{step_id}/moves"): LEAD,
    ("POST", PLAN + "/steps/{step_id}/definition"): LEAD,
    ("POST", PLAN + "/sharing"): LEAD,
    ("POST", PLAN + "/comments"): CODING,
    ("POST", PLAN + "/application"): LEAD,
    ("POST", PLAN + "/dropping"): LEAD,
    ("GET", S + "/agreement"): MEMBERS,
    ("GET", S + "/agreement/table.csv"): MEMBERS,
    ("GET", S + "/agreement/{number}/stored"): MEMBERS,
    ("POST", S + "/agreement/{number}/stored/file"): MEMBERS,
    ("GET", S + "/agreement/incidents"): MEMBERS,
    ("POST", S + "/agreement/incidents/openings"): MEMBERS,
    ("POST", LOOKS): LEAD,  # one who does not code in the round
    ("POST", LOOKS + "/permission"): LEAD,
    ("GET", LOOKS + "/{look_id}"): LEAD,  # the look is the lead's
    ("GET", S + "/disagreements"): MEMBERS,
    ("GET", DISAGREEMENT): MEMBERS,
    ("POST", DISAGREEMENT + "/openings"): MEMBERS,
    ("POST", S + "/disagreements/{number}/flags/openings"): MEMBERS,
    ("POST", S + "/disagreements/{number}/openings"): MEMBERS,
    ("POST", DISAGREEMENT + "/rulings"): RULING,
    ("POST", DISAGREEMENT + "/confirmations"): RULING,  # where it is drawn: tests/adjudication/test_audits.py
    ("GET", S + "/final-codes"): MEMBERS,
    ("POST", S + "/final-codes/openings"): MEMBERS,
    ("POST", FINAL + "/openings"): MEMBERS,  # where something is final
    ("GET", S + "/rounds/{number}/settling"): LEAD,
    ("POST", S + "/rounds/{number}/settling"): LEAD,
    ("POST", DISAGREEMENT + "/comments"): CODING,
    ("GET", MEETING): MEMBERS,
    ("GET", MEETING + "/waiting"): MEMBERS,
    ("GET", MEETING + "/state"): MEMBERS,
    ("POST", MEETING + "s"): RULING,
    ("POST", MEETING + "/presence"): CODING,
    ("POST", MEETING + "/departure"): CODING,
    ("POST", MEETING + "/scribe"): RULING,  # of those the one who is it: tests/adjudication/test_meeting.py
    ("POST", MEETING + "/ending"): RULING,
    ("POST", MEETING + "/items"): RULING,
    ("POST", MEETING_ITEM + "/openings"): CODING,
    ("POST", MEETING_ITEM + "/votes"): CODING,
    ("POST", MEETING_ITEM + "/names"): CODING,
    ("POST", MEETING_ITEM + "/reveal"): RULING,
    ("POST", MEETING_ITEM + "/ballots"): RULING,
    ("POST", MEETING_ITEM + "/parking"): RULING,
    ("POST", MEETING_ITEM + "/adoption"): RULING,
    ("POST", MEETING_ITEM + "/rulings"): RULING,
    ("GET", MEETING + "s/{meeting_id}"): MEMBERS,
    ("POST", MEETING + "s/{meeting_id}/openings"): MEMBERS,
    ("POST", DISAGREEMENT + "/names"): MEMBERS,
    ("POST", DISAGREEMENT + "/rulings/{ruling_id}/return"): RULING,
    ("GET", S + "/mentions"): MEMBERS,
    ("POST", S + "/mentions/openings"): MEMBERS,
    ("GET", S + "/overruled"): MEMBERS,
    ("GET", S + "/agreement-with-final"): MEMBERS,
    ("GET", S + "/codebook/case-law"): MEMBERS,
    ("GET", CODE + "/case-law"): MEMBERS,
    ("POST", S + "/codebook/case-law/openings"): MEMBERS,
    ("POST", DECISION): LEAD,
    ("GET", OUTCOMES): OWN,
    ("POST", OUTCOMES + "/openings"): OWN,
    ("GET", OUTCOMES + "/{incident_id}/{dimension_id}"): OWN,
    ("POST", OUTCOMES + "/{incident_id}/{dimension_id}/openings"): OWN,
    ("GET", S + "/export"): MEMBERS,
    ("POST", S + "/export/codebook"): MEMBERS,
    ("POST", S + "/export/dataset"): MEMBERS,
    ("POST", S + "/export/study"): MEMBERS,
    ("GET", S + "/arrival"): MEMBERS,
    ("GET", S + "/closing"): LEAD,
    ("POST", S + "/closing"): LEAD,
    ("POST", S + "/closing/reopening"): LEAD,
    ("GET", S + "/deletion"): LEAD,
    ("POST", S + "/deletion/copy"): LEAD,
    ("POST", S + "/deletion"): LEAD,
}
STREAM = (
    RUNS + "/progress"
)  # a test client waits for its end; who may follow it: tests/suggestions/test_over_the_wire.py
AFTER_CODING = ("/disagreements", "/final-codes", "/agreement", "/pooling", "/export", "/codebook/plans")
AFTER_CLOSING = ("/my-outcomes", "/stored")


def phase_for(path: str) -> str:
    if any(part in path for part in AFTER_CLOSING):
        return "closed"
    return "settling" if any(part in path for part in AFTER_CODING) else "running"
