"""A value function: what outcomes of a contact are worth, in whatever money a user counts."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from abkit.core.errors import ConfigError, nearest

# What may have a value: a share of contacts, in words.
VALUED: Final = MappingProxyType(
    {
        "automated": "resolved by the bot",
        "positive": "the customer answered positively",
        "repeat": "the customer came back for the same issue within 24 h",
        "escalated": "the customer asked for an agent",
    }
)
DEFAULT_VALUE: Final = MappingProxyType({"automated": 4.0, "positive": 1.0, "repeat": -6.0})


def parse_value(text: str) -> dict[str, float]:
    """Return the weights of `automated=4.0,repeat=-6.0`, per contact with that outcome.

    Raises:
        ConfigError: A name is unknown or stands twice, a weight is no finite number, or all are 0.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (word.strip() for word in part.partition("="))
        if not equals:
            raise ConfigError(
                f"`value` is `{text}`; expected NAME=NUMBER,...", hint="try automated=4,repeat=-6"
            )
        if name in weights:
            raise ConfigError(f"`value` names `{name}` twice")
        try:
            weights[name] = float(number)
        except ValueError:
            raise ConfigError(f"`value` gives `{name}` `{number}`; expected a number") from None
    return checked_value(weights)


def checked_value(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights, or raise `ConfigError` as `parse_value` does."""
    for name, weight in weights.items():
        if name not in VALUED:
            raise ConfigError(
                f"`value` names `{name}`; expected "
                + ", ".join(f"`{known}` ({what})" for known, what in VALUED.items()),
                hint=nearest(name, VALUED),
            )
        if not math.isfinite(weight):
            raise ConfigError(f"`value` gives `{name}` {weight}; expected a finite number")
    if not any(weights.values()):
        raise ConfigError("`value` gives no outcome a weight; expected at least one that is not 0")
    return dict(weights)
