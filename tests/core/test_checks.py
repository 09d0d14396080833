"""Domains: one voice, and NaN is never inside."""

import pytest

from abkit.core import checks
from abkit.core.errors import ConfigError, unknown_choice

NAN = float("nan")


@pytest.mark.parametrize("value", [0, -1, NAN])
def test_positive(value: float) -> None:
    with pytest.raises(ConfigError, match=f"`weeks` is {value}"):
        checks.positive("weeks", value)


@pytest.mark.parametrize("value", [-0.1, 1.1, NAN])
def test_probability(value: float) -> None:
    with pytest.raises(ConfigError, match="`rate` is"):
        checks.probability("rate", value)


@pytest.mark.parametrize(
    ("value", "hint"), [(0, None), (1, "write 0.01"), (95, "write 0.95 for 95 %"), (NAN, None)]
)
def test_level(value: float, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        checks.level("confidence_level", value)
    assert (hint or "") in str(caught.value.hint or "")


def test_at_least() -> None:
    checks.at_least("sample", 1, 1)
    with pytest.raises(ConfigError, match="`sample` is 0; expected at least 1"):
        checks.at_least("sample", 0, 1)


def test_unknown_choice_guesses() -> None:
    error = unknown_choice("policy", "meun", ["menu", "text"])
    assert str(error) == "`policy` is `meun`; expected one of `menu`, `text`"
    assert error.hint == "did you mean `menu`?"
