"""Gamma by calibrated validation NLL: computed anew, apart halves, refusals before training."""

from dataclasses import replace

import numpy as np
import pytest

from abkit.core.errors import ConfigError, DataError
from abkit.model.calibration import fit_temperature
from abkit.model.gamma_choice import GammaChoice, _second_half, choose_gamma
from abkit.model.metrics import nll
from abkit.model.text import normalise, split_by_text, text_hashes
from abkit.model.training import train

NAMES = ("defective", "other")
GAMMAS = (5.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def choice(corpus, tiny) -> GammaChoice:
    config = replace(tiny, epochs=3, seed=4)
    return choose_gamma(corpus.texts, corpus.logged, config, class_names=NAMES, gammas=GAMMAS)


def test_the_lowest_calibrated_nll_is_chosen(choice) -> None:
    assert [one.gamma for one in choice.candidates] == [0, 1, 5]
    best = min(choice.candidates, key=lambda one: one.calibrated_nll)
    assert choice.trained.network.config.gamma == best.gamma
    for one in choice.candidates:
        assert one.difference == pytest.approx(one.calibrated_nll - best.calibrated_nll)
        assert (one.standard_error == 0) == (one is best)


def test_every_number_computed_anew(choice, corpus, tiny) -> None:
    """From a training of its own, with metrics.nll, half by half."""
    trained = train(
        corpus.texts, corpus.logged, replace(tiny, epochs=3, seed=4, gamma=5.0), class_names=NAMES
    )
    rows = trained.split.validation
    texts = [corpus.texts[row] for row in rows]
    z, y = trained.network.logits(texts), corpus.logged[rows]
    odd = text_hashes([normalise(text) for text in texts], key="gamma halves 4") % 2 == 1
    assert 0.3 < odd.mean() < 0.7
    temperatures = [fit_temperature(z[half], y[half]).temperature for half in (~odd, odd)]
    parts = [
        (nll(fit_temperature(z[fitted], y[fitted]).apply(z[judged]), y[judged]), judged.sum())
        for fitted, judged in ((odd, ~odd), (~odd, odd))
    ]
    one = choice.candidates[-1]
    assert one.temperatures == pytest.approx(temperatures)
    assert one.calibrated_nll == pytest.approx(sum(v * n for v, n in parts) / len(rows))
    assert one.nll == pytest.approx(trained.history[trained.kept_epoch - 1].validation_nll)
    assert one.epoch == trained.kept_epoch


def test_focal_losses_need_a_temperature_below_that_of_cross_entropy(choice) -> None:
    """gamma = 5 is under-confident by construction: its logits are to be sharpened."""
    first, last = choice.candidates[0], choice.candidates[-1]
    assert np.mean(last.temperatures) < 0.7 * np.mean(first.temperatures)
    assert last.calibrated_nll < last.nll - 0.02


def test_equal_texts_share_a_half() -> None:
    """A text that stands in both halves would be judged by what was fitted on it."""
    texts = [f"text {i}" for i in range(300)] * 2
    rows = split_by_text(texts, seed=0).validation
    half = _second_half(texts, 0)
    for text in {texts[row] for row in rows}:
        assert len({bool(h) for row, h in zip(rows, half, strict=True) if texts[row] == text}) == 1


def test_refusals_come_before_training(corpus, tiny, monkeypatch) -> None:
    monkeypatch.setattr("abkit.model.gamma_choice.train", None)
    with pytest.raises(ConfigError, match="the loss is `flsd53`"):
        choose_gamma(corpus.texts, corpus.logged, replace(tiny, loss="flsd53"), class_names=NAMES)
    with pytest.raises(ConfigError, match=r"`gamma` is 0\.5"):
        choose_gamma(corpus.texts, corpus.logged, tiny, class_names=NAMES, gammas=(0, 0.5))
    with pytest.raises(DataError, match="make no two halves"):
        choose_gamma(["a", "b"], [0, 1], tiny, class_names=NAMES)
