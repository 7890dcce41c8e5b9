"""Texts as incidents really hold them: emoji, combining marks, line ends of all kinds, right-to-left, ligatures."""

from hypothesis import strategies as st

PIECES = (
    "error",
    "The API",
    "was down",
    "’s",
    "“quoted”",
    '"quoted"',
    "it's",
    "«oui»",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u00a0",
    "\u200b",
    "\u00ad",
    "…",
    "...",
    "—",
    "-",
    "e\u0301",
    "é",
    "ﬁ",
    "Å",
    "\u212b",
    "한",
    "\u1112\u1161\u11ab",
    "🚒",
    "👩\u200d🚒",
    "🇩🇪",
    "עברית",
    "\u200fשלום",
    "خطأ",
    "\u0301",
    "\uff9e",
    "ｶﾞ",
    "½",
    ".",
    ",",
    "(",
    "500",
    "\ufeff",
)


def texts(most: int = 25) -> st.SearchStrategy[str]:
    storable = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
    return st.lists(st.sampled_from(PIECES) | storable, max_size=most).map("".join)
