"""Noisy labels mis-set a temperature, up or down: closed forms, and a trained model."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit

from abkit.core.rng import rng_for
from abkit.model import metrics
from abkit.model.calibration import fit_temperature, no_calibration
from abkit.model.reliability import reliability
from abkit.model.training import train

from .conftest import make_corpus

FLIPPED = 0.1


@dataclass(frozen=True)
class Judged:
    """One temperature on texts on which nothing was fitted."""

    temperature: float
    nll: float
    ece: float
    confidence: float
    accuracy: float


def compare_temperatures(fitted_on, *, report) -> dict[str, Judged]:
    """Fit one temperature on each part; judge all of them, and T = 1, on another part."""
    logits, labels = report
    temperatures = {"none": 1.0} | {
        name: fit_temperature(*part).temperature for name, part in fitted_on.items()
    }
    found = {}
    for name, temperature in temperatures.items():
        p = no_calibration(logits.shape[1]).apply(logits / temperature)
        top = p.max(axis=1)
        found[name] = Judged(
            temperature, metrics.nll(p, labels), reliability(p, labels).ece, top.mean(),
            (p.argmax(axis=1) == labels).mean(),
        )  # fmt: skip
    return found


def two(margins) -> np.ndarray:
    return np.stack([margins, np.zeros(len(margins))], axis=1)


def drawn(n: int, flipped: float, key: str):
    """Logits that are right (true T = 1), and labels of which a share is flipped."""
    rng = rng_for(0, "temperatures compared", key)
    margins = 3 * rng.normal(size=n)
    label = (rng.random(n) > expit(margins)).astype(int)
    return two(margins), np.where(rng.random(n) < flipped, 1 - label, label)


def test_population_temperature_of_flipped_labels() -> None:
    """d/dT of the expected NLL vanishes at E[m (s(m/T) - q(m))] = 0, q = s(m) (1 - 2f) + f.

    By quadrature for margins m from N(0, 3^2); without flips its root is T = 1.
    """
    m = np.linspace(-24, 24, 48_001)
    weight = np.exp(-(m**2) / 18)

    def slope(temperature: float, flipped: float) -> float:
        q = expit(m) * (1 - 2 * flipped) + flipped
        return float(np.sum(weight * m * (expit(m / temperature) - q)))

    assert brentq(slope, 0.1, 20, args=(0.0,)) == pytest.approx(1, abs=1e-6)
    want = brentq(slope, 0.1, 20, args=(FLIPPED,))
    got = compare_temperatures(
        {"noisy": drawn(100_000, FLIPPED, "noisy"), "golden": drawn(100_000, 0, "golden")},
        report=drawn(100_000, 0, "report"),
    )
    assert got["noisy"].temperature == pytest.approx(want, rel=0.02)
    assert want > 1.7
    assert got["golden"].temperature == pytest.approx(1, rel=0.02)
    assert got["noisy"].nll > got["golden"].nll + 0.02
    assert got["noisy"].ece > 0.05 > 10 * got["golden"].ece
    assert got["noisy"].confidence < got["noisy"].accuracy - 0.05  # under-confident
    assert got["none"].nll == pytest.approx(got["golden"].nll, abs=1e-3)
    assert len({one.accuracy for one in got.values()}) == 1


def test_noise_that_is_learnt_under_corrects() -> None:
    """40 % of LABEL 0 logged as the other: q' = .6 q, which a perfect model of the logs says.

    For the logs T = 1. For the truth the root of E[z (s(z/T) - q)] = 0, z = logit q', is 1.34, by
    quadrature for margins from N(-2, 1.5^2): a model that trusts its logs is over-confident.
    """
    m = np.linspace(-16, 12, 20_001)
    weight, q = np.exp(-((m + 2) ** 2) / 4.5), expit(m)
    z = logit(0.6 * q)
    want = brentq(lambda t: float(np.sum(weight * z * (expit(z / t) - q))), 0.1, 20)
    assert want == pytest.approx(1.341, abs=1e-3)
    rng = rng_for(0, "leak")
    margins = rng.normal(-2, 1.5, size=100_000)
    logits = two(logit(0.6 * expit(margins)))
    true = (rng.random(100_000) > expit(margins)).astype(int)
    logged = np.where((true == 0) & (rng.random(100_000) < 0.4), 1, true)
    fit, new = slice(0, 50_000), slice(50_000, None)
    got = compare_temperatures(
        {"logged": (logits[fit], logged[fit]), "true": (logits[fit], true[fit])},
        report=(logits[new], true[new]),
    )
    assert got["logged"].temperature == pytest.approx(1, rel=0.02)
    assert got["true"].temperature == pytest.approx(want, rel=0.02)
    assert got["true"].nll < got["logged"].nll - 0.005


def test_on_a_network_that_learnt_noisy_labels_by_heart(tiny) -> None:
    """Over-confident on clean labels (T > 1), but the logs ask for more than the truth does."""
    logs, golden, report = make_corpus(1500, 5), make_corpus(1500, 6), make_corpus(1500, 7)
    rng = rng_for(0, "flips")
    logged = np.where(rng.random(1500) < 0.2, 1 - logs.truth, logs.truth)
    config = replace(
        tiny, gamma=0.0, learning_rate=0.02, epochs=15, patience=None, schedule="constant",
        token_dropout=0.0, embedding_dropout=0.0, dense_dropout=0.0,
    )  # fmt: skip
    trained = train(logs.texts, logged, config, class_names=("a", "b"))
    rows = trained.split.validation
    network = trained.last
    validation = network.logits([logs.texts[row] for row in rows])
    got = compare_temperatures(
        {
            "noisy": (validation, logged[rows]),
            "true": (validation, logs.truth[rows]),
            "golden": (network.logits(golden.texts), golden.truth),
        },
        report=(network.logits(report.texts), report.truth),
    )
    assert got["noisy"].temperature > 1.3 * got["true"].temperature  # labels alone
    assert got["noisy"].temperature > 1.3 * got["golden"].temperature
    assert got["golden"].temperature > 1.5
    assert got["golden"].nll < got["noisy"].nll < got["none"].nll
    assert got["golden"].ece < got["noisy"].ece
