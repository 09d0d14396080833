"""Word lists: what can go wrong with which product, and how people say it.

The lists stand in TOML files beside this module. A clause is an independent, lower-case piece of a
sentence without full stop; `[a|b]` are wordings of one clause, `{slots}` are filled once per text.
Within a list, six of nine clauses are common property and one of nine belongs to each part
(train, golden, served): golden and served customers also tell of things the history never saw.
"""

from __future__ import annotations

import functools
import itertools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

PARTS: Final = ("train", "golden", "served")
Wordings = tuple[str, ...]  # the wordings of one clause or frame
Pool = tuple[Wordings, ...]

FAMILY_FILES: Final = ("sound_and_screen", "desk", "kitchen", "home", "wear", "leisure")
TOLD: Final = ("defective", "quality", "preference", "either", "minor")
_POWERED: Final = frozenset({"mains", "battery", "radio", "app"})
_TEXTILE: Final = frozenset({"clothing", "cloth", "footwear"})

_CHOICE: Final = re.compile(r"\[([^\]]*)\]")
# by position in the list, modulo nine
_OWNER: Final = (None, None, "train", None, "golden", None, None, "served", None)


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses one part may use, and those that no other part uses."""

    every: Pool
    owned: Pool


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of product and what its owners say of it."""

    name: str
    names: tuple[str, ...]
    who: str | None  # whose present it may be, a list of slots.toml; None: anybody's
    unit: str | None  # "pair" or "set" when the name is a plural
    kind: str  # "powered", "textile", "assembly" or "hard"
    price: tuple[int, int]  # lowest and highest, dollars
    parts: tuple[str, ...]  # what may be missing from the box
    praise: Pool
    use: tuple[str, ...]
    clauses: dict[str, Clauses]  # by the keys of TOLD
    attempts: Pool


def load_words(name: str) -> dict[str, Any]:
    """Return the parsed TOML file `<name>.toml` of this package."""
    file = resources.files("abkit.simulations.language").joinpath(f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def wordings(text: str) -> Wordings:
    """Return every wording of `text`: the product over its `[a|b]` choices, single spaces."""
    pieces = _CHOICE.split(text)  # literal, choice, literal, choice, ...
    options = [p.split("|") if i % 2 else [p] for i, p in enumerate(pieces)]
    return tuple(" ".join("".join(each).split()) for each in itertools.product(*options))


def clauses_for(part: str, texts: list[str]) -> Clauses:
    """Return the clauses of the list that `part` may use: common property and its own."""
    owner = [_OWNER[i % len(_OWNER)] for i in range(len(texts))]
    every = tuple(wordings(t) for t, o in zip(texts, owner, strict=True) if o in (None, part))
    owned = tuple(wordings(t) for t, o in zip(texts, owner, strict=True) if o == part)
    return Clauses(every, owned)


@functools.cache
def shared_reasons(part: str) -> dict[str, dict[str, Clauses]]:
    """Return the clauses of reasons.toml by reason (or pair of reasons) and kind of product."""
    tables = load_words("reasons")
    return {
        reason: {kind: clauses_for(part, texts) for kind, texts in table.items()}
        for reason, table in tables.items()
        if reason not in ("attempt", "brief")
    }


@functools.cache
def brief_texts() -> dict[str, tuple[str, ...]]:
    """Return the texts of at most four words by reason, and `empty`; common to all parts."""
    return {reason: tuple(texts) for reason, texts in load_words("reasons")["brief"].items()}


def _kind(kinds: set[str]) -> str:
    if kinds & _POWERED:
        return "powered"
    if kinds & _TEXTILE:
        return "textile"
    return "assembly" if "assembly" in kinds else "hard"


def _family(name: str, row: dict[str, Any], part: str, attempts: dict[str, list[str]]) -> Family:
    return Family(
        name=name,
        names=tuple(row["names"]),
        who=row.get("who"),
        unit=row.get("unit", "pair") if row.get("plural", False) else None,
        kind=_kind(set(row["kinds"])),
        price=(row["price"][0], row["price"][1]),
        parts=tuple(row["parts"]),
        praise=tuple(wordings(t) for t in row["praise"]),
        use=tuple(row["use"]),
        clauses={key: clauses_for(part, row[key]) for key in TOLD},
        attempts=tuple(wordings(t) for kind in row["kinds"] for t in attempts[kind]),
    )


@functools.cache
def families(part: str) -> tuple[Family, ...]:
    """Return all product families with the clauses that `part` may use."""
    attempts = load_words("reasons")["attempt"]
    return tuple(
        _family(name, row, part, attempts)
        for file in FAMILY_FILES
        for name, row in load_words(f"families_{file}").items()
    )
