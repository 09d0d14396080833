"""The measuring functions, and the generated texts held against the real ones."""

from pathlib import Path

import numpy as np
import pytest

from abkit.core.tables import read_columns
from abkit.simulations.language import margins

from . import drawn

# Word counts p5 / 25 / 50 / 75 / 95 of the mixture 1/2 telecom turns, 1/4 negative phone
# sentences, 1/4 clothing returns, and shares of texts, computed once from the real files (their
# columns: reference table "How real customers write").
QUANTILES = {0.05: 4, 0.25: 13, 0.50: 18, 0.75: 34, 0.95: 84}
SHARES = {
    "starts lower-case": 0.187,
    "no closing punctuation": 0.282,
    "lone lower-case i": 0.300,
    "missing apostrophe": 0.027,
    "a word in capitals": 0.052,
    "question": 0.287,
    "exclamation mark": 0.075,
    "question mark": 0.209,
    "digits": 0.200,
    "negation": 0.466,
    "contrast": 0.286,
    "hedge": 0.067,
    "please or thanks": 0.021,
}


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("starts lower-case", "it broke", "It broke"),
        ("no closing punctuation", "It broke", "It broke."),
        ("lone lower-case i", "so i sent it", "so I sent it in"),
        ("missing apostrophe", "it doesnt fit", "it doesn't fit"),
        ("a word in capitals", "NOT good", "my TV is ok"),
        ("question", "how do i return it", "it came late"),
        ("question mark", "late?", "late"),
        ("digits", "after 3 days", "after three days"),
        ("negation", "it won't fit", "it will fit"),
        ("contrast", "nice but small", "nice and small"),
        ("hedge", "maybe it is me", "it is me"),
        ("please or thanks", "please help", "help"),
        ("a literal defect word", "it is broken", "it leaks"),
    ],
)
def test_patterns(name: str, yes: str, no: str) -> None:
    assert margins.shares([yes])[name] == 1.0
    assert margins.shares([no])[name] == 0.0


def test_weighted_quantile_equals_repeating_rows() -> None:
    """Weight w equals w copies of the row; numpy's inverted CDF is the referee."""
    rng = np.random.default_rng(5)
    values, weights = rng.integers(1, 50, 200), rng.integers(1, 6, 200)
    for q in margins.QUANTILES:
        repeated = np.quantile(np.repeat(values, weights), q, method="inverted_cdf")
        assert margins.weighted_quantile(values, weights.astype(float), q) == repeated


def test_unknown_words_are_counted_per_text_and_per_word() -> None:
    found = margins.unknown_shares(["it brok", "it works well"], frozenset({"it", "works", "well"}))
    assert found["a word outside the vocabulary"] == 0.5
    assert found["words outside the vocabulary"] == pytest.approx(1 / 5)


def test_word_counts_are_near_the_mixture() -> None:
    generated = margins.mixture_quantiles([drawn.history().texts], [1.0])
    for q, target in QUANTILES.items():
        assert generated[q] == pytest.approx(target, rel=0.25), f"quantile {q}"


@pytest.mark.parametrize("name", SHARES)
def test_shares_are_within_ten_points(name: str) -> None:
    assert margins.shares(drawn.history().texts)[name] == pytest.approx(SHARES[name], abs=0.10)


def test_targets_are_those_of_the_real_files(real_data: Path | None, record_property) -> None:
    """The constants above come out of the same functions on the real files."""
    if real_data is None:
        record_property("real_data", "absent")
        return
    turns = read_columns(real_data / "assistant_requests.csv.gz")
    phones = read_columns(real_data / "phone_sentences.csv.gz")
    clothes = read_columns(real_data / "clothing_reviews.parquet")
    returned = (clothes["mentions_return"] == "1") & (clothes["recommended"] == "0")
    columns = [
        turns.loc[turns["domain"] == "telecom", "text"].tolist(),
        phones.loc[phones["sentiment"] == "0", "text"].tolist(),
        clothes.loc[returned, "text"].tolist(),
    ]
    assert margins.mixture_quantiles(columns, (0.5, 0.25, 0.25)) == QUANTILES
    each = [margins.shares(c) for c in columns]
    for name, target in SHARES.items():
        mixed = 0.5 * each[0][name] + 0.25 * each[1][name] + 0.25 * each[2][name]
        assert mixed == pytest.approx(target, abs=6e-4), name


def test_misspelt_texts_are_as_many_as_in_the_real_files() -> None:
    """Reference table: 21, 11 and 25 % of texts hold a word outside a dictionary; mixture 19.5 %.

    About 2 % of tokens, clustered: four texts in five have none.
    """
    found = margins.unknown_shares(drawn.history().texts, margins.own_words())
    assert found["a word outside the vocabulary"] == pytest.approx(0.195, abs=0.10)
    assert 0.008 <= found["words outside the vocabulary"] <= 0.025
