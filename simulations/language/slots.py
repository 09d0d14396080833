"""What fills the slots of a text: the item and its grammar, times, people, prices, numbers."""

from __future__ import annotations

import functools
from typing import Final

from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import Family, load_words

_DRAWN: Final = (  # slots that are one word list each
    *("when", "giver", "occasion", "day", "month", "n", "minutes", "hours", "pct", "err"),
    *("digit", "inches", "cents"),
)
_IRREGULAR: Final = {"mouse": "mice", "shelf": "shelves", "bookshelf": "bookshelves"}


def plural_of(name: str) -> str:
    """Return the plural of a product name that is a singular noun phrase."""
    head, _, last = name.rpartition(" ")
    many = _IRREGULAR.get(last) or last + ("es" if last.endswith(("s", "sh", "ch", "x")) else "s")
    return f"{head} {many}".strip()


def with_article(name: str) -> str:
    """Return the singular noun phrase with its indefinite article."""
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def is_plural(noun: str) -> bool:
    """Return whether the name of a part, such as `screws`, takes a plural verb."""
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is", "lens"))


@functools.cache
def grammar(name: str, unit: str | None) -> dict[str, str]:
    """Return the slots that depend on the item's name and number alone."""
    if unit is None:
        words = ("it", "it", "is", "was", "has", "doesn't", "this", "s", "es")
    else:
        words = ("they", "them", "are", "were", "have", "don't", "these", "", "")
    keys = ("it", "them", "is", "was", "has", "doesnt", "this", "s", "es")
    return dict(zip(keys, words, strict=True)) | {
        "item": name,
        "a_item": with_article(name) if unit is None else f"a {unit} of {name}",
        "items_of": plural_of(name) if unit is None else name,
    }


@functools.cache
def _plain(name: str, unit: str | None) -> dict[str, str]:
    """Return the slots for the family's plainest name, for a second mention."""
    one = name if unit is None else f"{unit} of {name}"
    return {"plain": name, "plain_1": one, "a_plain": with_article(one)}


@functools.cache
def fillers() -> dict[str, tuple[str, ...]]:
    """Return the word lists of slots.toml."""
    return {slot: tuple(words) for slot, words in load_words("slots").items()}


@functools.cache
def _people(who: str | None) -> tuple[tuple[str, str], ...]:
    """Return people with their pronoun; `who` narrows them to one list of slots.toml."""
    lists = (who,) if who else ("he", "she")
    pronoun = {"he": "he", "boys": "he", "she": "she", "girls": "she"}
    return tuple((name, pronoun[key]) for key in lists for name in fillers()[key])


def _amounts(family: Family, cents: str, draws: Draws) -> dict[str, str]:
    low, high = family.price
    dollars = low + draws.below(high - low)
    less = max(5, dollars * (55 + draws.below(35)) // 100)
    return {"price": f"${dollars}{cents}", "less": f"${less}{cents}"}


def fill_slots(family: Family, others: tuple[Family, ...], draws: Draws) -> dict[str, str]:
    """Return the slots of one text; every mention in it agrees with every other."""
    pick, words = draws.pick, fillers()
    name, unit = pick(family.names), family.unit
    slots = grammar(name, unit) | _plain(family.names[0], unit)
    for slot in _DRAWN:
        slots[slot] = pick(words[slot])
    slots["uses"] = pick(words[f"uses_{family.kind}"])
    slots["who"], slots["they_who"] = pick(_people(family.who))
    slots["part"] = part = pick(family.parts)
    plural = is_plural(part)
    slots["part_is"], slots["part_was"] = ("are", "were") if plural else ("is", "was")
    slots["part_s"] = "" if plural else "s"
    slots["order"] = f"{112 + draws.below(40)}-{10000 + draws.below(89999)}"
    slots |= _amounts(family, slots["cents"], draws)
    other = pick(others)
    slots["a_other"] = grammar(other.names[0], other.unit)["a_item"]
    slots["use"] = pick(family.use).format_map(slots)
    return slots
