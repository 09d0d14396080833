"""A tiny world of return texts, and a model trained on it once for all tests of this folder."""

from dataclasses import dataclass

import numpy as np
import pytest

from abkit.core.rng import rng_for
from abkit.model.artifact import Artifact
from abkit.model.fitting import fit_artifact
from abkit.model.presets import ModelConfig
from abkit.model.training import Trained, train

TOPICS = (
    "broken cracked leaking dead smoke stopped flickers noisy sparks burnt",
    "charger absent screws manual cable empty half lid bolts remote",
    "flimsy cheap thin rough smells fades weak scratches dull wobbly",
    "colour size big small style ugly changed mind shade wide",
    "price delivery invoice courier account gift question address date order",
)
FILLER = [
    "the",
    "my",
    "a",
    "it",
    "is",
    "was",
    "this",
    "and",
    "so",
    "i",
    "for",
    "with",
    "after",
    "on",
    "from",
    "we",
    "just",
    "very",
    "got",
    "when",
]


@dataclass(frozen=True)
class Corpus:
    """Texts with true and logged labels (binary: 0 is defective)."""

    texts: list[str]
    truth: np.ndarray  # (n,)
    logged: np.ndarray  # (n,): 40 % of true 0 leak into 1, 3 % back


def make_corpus(n: int, seed: int, n_classes: int = 2) -> Corpus:
    rng = rng_for(seed, "test corpus")
    truth = rng.choice(n_classes, size=n, p=[0.3, *[0.7 / (n_classes - 1)] * (n_classes - 1)])
    topics = [topic.split() for topic in TOPICS]
    texts = []
    for label in truth:
        topic = label if n_classes > 2 or label == 0 else rng.integers(1, 5)
        pools = [topics[topic] if rng.random() < 0.85 else topics[rng.integers(5)], FILLER]
        words = [
            pool[rng.integers(len(pool))]
            for pool in (pools[int(rng.random() < 0.6)] for _ in range(rng.integers(3, 14)))
        ]
        texts.append(" ".join(words))
    u = rng.random(n)
    logged = np.where((truth == 0) & (u < 0.4), 1, np.where((truth != 0) & (u < 0.03), 0, truth))
    return Corpus(texts, truth, logged)


TINY = {
    "vocabulary_size": 300,
    "max_tokens": 32,
    "embedding_size": 16,
    "hidden_size": 8,
    "dense_size": 8,
    "learning_rate": 0.01,
    "epochs": 4,
    "batch_size": 64,
}


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return make_corpus(1200, seed=0)


@pytest.fixture(scope="session")
def tiny() -> ModelConfig:
    return ModelConfig(n_classes=2, **TINY)


@pytest.fixture(scope="session")
def trained(corpus: Corpus, tiny: ModelConfig) -> Trained:
    return train(corpus.texts, corpus.logged, tiny, class_names=["defective", "other"])


@pytest.fixture(scope="session")
def golden() -> tuple[Corpus, Corpus]:
    """A calibrate and a report part."""
    return make_corpus(400, seed=1), make_corpus(400, seed=2)


@pytest.fixture(scope="session")
def certify() -> Corpus:
    """A third part, for the promise."""
    return make_corpus(400, seed=3)


@pytest.fixture(scope="session")
def artifact(
    corpus: Corpus, tiny: ModelConfig, golden: tuple[Corpus, Corpus], certify: Corpus
) -> Artifact:
    calibrate, report = golden
    return fit_artifact(
        corpus.texts,
        corpus.logged,
        calibrate=(calibrate.texts, calibrate.truth),
        report=(report.texts, report.truth),
        certify=(certify.texts, certify.truth),
        config=tiny,
        class_names=["defective", "other"],
    )
