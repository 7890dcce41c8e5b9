"""The vote form: what was chosen, and what is wrong with it."""

from dataclasses import dataclass, field

from app.adjudication import policy
from app.adjudication.forms import RulingForm
from app.adjudication.meeting_models import ABSTAINS
from app.adjudication.meeting_policy import SeenVote, VoteWords
from app.coding.models import ANSWER_STATES
from app.problems import Invalid
from app.web.forms import Posted, whole_number

WITHOUT_CODES = (*ANSWER_STATES[1:], ABSTAINS)
VOTE_WORDS = {
    "coded": "Coded",
    "none_applies": "None applies",
    "not_enough_information": "Not enough information",
    ABSTAINS: "Abstained",
}
OUTCOME_WORDS = {
    "ruled": "Ruled",
    "parked": "Parked for later",
    "ruled_outside": "Ruled outside the meeting",
    "unfinished": "Left unfinished",
    "": "At hand",
}
ENDING_WORDS = {
    "ended": "ended by the scribe",
    "emptied": "ended when the last one left",
    "round_moved": "ended as the round went on to another phase",
    "": "under way",
}
SCRIBE_WORDS = {
    "began": "started the meeting",
    "handed_over": "was handed the role",
    "taken_over": "took the role over",
    "taken_up": "took up the role",
}


@dataclass
class VoteForm:
    """answers: ids of codes, or one of the other answers. seen: the vote as the page showed it."""

    answers: set[str] = field(default_factory=set)
    seen: SeenVote = field(default_factory=SeenVote)
    problem: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "VoteForm":
        """instead: a button that votes for no code, whatever is ticked."""
        instead = posted.text("instead")
        form = cls(
            answers={instead} if instead else {answer for answer in posted.many("answer") if answer},
            seen=SeenVote(posted.number("ballot_id"), posted.text("saw_revealed") == "yes"),
        )
        if not form.answers or any(_is_unknown(answer) for answer in form.answers):
            form.refuse(policy.NoAnswer())
        elif len(form.answers) > 1 and form.answers & set(WITHOUT_CODES):
            form.refuse(policy.CodesOrState())
        return form

    @property
    def words(self) -> VoteWords:
        states = [answer for answer in self.answers if answer in WITHOUT_CODES]
        codes = sorted(int(answer) for answer in self.answers if answer not in WITHOUT_CODES)
        return VoteWords(states[0] if states else "coded", tuple(codes))

    def refuse(self, problem: Invalid) -> None:
        self.problem = problem.sentence


def with_majority(form: RulingForm, words: VoteWords) -> RulingForm:
    """The ruling as typed so far, with the answer of the majority. What is missing is not said before it is sent."""
    form.answers = [str(code_id) for code_id in words.code_ids] or [words.state]
    if form.main not in form.answers:
        form.main = ""
    form.problems = {}
    return form


def _is_unknown(answer: str) -> bool:
    return answer not in WITHOUT_CODES and whole_number(answer) is None
