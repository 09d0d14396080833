"""Training: deterministic, order-free, two losses apart, the best epoch restored."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError, DataError
from abkit.model import metrics
from abkit.model.calibration import fit_temperature, no_calibration
from abkit.model.epochs import patience, planned, share_of_rate
from abkit.model.presets import ModelConfig
from abkit.model.training import Trained, train

NAMES = ("defective", "other")


def weights_equal(a: Trained, b: Trained) -> bool:
    x, y = a.network.weights, b.network.weights
    return x.keys() == y.keys() and all(np.array_equal(x[name], y[name]) for name in x)


def validation_nll(trained: Trained, corpus) -> float:
    rows = trained.split.validation
    logits = trained.network.logits([corpus.texts[row] for row in rows])
    return metrics.nll(no_calibration(2).apply(logits), corpus.logged[rows])


def test_it_learns_what_the_logs_hide(trained, golden) -> None:
    """Trained on labels of which 40 % of LABEL 0 are wrong, it ranks clean ones well."""
    report = golden[1]
    logits = trained.network.logits(report.texts)
    ap = metrics.average_precision(logits[:, 0] - logits[:, 1], report.truth == 0)
    assert ap > 0.75 > 2 * np.mean(report.truth == 0)


def test_same_bytes_in_any_row_order_and_on_any_ambient_threads(corpus, tiny, trained) -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    order = np.random.default_rng(0).permutation(len(corpus.texts))
    torch.set_num_threads(2 if threads == 1 else 1)
    ambient = torch.get_num_threads()
    try:
        again = train(
            [corpus.texts[row] for row in order], corpus.logged[order], tiny, class_names=NAMES
        )
        assert torch.get_num_threads() == ambient
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert weights_equal(trained, again)
    assert trained.history == again.history
    assert trained.network.tokenizer == again.network.tokenizer


def test_another_seed_is_another_model(corpus, tiny, trained) -> None:
    other = train(corpus.texts, corpus.logged, replace(tiny, seed=1), class_names=NAMES)
    assert not weights_equal(trained, other)


def test_the_best_epoch_is_restored(corpus, tiny) -> None:
    """At a high rate validation gets worse later; the weights kept are those of the minimum."""
    config = replace(tiny, learning_rate=0.05, epochs=12, patience=2)
    trained = train(corpus.texts, corpus.logged, config, class_names=NAMES)
    nlls = [epoch.validation_nll for epoch in trained.history]
    assert len(nlls) == trained.best_epoch + 2 < 12
    assert validation_nll(trained, corpus) == pytest.approx(nlls[trained.best_epoch - 1], rel=1e-12)


def calibrated_nll(network, trained: Trained, corpus) -> float:
    rows = trained.split.validation
    logits = network.logits([corpus.texts[row] for row in rows])
    scaled = fit_temperature(logits, corpus.logged[rows])
    return metrics.nll(scaled.apply(logits), corpus.logged[rows])


def test_early_stopping_compares_what_a_temperature_cannot_mend(corpus, tiny) -> None:
    """FL5 is unsure for long: its plain NLL still falls when its calibrated NLL has got worse.

    Without early stopping the best epoch is that of the lowest plain NLL, as the study has it.
    """
    config = replace(tiny, gamma=5.0, learning_rate=0.02, epochs=12, schedule="constant")
    stopping, plain = (
        train(corpus.texts, corpus.logged, replace(config, patience=wait), class_names=NAMES)
        for wait in (12, None)
    )
    assert stopping.history == plain.history
    nlls = [epoch.validation_nll for epoch in plain.history]
    assert plain.best_epoch == int(np.argmin(nlls)) + 1
    assert nlls[stopping.best_epoch - 1] > min(nlls)
    kept, last = (calibrated_nll(one, plain, corpus) for one in (stopping.best, stopping.last))
    assert kept < min(last, calibrated_nll(plain.best, plain, corpus))


def test_without_early_stopping_the_last_epoch_is_kept(corpus, tiny) -> None:
    config = replace(tiny, learning_rate=0.05, epochs=15, patience=None)
    trained = train(corpus.texts, corpus.logged, config, class_names=NAMES)
    assert trained.kept_epoch == len(trained.history) == 15
    last = trained.history[-1].validation_nll
    assert validation_nll(trained, corpus) == pytest.approx(last, rel=1e-12)
    assert last > min(epoch.validation_nll for epoch in trained.history)


def test_objective_and_nll_are_two_things(corpus, tiny, trained) -> None:
    """The focal loss lies below the NLL; with gamma 0 they are one number."""
    assert all(e.validation_objective < 0.8 * e.validation_nll for e in trained.history)
    config = replace(tiny, gamma=0.0, epochs=1)
    (epoch,) = train(corpus.texts, corpus.logged, config, class_names=NAMES).history
    assert epoch.validation_objective == epoch.validation_nll
    falling = [e.objective for e in trained.history]
    assert falling == sorted(falling, reverse=True)


def test_split_is_kept_apart(corpus, trained) -> None:
    parts = [
        {corpus.texts[row] for row in rows}
        for rows in (trained.split.train, trained.split.validation, trained.split.test)
    ]
    assert sum(map(len, parts)) == len(parts[0] | parts[1] | parts[2]) == len(set(corpus.texts))


def test_five_classes(tiny) -> None:
    texts = [
        f"{word} {i % 9} thing {i}" for i in range(60) for word in ["ab", "cd", "ef", "gh", "ij"]
    ]
    config = replace(tiny, n_classes=5, epochs=30, patience=None)
    trained = train(texts, [i % 5 for i in range(300)], config, class_names=list("abcde"))
    assert trained.network.logits(texts).argmax(axis=1)[:5].tolist() == [0, 1, 2, 3, 4]


def test_progress_sees_every_batch_on_the_threads_of_the_config(corpus, tiny) -> None:
    seen, config = [], replace(tiny, epochs=2, threads=3)

    class Recorder:
        def track(self, items, *, description, total=None):
            items = list(items)
            seen.append((description, total, len(items)))
            assert torch.get_num_threads() == config.threads
            yield from items

    train(corpus.texts, corpus.logged, config, class_names=NAMES, progress=Recorder())
    assert [what for what, _, _ in seen] == [
        "Training, epoch 1 of at most 2",
        "Training, epoch 2 of at most 2",
    ]
    assert all(total == n > 0 for _, total, n in seen)


@pytest.mark.parametrize(
    ("n", "asked", "want"),
    [
        (64_000, None, 4),
        (16_000, None, 4),
        (13_334, None, 5),
        (13_333, None, 6),  # 120,000 / 13,333 = 9 and a little; less 4
        (6_400, None, 15),
        (2_560, None, 40),
        (1_024, None, 63),  # 16 batches: 1,000 updates
        (640, 3, 3),
        (64_000, 9, 9),
    ],
)
def test_planned_epochs(tiny, n: int, asked: int | None, want: int) -> None:
    """Texts of one length in batches of 64: few texts are read more often, within bounds."""
    found = planned(np.ones(n, dtype=np.int64), replace(tiny, epochs=asked))
    assert found == (want, want * math.ceil(n / 64))


@pytest.mark.parametrize(
    ("asked", "wait", "planned_epochs", "want"),
    [
        (None, 2, 4, 2),
        (None, 2, 11, 2),
        (None, 2, 12, 3),
        (None, 2, 40, 10),
        (None, 7, 16, 7),
        (40, 2, 40, 2),
        (None, None, 40, math.inf),
    ],
)
def test_patience_grows_with_the_plan(tiny, asked, wait, planned_epochs, want) -> None:
    """A quarter of the planned epochs, or what the config says; where it says both, just that."""
    config = replace(tiny, epochs=asked, patience=wait)
    assert patience(config, epochs=planned_epochs) == want


@given(st.lists(st.integers(1, 128), min_size=1, max_size=3_000), st.integers(1, 64))
def test_the_plan_by_its_laws(lengths: list[int], batch_size: int) -> None:
    """At least 4 epochs and 1,000 updates, and never fewer epochs than for twice the texts."""
    config = ModelConfig(n_classes=2, batch_size=batch_size)
    epochs, updates = planned(np.array(lengths), config)
    assert updates >= 1_000
    assert 4 <= planned(np.array(lengths * 2), config)[0] <= epochs


def test_the_rate_rises_briefly_and_falls_to_zero() -> None:
    shares = [share_of_rate(done, updates=100) for done in range(101)]
    assert shares[0] == 0.2
    assert max(shares) == shares[4] == 0.96
    assert all(a > b for a, b in pairwise(shares[4:]))
    assert shares[-1] == 0


def test_divergence_is_an_error_with_a_remedy(corpus, tiny) -> None:
    config = replace(tiny, learning_rate=1e38)
    with pytest.raises(ConfigError, match="training diverged in epoch 1") as caught:
        train(corpus.texts, corpus.logged, config, class_names=NAMES)
    assert "learning_rate" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("texts", "labels", "fact"),
    [
        ([], [], "empty part"),
        (["a"] * 500, [0, 1] * 250, "empty part"),
        ([f"t {i}" for i in range(500)], [0] * 500, "every training text has label 0"),
        (["a"], [2], "labels run from 2 to 2; expected 0 to 1"),
        (["a"], [-1], "labels run from -1"),
        (["a"], [0.5], "labels are of type float64"),
        (["a"], [0, 1], "1 texts but labels of shape"),
        ([None], [0], "expected a string"),
    ],
)
def test_bad_data(tiny, texts, labels, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        train(texts, labels, tiny, class_names=NAMES)


def test_class_names_must_fit(tiny) -> None:
    with pytest.raises(DataError, match="1 class names for 2 classes"):
        train(["a"], [0], tiny, class_names=["one"])
