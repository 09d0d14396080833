"""What an experiment is judged by: the three metrics of Table 3, and those a user declares."""

from dataclasses import dataclass
from typing import Final, Literal

from abkit.core.errors import ConfigError

Direction = Literal["higher", "lower"]
Kind = Literal["proportion", "mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A rate or a mean, and which direction of it is better.

    `column` is where a declared metric is found; None for a metric of Table 3, which is worked out
    from the columns of a contact log.
    """

    name: str
    better: Direction = "higher"
    kind: Kind = "proportion"
    column: str | None = None


AR: Final = Metric(name="AR")
PRR: Final = Metric(name="PRR")
REPEAT_RATE: Final = Metric(name="24RR", better="lower")
TABLE_3: Final = {metric.name: metric for metric in (AR, PRR, REPEAT_RATE)}

_FORM: Final = (
    "expected NAME=COLUMN, NAME=COLUMN:lower, NAME=COLUMN:mean, NAME=COLUMN:mean:lower, "
    "or one of AR, PRR, 24RR"
)


def parse_metric(text: str) -> Metric:
    """Return the metric that `text` declares, as on the command line.

    Raises:
        ConfigError: `text` has another form, or renames a metric of Table 3.
    """
    name, equals, column = (part.strip() for part in text.partition("="))
    if not equals:
        if name in TABLE_3:
            return TABLE_3[name]
        hint = f"try {name}={name} if its column is called so, else {name}=COLUMN"
        raise ConfigError(
            f"`metric` is `{text}`; {_FORM}", hint=hint if name else "try NAME=COLUMN"
        )
    if name in TABLE_3:
        raise ConfigError(
            f"`metric` is `{text}`, but `{name}` is worked out from the contact log",
            hint="choose another name, or say with --map which columns the log has",
        )
    column, better = _without_suffix(column, ("higher", "lower"))
    column, kind = _without_suffix(column, ("mean",))
    if not name or not column:
        raise ConfigError(f"`metric` is `{text}`; {_FORM}")
    return Metric(
        name=name,
        better="lower" if better == "lower" else "higher",
        kind="mean" if kind else "proportion",
        column=column,
    )


def _without_suffix(column: str, words: tuple[str, ...]) -> tuple[str, str | None]:
    """Return the column without `:word`, and which word it was."""
    rest, colon, last = (part.strip() for part in column.rpartition(":"))
    return (rest, last) if colon and last in words else (column, None)
