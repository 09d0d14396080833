"""Scores: batch-invariant, order-free to the byte, total over texts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from abkit.core.errors import ArtifactError, DataError
from abkit.model.batches import stack
from abkit.model.network import Network
from abkit.model.scoring import logits, probabilities, score_texts
from abkit.model.tokenizer import encode


@pytest.fixture(scope="module")
def texts(corpus):
    """All lengths from one word to the maximum."""
    return [*corpus.texts[:300], *(" ".join(corpus.texts[i : i + 6]) for i in range(0, 300, 6))]


def test_batch_invariance(artifact, texts) -> None:
    """One text alone, in a small set and in a large one: the same to 1e-6."""
    together = score_texts(artifact, texts)
    alone = np.array([score_texts(artifact, [text])[0] for text in texts[::7]])
    some = score_texts(artifact, texts[: len(texts) // 2])
    assert abs(alone - together[::7]).max() < 1e-6
    assert abs(some - together[: len(some)]).max() < 1e-6


def test_padding_would_break_it(artifact, texts) -> None:
    """The reason for equal lengths: pads read by the backward direction move the logits."""
    model = Network(
        config=artifact.config, tokenizer=artifact.tokenizer, weights=artifact.weights
    ).module()
    (ids,) = encode(artifact.tokenizer, ["it broke"], max_tokens=32)
    with torch.inference_mode():
        padded = model(torch.tensor([[*ids, *[0] * 20]])).numpy()
    assert abs(padded - logits(artifact, ["it broke"])).max() > 1e-3


def test_same_bytes_in_any_order_and_on_any_ambient_threads(artifact, texts) -> None:
    want = score_texts(artifact, texts)
    order = np.random.default_rng(1).permutation(len(texts))
    before = torch.get_num_threads()
    torch.set_num_threads(2 if before == 1 else 1)
    try:
        got = score_texts(artifact, [texts[row] for row in order])
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(got, want[order])
    doubled = score_texts(artifact, texts * 2)  # repeated texts are computed once
    assert np.array_equal(doubled, np.tile(want, 2))


def test_batches_are_canonical(artifact, texts, monkeypatch) -> None:
    """The very same batches in the same order, whatever the order of the texts."""
    seen = []

    def spy(ids, rows):
        seen.append([ids[row] for row in rows])
        return stack(ids, rows)

    monkeypatch.setattr("abkit.model.network.stack", spy)
    score_texts(artifact, texts)
    first = seen.copy()
    seen.clear()
    score_texts(artifact, [*texts[::-1], texts[0].upper()])
    assert seen == first
    assert sum(map(len, first)) == len(set(texts))


def test_random_state_is_left_alone(artifact) -> None:
    state = torch.random.get_rng_state()
    score_texts(artifact, ["it broke"])
    assert torch.equal(torch.random.get_rng_state(), state)


NASTY = [
    "",
    "   \n\t",
    "\0",
    "\x1b[2J",
    "😀" * 50,
    "broken " * 10_000,
    "x" * 1_000_000,
    "\ud800",
    "\u202e\u0301",
    "ﷺ" * 2000,
]


def test_any_string_has_a_score(artifact) -> None:
    scores = score_texts(artifact, NASTY)
    assert ((scores > 0) & (scores < 1)).all()
    assert scores[0] == scores[1]  # empty and blank are one text
    assert np.array_equal(score_texts(artifact, ["IT  Broke"]), score_texts(artifact, ["it broke"]))


def test_a_long_text_is_read_up_to_max_tokens(artifact) -> None:
    long = "broken " * 10_000
    longer = long + "charger absent"
    assert np.array_equal(score_texts(artifact, [long]), score_texts(artifact, [longer]))


def test_no_text_at_all(artifact) -> None:
    assert score_texts(artifact, []).shape == (0,)
    assert probabilities(artifact, []).shape == (0, 2)


def test_scores_are_the_first_column_of_calibrated_probabilities(artifact, texts) -> None:
    p = probabilities(artifact, texts)
    assert p.sum(axis=1) == pytest.approx(np.ones(len(texts)))
    assert np.array_equal(p[:, 0], score_texts(artifact, texts))
    assert np.array_equal(p, artifact.calibrator.apply(logits(artifact, texts)))


def test_progress(artifact, texts) -> None:
    before = torch.get_num_threads()

    class Recorder:
        calls: list = []  # noqa: RUF012

        def track(self, items, *, description, total=None):
            items = list(items)
            assert torch.get_num_threads() == artifact.config.threads == 1
            self.calls.append((description, total == len(items)))
            yield from items

    torch.set_num_threads(before + 1)
    try:
        score_texts(artifact, texts, Recorder())
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)
    assert Recorder.calls == [("Scoring", True)]


@pytest.mark.parametrize("value", [None, 3, float("nan")])
def test_a_text_that_is_none(artifact, value) -> None:
    with pytest.raises(DataError, match="expected a string"):
        score_texts(artifact, ["fine", value])


def test_weights_that_do_not_fit(artifact) -> None:
    other = replace(artifact, config=replace(artifact.config, hidden_size=9))
    with pytest.raises(ArtifactError, match="do not fit the configuration"):
        score_texts(other, ["x"])
