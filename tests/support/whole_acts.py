"""Is every act on disk, and each of them whole? The acts are done again on paper and compared with the rows."""

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Any

import psycopg

ACTS = (
    "SELECT assignment_id, act_id::text AS act_id, after_act_id::text AS after_act_id, kind, payload, answer "
    "FROM acts WHERE study_id = %s ORDER BY id"
)
ANSWERS = "SELECT assignment_id, dimension_id, state FROM answers WHERE study_id = %s"
CODES = "SELECT assignment_id, dimension_id, code_id FROM code_applications WHERE study_id = %s"
QUOTES = (
    "SELECT e.assignment_id, a.dimension_id, a.code_id, e.start, e.end, e.quote FROM evidence e "
    "JOIN code_applications a ON a.id = e.code_application_id WHERE e.study_id = %s"
)
MEMOS = "SELECT assignment_id, text FROM memos WHERE study_id = %s"
WORK = "SELECT assignment_id, state, last_act_id::text FROM assignment_work WHERE study_id = %s"
EVENTS = "SELECT details->>'act_id', kind, count(*) FROM study_events WHERE study_id = %s AND details ? 'act_id' "
SUBMITTED = (
    "SELECT s.id, a.dimension_id, a.state, coalesce(c.code_id, 0), coalesce(q.quote, '') FROM submissions s "
    "LEFT JOIN submitted_answers a ON a.submission_id = s.id LEFT JOIN submitted_codes c ON c.answer_id = a.id "
    "LEFT JOIN submitted_evidence q ON q.submitted_code_id = c.id WHERE s.study_id = %s"
)
COINED = "SELECT id FROM codes WHERE study_id = %s AND created_in_round IS NOT NULL"


@dataclass
class Paper:
    """One assignment, worked out from its acts alone."""

    last_act_id: str | None = None
    state: str = "draft"
    memo: str | None = None
    states: dict[int, str] = field(default_factory=dict)
    codes: dict[int, dict[int, set[tuple[int, int, str]]]] = field(default_factory=lambda: defaultdict(dict))

    def do(self, kind: str, payload: dict[str, Any], answer: dict[str, Any], takes_one: Set[int]) -> None:
        dimension_id, code_id = answer.get("dimension_id", 0), answer.get("code_id", 0)
        applied = self.codes[dimension_id]
        if kind == "toggle_code" and code_id in applied:
            del applied[code_id]
            if not applied:
                self.states.pop(dimension_id)
        elif kind in ("toggle_code", "create_code", "add_evidence"):
            if dimension_id in takes_one and code_id not in applied:
                applied.clear()
            applied.setdefault(code_id, set())
            self.states[dimension_id] = "coded"
            if kind == "add_evidence":
                applied[code_id].add((payload["start"], payload["end"], payload["quote"]))
        elif kind == "answer":
            applied.clear()
            self.states[dimension_id] = payload["state"]
        elif kind == "write_memo":
            self.memo = payload["text"]
        elif kind in ("submit", "take_back"):
            self.state = "submitted" if kind == "submit" else "draft"
        else:
            raise AssertionError(f"nobody here does {kind}")

    def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        codes = {(dimension, code) for dimension, codes in self.codes.items() for code in codes}
        quotes = {
            (dimension, code, *quote)
            for dimension, codes in self.codes.items()
            for code, found in codes.items()
            for quote in found
        }
        memo = {(self.memo,)} if self.memo is not None else set()
        work = {(self.state, self.last_act_id)}
        return {"answers": set(self.states.items()), "codes": codes, "quotes": quotes, "memos": memo, "work": work}

    def handed_in(self) -> set[tuple[Any, ...]]:
        return {
            (dimension, state, code, quote)
            for dimension, state in self.states.items()
            for code in self.codes[dimension] or {0: set()}
            for quote in {said for _, _, said in self.codes[dimension].get(code, set())} or {""}
        }


def missing_acts(url: str, study_id: int, acknowledged: Iterable[str]) -> list[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT act_id::text FROM acts WHERE study_id = %s", [study_id])
        stored = {str(row[0]) for row in rows}
    return sorted(set(acknowledged) - stored)


def half_acts(url: str, study_id: int, takes_one: Set[int]) -> list[str]:
    """A sentence for each thing that the acts and the rows do not say alike."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        acts = connection.execute(ACTS, [study_id]).fetchall()
        papers: dict[int, Paper] = defaultdict(Paper)
        wrong: list[str] = []
        submitted: dict[int, set[tuple[Any, ...]]] = {}
        for assignment_id, act_id, after, kind, payload, answer in acts:
            paper = papers[assignment_id]
            if after != paper.last_act_id:
                wrong.append(f"act {act_id} stands on {after}, not on {paper.last_act_id}")
            paper.do(kind, payload, answer, takes_one)
            paper.last_act_id = act_id
            if kind == "submit":
                submitted[answer["submission_id"]] = paper.handed_in()
        wrong += _rows_that_differ(connection, study_id, papers)
        stored: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
        for submission_id, *row in connection.execute(SUBMITTED, [study_id]):
            stored[submission_id].add(tuple(row))
        if submitted != stored:
            wrong.append(f"submissions differ: {[each for each in stored if stored[each] != submitted.get(each)][:5]}")
        told = {each: f"coding.{kind}" for _, each, _, kind, _, _ in acts}
        events = connection.execute(EVENTS + "AND kind LIKE 'coding.%%' GROUP BY 1, 2", [study_id]).fetchall()
        if {each: kind for each, kind, _ in events} != told or any(count != 1 for _, _, count in events):
            wrong.append("an act has no event, or an event no act")
        coined = {answer["code_id"] for _, _, _, kind, _, answer in acts if kind == "create_code"}
        if {row[0] for row in connection.execute(COINED, [study_id])} != coined:
            wrong.append("a code was made without its act, or an act without its code")
    return wrong


def _rows_that_differ(connection: "psycopg.Connection[Any]", study_id: int, papers: dict[int, Paper]) -> list[str]:
    questions = {"answers": ANSWERS, "codes": CODES, "quotes": QUOTES, "memos": MEMOS, "work": WORK}
    wrong = []
    for what, question in questions.items():
        stored: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
        for assignment_id, *row in connection.execute(question, [study_id]):
            stored[assignment_id].add(tuple(row))
        for assignment_id in stored.keys() | papers.keys():
            on_paper = papers[assignment_id].rows()[what] if assignment_id in papers else set()
            if stored[assignment_id] != on_paper:
                wrong.append(f"{what} of assignment {assignment_id}: {stored[assignment_id]} instead of {on_paper}")
    return wrong
