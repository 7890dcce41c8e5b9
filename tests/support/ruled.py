"""A round of its own that is past its coding, with a ruling of the adjudicator's that proposes a rule."""

from sqlalchemy.orm import Session

from app.adjudication import actions
from app.adjudication.actions import RulingWords
from app.adjudication.rule_lines import RuleWords
from app.adjudication.ruling_models import RulingRule
from app.codebook.queries import current_seq
from tests.makers import assignment_of, code_and_submit, make_code, make_dimension, make_round
from tests.support.scenes import Scene


def make_ruled(session: Session, scene: Scene) -> dict[str, object]:
    """What an address of it takes."""
    judge = scene.everybody["adjudicator"]
    coders = [scene.everybody["coder 0"], scene.everybody["coder 1"]]
    dimension = make_dimension(session, scene.lead, "Mitigation")
    codes = [make_code(session, scene.lead, dimension, name) for name in ("Rolled back", "Restarted")]
    coding_round = make_round(session, scene.lead, coders, scene.incidents[:1], name="Ruled on")
    for coder, code in zip(coders, codes, strict=True):
        code_and_submit(session, coder, assignment_of(session, coder, coding_round), {dimension.id: [code]})
    actions.change_phase(session, scene.lead, coding_round.number, "settling")
    place = (scene.incidents[0].id, dimension.id)
    actions.open_answers(session, judge, coding_round, *place)
    rule = RuleWords(
        codes[0].id, "use_when", "A version was taken back.", None, current_seq(session, scene.lead.study.id)
    )
    words = RulingWords("coded", "definition_gap", "It was taken back.", [codes[0].id], rule=rule)
    ruling = actions.rule(session, judge, coding_round, *place, words)
    [drafted] = session.query(RulingRule).filter_by(ruling_id=ruling.id)
    return {
        "number": coding_round.number,
        "incident_id": place[0],
        "dimension_id": place[1],
        "ruling_id": ruling.id,
        "rule_id": drafted.id,
    }
