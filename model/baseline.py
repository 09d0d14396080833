"""The baseline that a user would try first: TF-IDF and logistic regression."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from abkit.core.errors import DataError
from abkit.model.text import normalise


@dataclass(frozen=True, slots=True)
class Baseline:
    """A fitted TF-IDF + logistic regression."""

    pipeline: Any
    n_classes: int

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n, k); a class that was never seen has 0."""
        out = np.zeros((len(texts), self.n_classes))
        if len(texts):
            forms = [normalise(text) for text in texts]
            out[:, self.pipeline.classes_] = self.pipeline.predict_proba(forms)
        return out


def fit_baseline(
    texts: Sequence[str], labels: npt.ArrayLike, *, n_classes: int | None = None
) -> Baseline:
    """Fit words and word pairs seen in at least two texts (TF-IDF), then a regression with C = 3.

    Args:
        texts: n of them.
        labels: Int, shape (n,), from 0.
        n_classes: k; by default the largest label + 1.

    Raises:
        DataError: The labels hold one class, or no word is in two texts.
    """
    y = np.asarray(labels, dtype=np.int64)
    if len(np.unique(y)) < 2:
        raise DataError("the baseline needs texts of at least two classes")
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    pipeline = make_pipeline(vectorizer, LogisticRegression(C=3, max_iter=300))
    with threadpool_limits(1), warnings.catch_warnings():  # one thread: sums repeat to the bit
        warnings.simplefilter("ignore", ConvergenceWarning)  # a flat optimum is good enough here
        try:
            pipeline.fit([normalise(text) for text in texts], y)
        except ValueError as error:
            raise DataError(f"the baseline cannot be fitted: {error}") from error
    return Baseline(pipeline, n_classes or int(y.max()) + 1)
