"""Populations of scores with a known precision curve: what a promised threshold is graded on."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Population:
    """Discrete scores 0..k-1 over k - 1: how many rows each holds, and how many are positive."""

    name: str
    shares: np.ndarray  # (k,), of rows at each score
    positive: np.ndarray  # (k,), P(positive | score)

    @property
    def scores(self) -> np.ndarray:
        return np.arange(len(self.shares)) / (len(self.shares) - 1)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        cell = rng.choice(len(self.shares), size=n, p=self.shares / self.shares.sum())
        return self.scores[cell], rng.random(n) < self.positive[cell]

    def at(self, threshold: float) -> tuple[float, float]:
        """True precision and recall of "score >= threshold"."""
        flagged = self.scores >= threshold
        hits = self.shares * self.positive
        return (
            float(hits[flagged].sum() / self.shares[flagged].sum()),
            float(hits[flagged].sum() / hits.sum()),
        )


def two_normals(shift: float, prevalence: float, levels: int = 5000) -> Population:
    """Scores = Phi of z; z is N(shift, 1) for positives, N(0, 1) for the rest."""
    z = np.linspace(-5, shift + 5, levels)
    of_positive = prevalence * np.exp(-((z - shift) ** 2) / 2)
    of_rest = (1 - prevalence) * np.exp(-(z**2) / 2)
    return Population(f"two normals {shift:g} {prevalence:g}", of_positive + of_rest,
                      of_positive / (of_positive + of_rest))  # fmt: skip


def saturated(levels: int = 5000) -> Population:
    """Miscalibrated: logits five times too large, so that .9999... of many rows is just 1.

    The top score of all holds 8 % of the rows, of which .88 are positive; the rest falls from there
    and reaches .5 at a score of .5. Calibration moves no promise: only the order of scores counts.
    """
    rank = np.arange(levels) / levels
    shares = np.ones(levels)
    shares[-1] = 0.08 / 0.92 * levels
    return Population("saturated", shares, np.append(0.88 * rank[:-1] ** 2, 0.88))


def on_the_line(target: float, levels: int = 5000) -> Population:
    """Every score has one precision just below the target: each promise is broken."""
    return Population("on the line", np.ones(levels), np.full(levels, target - 1e-9))


def few_levels() -> Population:
    """Seven scores only: ties everywhere."""
    return Population(
        "few levels",
        np.array([50, 20, 10, 6, 5, 5, 4.0]),
        np.array([0.01, 0.1, 0.5, 0.7, 0.849, 0.85, 0.85]),
    )


def cliff(levels: int = 5000) -> Population:
    """Precision .93 in the top 12 %, then nothing: the lowest good threshold is a cliff's edge."""
    positive = np.where(np.arange(levels) / levels >= 0.88, 0.93, 0.02)
    return Population("cliff", np.ones(levels), positive)


def dip(levels: int = 5000) -> Population:
    """Precision falls below .85 at the top, recovers, falls again: not what the proof assumes."""
    rank = 1 - np.arange(levels) / levels
    positive = np.select([rank < 0.03, rank < 0.04, rank < 0.12], [0.90, 0.6, 0.90], 0.1)
    return Population("dip", np.ones(levels), positive)


POPULATIONS = (
    two_normals(4.5, 0.24), two_normals(2.2, 0.24), two_normals(3.0, 0.1), two_normals(1.5, 0.42),
    saturated(), on_the_line(0.85), few_levels(), cliff(), dip(),
)  # fmt: skip
