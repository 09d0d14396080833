"""Slips of the keyboard and of spelling."""

from __future__ import annotations

import re
from typing import Final

from abkit.simulations.language.draws import Draws

MISSPELT: Final = {
    "received": "recieved", "disappointed": "dissapointed", "disappointing": "dissapointing", "definitely": "definately", "because": "becuase",
    "really": "realy", "bought": "bougth", "their": "thier", "which": "wich", "would": "woud", "doesn't": "dosen't", "together": "togehter",
    "refund": "refound", "charging": "chargeing", "piece": "peice", "pieces": "peices", "believe": "beleive", "wouldn't": "would'nt",
    "quality": "qaulity", "material": "materail", "return": "retrun", "expected": "exspected", "again": "agian", "noticed": "noticied",
    "terrible": "terible", "broke": "brok", "stopped": "stoped", "opened": "openned", "ordered": "orderd", "until": "untill",
    "picture": "pitcure", "store": "stroe", "please": "pleese", "loose": "lose", "separate": "seperate", "address": "adress",
    "completely": "completly", "immediately": "immediatly", "comfortable": "comfortible", "through": "thru", "minutes": "mintues",
}  # fmt: skip
_NEIGHBORS: Final = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "sq vn xv sf wr dg fh gj uo hk jl k; nj bm ip o[ wa et ad ry yi cb qe zc tu xs".replace(
            ";", "l"
        )
        .replace("[", "i")
        .split(),
        strict=True,
    )
)  # one line of a US keyboard: the keys left and right of each letter
_WORD: Final = re.compile(r"[A-Za-z']{4,}")


def misspell(word: str, draws: Draws) -> str:
    """Return `word`, at least four letters, with one slip."""
    known = MISSPELT.get(word)
    if known is not None and draws.chance(0.7):
        return known
    i = 1 + draws.below(len(word) - 2)  # the first letter is nearly always right
    kind = draws.uniform()
    if kind < 0.3:  # a letter dropped
        return word[:i] + word[i + 1 :]
    if kind < 0.5:  # a letter doubled
        return word[: i + 1] + word[i:]
    if kind < 0.75:  # two letters swapped
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    beside = draws.pick(_NEIGHBORS.get(word[i].lower(), "e"))
    if kind < 0.9:  # the key beside it as well
        return word[: i + 1] + beside + word[i + 1 :]
    return word[:i] + beside + word[i + 1 :]


def add_typos(text: str, rate: float, draws: Draws) -> str:
    """Return `text` with a share `rate` of its words of four letters or more misspelt."""
    return _WORD.sub(lambda m: misspell(m[0], draws) if draws.chance(rate) else m[0], text)
