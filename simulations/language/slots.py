"""What fills the slots of a text: the item and its grammar, times, people, prices, numbers."""

from __future__ import annotations

import functools
from typing import Final

from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import Family

WHEN: Final = (
    "two weeks", "a week", "3 weeks", "a month", "two months", "3 days", "ten days", "a few days", "two days", "6 weeks", "a couple of weeks",
    "three months", "four days", "about a month", "5 days", "a few weeks", "less than a week", "2 months",
)  # fmt: skip
USES: Final = (
    "two uses",
    "three uses",
    "one use",
    "a few uses",
    "the second use",
    "the first use",
    "5 uses",
    "one week",
)
PEOPLE: Final = (
    ("my daughter", "she"), ("my son", "he"), ("my wife", "she"), ("my husband", "he"), ("my mom", "she"), ("my dad", "he"), ("my sister", "she"),
    ("my brother", "he"), ("my boyfriend", "he"), ("my girlfriend", "she"), ("my best friend", "she"), ("a friend", "she"), ("my niece", "she"), ("my neighbor", "he"),
)  # fmt: skip
GIVERS: Final = (
    "my aunt",
    "my mother in law",
    "a colleague",
    "my grandmother",
    "my parents",
    "my roommate",
)
OCCASIONS: Final = (
    "christmas",
    "the birthday",
    "our trip",
    "the wedding",
    "mother's day",
    "the party",
    "my move",
    "the weekend",
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "October",
    "November",
    "December",
)
NUMBERS: Final = ("two", "three", "four", "3", "5", "three", "six", "2")
MINUTES: Final = ("5", "10", "15", "20", "30", "40", "45", "ten", "twenty", "a few")
HOURS: Final = ("2", "3", "4", "two", "three", "four", "five", "6")
PERCENTS: Final = ("20", "30", "40", "50", "60", "70", "80", "15")
ERRORS: Final = ("E02", "E04", "504", "1021", "E5", "F3", "503", "80004", "E11", "403")
CENTS: Final = ("", "", ".99", ".99", ".95", ".50")
_IRREGULAR: Final = {
    "mouse": "mice",
    "shelf": "shelves",
    "bookshelf": "bookshelves",
    "carry on": "carry ons",
}


def plural_of(name: str) -> str:
    """Return the plural of a product name that is a singular noun phrase."""
    head, _, last = name.rpartition(" ")
    if name in _IRREGULAR or last in _IRREGULAR:
        return _IRREGULAR.get(name) or f"{head} {_IRREGULAR[last]}".strip()
    return name + ("es" if name.endswith(("s", "sh", "ch", "x")) else "s")


def with_article(name: str) -> str:
    """Return the singular noun phrase with its indefinite article."""
    return f"{'an' if name[0].lower() in 'aeiou' and not name.startswith('usb') else 'a'} {name}"


@functools.cache
def grammar(name: str, plural: bool) -> dict[str, str]:
    """Return the slots that depend on the item's name and number alone."""
    if plural:
        words = "they them their are were have don't these".split()
        ends = {"s": "", "es": ""}
    else:
        words = "it it its is was has doesn't this".split()
        ends = {"s": "s", "es": "es"}
    keys = ("it", "them", "its", "is", "was", "has", "doesnt", "this")
    item = {
        "item": name,
        "a_item": name if plural else with_article(name),
        "items_of": name if plural else plural_of(name),
    }
    return dict(zip(keys, words, strict=True)) | ends | item


def is_plural(noun: str) -> bool:
    """Return whether the name of a part, such as `screws`, takes a plural verb."""
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is", "lens"))


def fill_slots(family: Family, others: tuple[Family, ...], draws: Draws) -> dict[str, str]:
    """Return the slots of one text; every mention in it agrees with every other."""
    pick, below = draws.pick, draws.below
    slots = grammar(pick(family.names), family.plural).copy()
    person, pronoun = pick(PEOPLE)
    part = pick(family.parts)
    low, high = family.price
    dollars = low + below(high - low)
    cents = pick(CENTS)
    other = pick(others)
    plural_part = is_plural(part)
    slots |= {
        "when": pick(WHEN), "uses": pick(USES), "who": person, "they_who": pronoun, "giver": pick(GIVERS), "occasion": pick(OCCASIONS),
        "day": pick(DAYS), "month": pick(MONTHS), "n": pick(NUMBERS), "minutes": pick(MINUTES), "hours": pick(HOURS), "pct": pick(PERCENTS),
        "err": pick(ERRORS), "digit": str(1 + below(9)), "inches": str(below(11)), "order": f"{112 + below(40)}-{10000 + below(89999)}",
        "price": f"${dollars}{cents}", "less": f"${max(5, dollars * (55 + below(35)) // 100)}{cents}",
        "part": part, "part_is": "are" if plural_part else "is", "part_was": "were" if plural_part else "was",
        "a_other": grammar(other.names[0], other.plural)["a_item"],
    }  # fmt: skip
    slots["use"] = pick(family.use).format_map(slots)
    return slots
