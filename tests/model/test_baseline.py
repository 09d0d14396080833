"""The baseline: TF-IDF worked by hand, separable texts, absent classes."""

import numpy as np
import pytest

from abkit.core.errors import DataError
from abkit.model import metrics
from abkit.model.baseline import fit_baseline


def test_features_are_words_and_pairs_of_two_texts() -> None:
    base = fit_baseline(["a1 b1", "A1  b1 c1", "d1 c1", "d1 e1"], [0, 0, 1, 1])
    vocabulary = base.pipeline.named_steps["tfidfvectorizer"].vocabulary_
    assert sorted(vocabulary) == ["a1", "a1 b1", "b1", "c1", "d1"]


def test_it_ranks_clean_labels(corpus, golden) -> None:
    p = fit_baseline(corpus.texts, corpus.logged).probabilities(golden[1].texts)
    assert p.sum(axis=1) == pytest.approx(np.ones(len(p)))
    assert metrics.average_precision(p[:, 0], golden[1].truth == 0) > 0.75
    assert np.array_equal(
        p, fit_baseline(corpus.texts, corpus.logged).probabilities(golden[1].texts)
    )


def test_an_absent_class_has_probability_zero() -> None:
    base = fit_baseline(
        ["yes it is", "yes it was", "no it is", "no it was"], [0, 0, 2, 2], n_classes=4
    )
    p = base.probabilities(["yes", ""])
    assert p.shape == (2, 4)
    assert (p[:, [1, 3]] == 0).all()
    assert p[0, 0] > 0.5
    assert base.probabilities([]).shape == (0, 4)


@pytest.mark.parametrize(
    ("texts", "labels", "fact"),
    [(["a b", "a b"], [1, 1], "two classes"), (["aa", "bb"], [0, 1], "cannot be fitted")],
)
def test_bad_data(texts, labels, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        fit_baseline(texts, labels)
