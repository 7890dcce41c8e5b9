"""The desk as its HTML says it: what a simulated coder can press there, and on what the next act stands."""

import random
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

SELDOM = 0.08
SOMETIMES = 0.3


@dataclass(frozen=True)
class DimensionSeen:
    dimension_id: str
    codes: tuple[str, ...]  # ids
    is_open: bool


@dataclass
class DeskSeen:
    """forms: by kind, the hidden fields of the first form of that kind."""

    path: str
    member: str
    last_act_id: str
    words: list[str]
    dimensions: list[DimensionSeen]
    forms: dict[str, dict[str, str]]
    known_paths: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: str, html: str) -> "DeskSeen":
        page = LexborHTMLParser(html)
        forms: dict[str, dict[str, str]] = {}
        for form in page.css("form[data-act]"):
            forms.setdefault(form.attributes["data-act"] or "", _hidden(form))
        bench, answers, text = (page.css_first(each) for each in ("[data-acts-of]", "#answers", "#incident-text p"))
        assert bench is not None and answers is not None and text is not None, html[:500]
        paths = [link.attributes["href"] or "" for link in page.css(".steps a[href]")]
        return cls(
            path=path,
            member=bench.attributes["data-acts-of"] or "",
            last_act_id=answers.attributes["data-last-act"] or "",
            words=text.text().split(),
            dimensions=[_dimension(article) for article in page.css("article[data-dimension]")],
            forms=forms,
            known_paths=[each.partition("?")[0] for each in paths] or [path],
        )

    @property
    def is_handed_in(self) -> bool:
        return "take_back" in self.forms

    def form(self, kind: str) -> dict[str, str]:
        return {"kind": kind, "member": self.member} | {
            name: value for name, value in self.forms[kind].items() if name not in ("act_id", "after_act_id", "tab")
        }

    def a_coding(self, chance: random.Random, *, coins: str, coin_share: float = SELDOM) -> list[dict[str, str]]:
        """Acts that answer every dimension, some with a quote, some with a new code, some with a memo."""
        acts = []
        for dimension in self.dimensions:
            acts += self._an_answer(dimension, chance, f"{coins} {dimension.dimension_id}", coin_share)
        if chance.random() < SOMETIMES:
            memo = {"kind": "write_memo", "text": f"Seen: {' '.join(chance.sample(self.words, 3))}"}
            acts.append({**memo, "member": self.member, "sharing": "shared"})
        return acts

    def _an_answer(
        self, dimension: DimensionSeen, chance: random.Random, coins: str, coin_share: float
    ) -> list[dict[str, str]]:
        of = {"member": self.member, "dimension_id": dimension.dimension_id}
        if chance.random() < SELDOM:
            return [{**of, "kind": "answer", "state": chance.choice(["none_applies", "not_enough_information"])}]
        if dimension.is_open and chance.random() < coin_share:
            return [{**of, "kind": "create_code", "name": f"Coined by {coins}", "definition": "Said here first."}]
        code = chance.choice(dimension.codes)
        acts = [{**of, "kind": "toggle_code", "code_id": code}]
        if chance.random() < SOMETIMES:
            begins = chance.randrange(len(self.words) - 3)
            quote = " ".join(self.words[begins : begins + 3])
            acts.append({**of, "kind": "add_evidence", "code_id": code, "quote": quote})
        return acts


def _hidden(form: LexborNode) -> dict[str, str]:
    fields = [each.attributes for each in form.css("input[type=hidden]")]
    return {each["name"] or "": each.get("value") or "" for each in fields}


def _dimension(article: LexborNode) -> DimensionSeen:
    codes = [button.attributes["data-code"] or "" for button in article.css("button[data-code]")]
    is_open = any("definition" in _names(form) for form in article.css("form[data-act=create_code]"))
    return DimensionSeen(article.attributes["data-dimension"] or "", tuple(codes), is_open)


def _names(form: LexborNode) -> set[str | None]:
    return {each.attributes.get("name") for each in form.css("textarea, input")}
