"""How seldom a process of the server looks for garbage that refers to itself.

CPython looks whenever 700 more things were made than dropped, through all that was ever loaded every so often. A page
of figures makes hundreds of thousands of small things that all live to its end: a third of its time went into looking
(`python -m bench.what_if --collect-often` shows it).
"""

import gc

MADE_BETWEEN_LOOKS = 20_000
LOOKS_BETWEEN_DEEPER_ONES = 10


def collect_seldom() -> None:
    """To be called once, when all is loaded: what is there by then stays and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_LOOKS, LOOKS_BETWEEN_DEEPER_ONES, LOOKS_BETWEEN_DEEPER_ONES)
