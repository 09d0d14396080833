"""A golden set drawn from the very logs: the promise holds on fresh texts all the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from abkit.core.rng import rng_for
from abkit.model.artifact import Artifact
from abkit.model.fitting import fit_artifact
from abkit.model.presets import ModelConfig
from abkit.model.scoring import score_texts

from .conftest import TINY

NAMES = ("defective", "other")
N_LOGS, N_GOLDEN, N_FRESH, DRAWS = 1500, 600, 20_000, 40


def world(n: int, seed: int, *, words: int, told: float) -> tuple[list[str], np.ndarray]:
    """Texts of `words` words, a share `told` of which speak for the class, and a rare number.

    A network that trains for long learns the number by heart, and with it the label.
    """
    rng = rng_for(seed, "weak world")
    truth = (rng.random(n) >= 0.35).astype(np.int64)
    telling = rng.random((n, words)) < told
    topic = rng.integers(30, size=(n, words)) + 30 * truth[:, None]
    word = np.where(telling, topic, rng.integers(60, size=(n, words)))
    number = rng.integers(10**6, size=n)
    rows = zip(word, number, strict=True)
    texts = [" ".join([*(f"w{w}" for w in row), f"no{k}"]) for row, k in rows]
    return texts, truth


def drawn(texts: Sequence[str], truth: np.ndarray, seed: int) -> list[tuple[list[str], np.ndarray]]:
    """Return three parts of a random draw from the logs, labelled without error."""
    rows = rng_for(seed, "golden rows").permutation(len(texts))[:N_GOLDEN]
    return [([texts[row] for row in rows[k::3]], truth[rows[k::3]]) for k in range(3)]


def fitted(texts, logged, parts, config: ModelConfig, target: float = 0.85) -> Artifact:
    calibrate, certify, report = parts
    return fit_artifact(
        texts, logged, calibrate=calibrate, certify=certify, report=report, config=config,
        class_names=NAMES, target_precision=target,
    )  # fmt: skip


def test_the_training_is_that_of_the_logs_without_the_golden_rows(tiny: ModelConfig) -> None:
    texts, truth = world(N_LOGS, 0, words=6, told=0.5)
    logged = np.where(rng_for(0, "flips").random(N_LOGS) < 0.05, 1 - truth, truth)
    parts, tiny = drawn(texts, truth, 0), replace(tiny, epochs=1)
    got = fitted(texts, logged, parts, tiny)
    golden = {text for part, _ in parts for text in part}
    rest = [row for row, text in enumerate(texts) if text not in golden]
    want = fitted([texts[row] for row in rest], logged[rest], parts, tiny)
    assert got.metrics["training"]["left_out"] == {"n_long": N_GOLDEN, "n_short": 0}
    assert "left_out" not in want.metrics["training"]
    assert {name: value.tobytes() for name, value in got.weights.items()} == {
        name: value.tobytes() for name, value in want.weights.items()
    }
    assert got.certified == want.certified
    assert np.array_equal(got.seen_texts, want.seen_texts)
    assert [part.n_in_training for part in got.golden.values()] == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told", "target"), [(6, 0.45, 0.75), (3, 0.55, 0.7)], ids=["long texts", "short"]
)
def test_the_promise_holds_on_fresh_texts(words: int, told: float, target: float) -> None:
    """Were the golden rows trained on, six draws in ten would break it (docs/thresholds.md)."""
    config = ModelConfig(
        n_classes=2, **TINY | {"vocabulary_size": 2000, "embedding_size": 32, "hidden_size": 16,
                               "dense_size": 16, "epochs": 12, "patience": None},
    )  # fmt: skip
    fresh, is_other = world(N_FRESH, 99_999, words=words, told=told)
    found = broken = 0
    for seed in range(DRAWS):
        texts, truth = world(N_LOGS, 1000 + seed, words=words, told=told)
        logged = np.where(rng_for(seed, "flips").random(N_LOGS) < 0.05, 1 - truth, truth)
        artifact = fitted(texts, logged, drawn(texts, truth, seed), config, target)
        assert artifact.certified is not None
        if (threshold := artifact.certified.threshold) is not None:
            flagged = score_texts(artifact, fresh) >= threshold
            found += 1
            broken += bool(np.mean(is_other[flagged] == 0) <= target)
    print(f"{found} thresholds in {DRAWS} draws, {broken} broken")
    assert found >= DRAWS // 4
    assert broken <= DRAWS * 0.05 + 4 * np.sqrt(DRAWS * 0.05 * 0.95)
