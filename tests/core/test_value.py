"""A value function: read, or refused with what it may hold."""

import pytest

from abkit.core.errors import ConfigError
from abkit.core.value import DEFAULT_VALUE, VALUED, checked_value, parse_value


def test_weights_are_read() -> None:
    assert parse_value("automated=4.0, repeat=-6") == {"automated": 4, "repeat": -6}
    assert set(DEFAULT_VALUE) <= set(VALUED)


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("automatd=4", "`automatd`", "did you mean `automated`?"),
        ("automated", "expected NAME=NUMBER", "try automated=4,repeat=-6"),
        ("automated=x", "`automated` `x`", None),
        ("automated=nan", "expected a finite number", None),
        ("automated=1,automated=2", "twice", None),
        ("automated=0", "at least one that is not 0", None),
    ],
)
def test_refusals(text: str, said: str, hint: str | None) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        parse_value(text)
    assert error.value.hint == hint


def test_nothing_has_no_value() -> None:
    with pytest.raises(ConfigError, match="no outcome"):
        checked_value({})
