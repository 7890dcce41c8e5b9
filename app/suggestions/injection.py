"""Phrases in an incident that speak to a model instead of telling of the incident. Shown, never removed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class InstructionLike:
    """text[start:end] in code points, and in a few words what it looks like."""

    start: int
    end: int
    kind: str


_WHICH = r"(?:all |any |the |your |these |of )*(?:previous|prior|above|earlier|preceding|foregoing|your|system)"
_RULES = r"(?:instructions?|prompts?|rules?|directions?|guidelines?|commands?|system messages?)"
_MODEL = r"(?:AI|LLM|language model|chatbot|GPT)s?"
_CHOOSE = r"(?:apply|assign|choose|select|use|suggest|propose|return|output)"
_CODING = r"(?:codes?|codebook|schema|dimensions?|new_codes|labels?)"

PHRASES = {
    "asks to drop instructions": (
        rf"\b(?:ignore|disregard|forget|override|bypass|do not follow)\s+{_WHICH}\s+(?:\w+\s+)?{_RULES}\b",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all that)\s+(?:above|before|you)\b",
        r"\bignore the codebook\b",
        r"\b(?:vergiss|vergessen sie|ignoriere|ignorieren sie)\s+(?:\w{1,20}\s+){0,3}(?:anweisungen|regeln|vorgaben)\b",
        r"\b(?:ignore[rz]?|oublie[rz]?)\s+(?:\w{1,20}\s+){0,4}(?:instructions\s+pr[ée]c[ée]dentes|consignes)\b",
        r"\b(?:ignora|olvida|ignore)\s+(?:\w{1,20}\s+){0,4}(?:instrucciones|instru[cç][oõ]es)\b",
        r"\b(?:игнорируй|забудь)\w{0,4}\s+(?:\w{1,20}\s+){0,4}(?:инструкц|указани)\w{0,4}",
        r"(?:忽略|无视|無視|忘记)[^。\n]{0,12}(?:指令|指示|规则)|(?:指示|命令)[^。\n]{0,6}無視",
        r"تجاهل[^.\n]{0,30}التعليمات",
    ),
    "gives the model a role": (
        r"\byou are (?:now|no longer) (?:an?|the|in|my|bound|required|DAN)\b",
        r"\b(?:act|behave|respond) as (?:if you (?:are|were)|an? (?:AI|assistant|model|unrestricted))\b",
    ),
    "speaks to a language model": (
        rf"\b(?:dear|attention|note to|hey|message (?:to|for)) (?:the |any |all )?{_MODEL}\b",
        r"\bas an? (?:AI|large) language model\b",
    ),
    "brings new instructions": (r"\b(?:new|updated|real|actual|hidden) (?:system )?(?:instructions?|prompt)\s*:",),
    "asks for the prompt": (
        r"\b(?:reveal|print|repeat|show|output|leak)\s+(?:me )?(?:your|the)\s+"
        r"(?:full |entire |hidden )?(?:system )?(?:prompt|instructions)\b",
    ),
    "orders an answer": (
        r"\b(?:respond|reply|answer|output)\s+(?:only|exactly|just|always)\s+(?:with|in|by|as)\b[^.\n]{0,40}",
        rf"\b(?:always|only|must|please|instead)\s+{_CHOOSE}\s+(?:the |only )*{_CODING}\b",
        rf"\b{_CHOOSE}\s+(?:only\s+)?(?:the\s+)?code\s+[\"'“]?c?\d+\b",
        rf"\b{_CHOOSE}\s+(?:every|each|all)\s+(?:of the |the |single )*codes?\b",
        r"\bcode\b[^.\n]{0,40}\b(?:all|every|the)\s+other\s+incidents?\b",
        r"\bdecode\b[^.\n]{0,40}\b(?:and|then)\s+(?:obey|follow|do|execute)\b",
        r"\bcall\s+the\s+(?:tool|function)\s+\w{1,40}\(",
    ),
    "looks like a codebook": (r"^#{1,4} dimensions\W{0,6}$", r"^- c\d{1,12} \w"),
    "fetches or runs something when it is shown": (
        r"!\[[^\]\n]{0,80}\]\(\s{0,4}(?:https?:|//)",
        r"<(?:script|iframe|object|embed)\b[^>\n]{0,200}>|\bon(?:error|load|click|mouse\w{2,6}|focus)\s{0,4}=",
    ),
    "looks like a reply": (
        r"^answer:\s{0,4}[\"“]?c\d{1,12}\b",
        r"\{\s*\"(?:d\d+|codes|new_codes|quotes|reasoning|role|content)\"\s*:",
    ),
    "has marks of a chat": (
        r"<\|[a-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>",
        r"</?(?:system|assistant|user|instructions?)(?:_prompt)?>",
        r"^\W{0,6}(?:system|assistant|developer)(?: (?:prompt|message))?\s*:"
        r"\s*(?:you|ignore|from now|always|do not)\b",
        r"^assistant:\s",
    ),
    "ends the report early": (
        r"<{2,}\s*/?\s*end\b[^>\n]{0,60}>{2,}",
        r"^\W{0,6}end of (?:the )?(?:report|incident|document|data|input)\W{0,6}$",
    ),
}
KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for kind, patterns in PHRASES.items()
    for pattern in patterns
)

# Status pages put zero-width characters into links and service names: they are read over, not flagged.
ZERO_WIDTH = "\u200b\u200c\u200d\u2060-\u2064\ufeff"
# These can hide whole sentences or turn their order round; a flag emoji ends in some of them by right.
HIDING = "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
UNSEEN = re.compile(f"[{ZERO_WIDTH}{HIDING}]")
HIDDEN = re.compile(f"(?<![\U0001f3f4\U000e0000-\U000e007f])[{HIDING}]+")


def instruction_like(text: str) -> tuple[InstructionLike, ...]:
    """Every such phrase, in the order of the text; of two that overlap the first and longer one.

    Phrases with characters between their letters that nobody sees are found too. It is a help for the reader,
    not a defence: what keeps the codes safe is that a person decides.
    """
    seen = [position for position, character in enumerate(text) if not UNSEEN.match(character)]
    plain = "".join(text[position] for position in seen)
    found = [
        InstructionLike(seen[match.start()], seen[match.end() - 1] + 1, kind)
        for kind, pattern in KINDS
        for match in pattern.finditer(plain)
    ]
    found += [InstructionLike(match.start(), match.end(), "hidden characters") for match in HIDDEN.finditer(text)]
    return _apart(found)


def ways_it_speaks(text: str) -> tuple[str, ...]:
    """The kinds of such phrases, each once, in the order of the text."""
    return tuple(dict.fromkeys(flag.kind for flag in instruction_like(text)))


def _apart(found: Iterable[InstructionLike]) -> tuple[InstructionLike, ...]:
    apart: list[InstructionLike] = []
    for flag in sorted(found, key=lambda flag: (flag.start, -flag.end, flag.kind)):
        if not apart or flag.start >= apart[-1].end:
            apart.append(flag)
    return tuple(apart)
