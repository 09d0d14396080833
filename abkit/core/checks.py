"""Domain checks with one voice: name, value, domain."""

from abkit.core.errors import ConfigError

Number = float | int


def positive(name: str, value: Number) -> None:
    """Raise `ConfigError` unless `value` > 0 (written so that NaN fails too)."""
    if not value > 0:
        raise ConfigError(f"`{name}` is {value}; expected a number > 0")


def probability(name: str, value: Number) -> None:
    """Raise `ConfigError` unless 0 <= `value` <= 1."""
    if not 0 <= value <= 1:
        raise ConfigError(f"`{name}` is {value}; expected a share between 0 and 1")


def level(name: str, value: Number) -> None:
    """Raise `ConfigError` unless 0 < `value` < 1."""
    if not 0 < value < 1:
        hint = f"write {value / 100:g} for {value:g} %" if 1 <= value < 100 else None
        raise ConfigError(f"`{name}` is {value}; expected a share strictly in (0, 1)", hint=hint)


def at_least(name: str, value: Number, minimum: Number) -> None:
    """Raise `ConfigError` unless `value` >= `minimum`."""
    if not value >= minimum:
        raise ConfigError(f"`{name}` is {value}; expected at least {minimum}")
