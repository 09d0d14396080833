"""Writers' habits and slips."""

import numpy as np
import pytest

from abkit.simulations.language.draws import Draws
from abkit.simulations.language.slots import is_plural, plural_of, with_article
from abkit.simulations.language.typos import add_typos, misspell


@pytest.fixture
def draws() -> Draws:
    return Draws(np.random.Generator(np.random.Philox(key=1)))


def test_a_slip_changes_a_word_by_at_most_two_letters(draws: Draws) -> None:
    for _ in range(500):
        slipped = misspell("charger", draws)
        assert abs(len(slipped) - 7) <= 1
        assert slipped[0] == "c"


def test_rate_of_slips(draws: Draws) -> None:
    """A slip may leave the word as it is (a doubled letter dropped): a little under the rate."""
    text = "customer " * 4_000
    changed = sum(w != "customer" for w in add_typos(text, 0.13, draws).split())
    assert changed / 4_000 == pytest.approx(0.13, abs=0.03)
    assert add_typos(text, 0.0, draws) == text


@pytest.mark.parametrize(
    ("one", "many"), [("speaker", "speakers"), ("smart watch", "smart watches"), ("mouse", "mice"),
                      ("wireless mouse", "wireless mice"), ("bookshelf", "bookshelves")]
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert plural_of(one) == many


def test_articles_and_number() -> None:
    assert with_article("air fryer") == "an air fryer"
    assert with_article("TV") == "a TV"
    assert is_plural("screws")
    assert not is_plural("second glass")


def test_draws_are_uniform_and_skewed(draws: Draws) -> None:
    """P(first k of n) is k/n for `pick` and (k/n)^(4/5) for `skewed`."""
    n = 20_000
    picked = np.mean([draws.pick(range(10)) < 3 for _ in range(n)])
    skewed = np.mean([draws.skewed(range(10)) < 3 for _ in range(n)])
    assert picked == pytest.approx(0.3, abs=0.015)
    assert skewed == pytest.approx(0.3 ** (4 / 5), abs=0.015)
    shares = np.bincount([draws.weighted((0.2, 0.9, 1.0)) for _ in range(n)]) / n
    assert shares == pytest.approx([0.2, 0.7, 0.1], abs=0.015)
