"""Shares of the logs and of the golden set: counted, and estimated where codes are wrong."""

from dataclasses import replace

import numpy as np
import pytest

from abkit.core.rng import rng_for
from abkit.model import scoring
from abkit.model.artifact import Artifact
from abkit.model.calibration import no_calibration
from abkit.model.golden_ledger import GoldenPart
from abkit.model.presets import preset
from abkit.model.text import split_by_text
from abkit.model.thresholds import plug_in_threshold
from abkit.pipeline.class_shares import class_shares

N = 30_000
SCORES = {"plus": np.array([0.2, 0.3, 0.5]), "minus": np.array([0.6, 0.3, 0.1])}


def draw(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return P(LABEL 0), calibrated at a share of .3, of three kinds of texts, and the truth."""
    rng = rng_for(seed, "kinds")
    positive = rng.random(n) < share
    kind = np.where(
        positive,
        rng.choice(3, size=n, p=SCORES["plus"]),
        rng.choice(3, size=n, p=SCORES["minus"]),
    )
    odds = SCORES["plus"] / SCORES["minus"] * 0.3 / 0.7
    return (odds / (1 + odds))[kind], positive


def part(n: int, seed: int) -> GoldenPart:
    p, positive = draw(n, 0.3, seed)
    return GoldenPart(
        labels_of="golden",
        probabilities=np.column_stack([p, 1 - p]),
        labels=(~positive).astype(np.int64),
        hashes=np.arange(n, dtype=np.uint64),
        n_in_training=0,
    )


@pytest.fixture
def artifact() -> Artifact:
    parts = {name: part(1000, i) for i, name in enumerate(("calibrate", "certify", "report"))}
    chosen = parts["calibrate"]
    return Artifact(
        config=preset("compact", n_classes=2),
        class_names=("lost", "other"),
        calibrator=no_calibration(2),
        threshold=plug_in_threshold(chosen.probabilities[:, 0], chosen.labels == 0),
        certified=None,
        golden=parts,
        class_prior=(0.3, 0.7),
        label_source="golden",
        metrics={},
        tokenizer="{}",
        weights={"w": np.zeros(1, dtype=np.float32)},
        seen_texts=np.empty(0, dtype=np.uint64),
    )


@pytest.mark.parametrize("true_share", [0.3, 0.12])
def test_the_true_share_is_told_from_the_logged_one(
    artifact: Artifact, true_share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of five positives are logged as others: the logged share falls, the estimate does not."""
    p, positive = draw(N, true_share, 7)
    texts = [f"text {i}" for i in range(N)]
    by_text = dict(zip(texts, p.tolist(), strict=True))

    def scored(_: Artifact, asked: list[str], __: object) -> np.ndarray:
        return np.array([[by_text[text], 1 - by_text[text]] for text in asked])

    monkeypatch.setattr(scoring, "probabilities", scored)
    logged = np.where(positive & (rng_for(0, "leak").random(N) < 0.4), False, positive)
    got = class_shares(artifact, texts, (~logged).astype(np.int64))
    assert got is not None
    assert got.logged[0] == np.mean(logged)
    assert got.logged[0] == pytest.approx(0.6 * true_share, abs=0.01)
    labels = np.concatenate([one.labels for one in artifact.golden.values()])
    assert got.golden[0] == np.mean(labels == 0)
    assert (got.n_logged, got.n_golden) == (N, 3000)
    assert got.n_scored == len(split_by_text(texts, seed=0).test)
    assert got.by_scores is not None
    assert got.standard_errors is not None
    assert got.by_scores[0] == pytest.approx(true_share, abs=4 * (got.standard_errors[0] or 0))
    assert got.standard_errors[0] == pytest.approx(got.standard_errors[1])


def test_nothing_is_compared_without_golden_labels(artifact: Artifact) -> None:
    logs = {name: replace(one, labels_of="logs") for name, one in artifact.golden.items()}
    alone = replace(artifact, golden=logs, label_source="logs")
    assert class_shares(alone, ["a", "b"], np.array([0, 1])) is None


def test_a_class_that_calibration_never_met_cannot_be_estimated(artifact: Artifact) -> None:
    got = class_shares(
        replace(artifact, class_prior=(0.0, 1.0)), ["a"] * 9, np.array([0, 1, 1] * 3)
    )
    assert got is not None
    assert got.by_scores is got.standard_errors is None
