"""Errors a user can fix: one fact, one remedy."""

import difflib
from collections.abc import Iterable
from typing import Final

_ALSO_CALLED: Final = {"gpu": "cuda"}  # spelt unlike the word that is meant


class AbkitError(Exception):
    """One fact and, when known, one remedy; the CLI prints both and returns `exit_code`."""

    exit_code = 1

    def __init__(self, fact: str, *, hint: str | None = None) -> None:
        super().__init__(fact)
        self.hint = hint


class ConfigError(AbkitError):
    """An argument, an option or a scenario value lies outside its domain."""


class DataError(AbkitError):
    """A table that the user gave cannot be read or breaks its contract."""


class ArtifactError(AbkitError):
    """A trained model's folder is missing, damaged or of another kind."""


class RunError(AbkitError):
    """A run folder is missing, damaged or lacks what the command needs."""


def nearest(got: str, allowed: Iterable[str]) -> str | None:
    """Return a hint that names the allowed word closest to `got`, if one is close."""
    allowed = list(allowed)
    meant = _ALSO_CALLED.get(got.lower())
    close = [meant] if meant in allowed else difflib.get_close_matches(got, allowed, n=1)
    return f"did you mean `{close[0]}`?" if close else None


def listed(names: Iterable[str], limit: int = 10) -> str:
    """Return names in backticks, at most `limit` of them and how many more there are."""
    names = list(names)
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return ", ".join(f"`{name}`" for name in names[:limit]) + more


def unknown_choice(name: str, got: str, allowed: Iterable[str]) -> ConfigError:
    """Quote the field, the value and the alternatives; guess the intended one."""
    allowed = list(allowed)
    return ConfigError(
        f"`{name}` is `{got}`; expected one of {listed(allowed)}", hint=nearest(got, allowed)
    )
