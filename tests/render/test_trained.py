"""The head of a training's report, and standard errors that mean nothing."""

from pathlib import Path
from typing import Any

import pytest

from abkit.core.trained import ClassShares, TrainingReport
from abkit.model.prior_shift import PriorEstimate
from abkit.pipeline.class_shares import _usable_errors
from abkit.render.trained import _shares
from abkit.render.trained_warnings import warnings_of


def report(ap: float, linear: float, temperature: float = 1.0, n_called: int | None = None,
           **more: Any) -> TrainingReport:  # fmt: skip
    part = {"average_precision": ap, "baseline_average_precision": linear, "n_positive": 2, "n": 10}
    facts: dict[str, Any] = {key: {} for key in ("config", "threshold", "golden")}
    called = {} if n_called is None else {"n_called": n_called}
    return TrainingReport(
        folder=Path("m"), digest="0", source="own.csv", class_names=("lost", "other"),
        calibrator={"kind": "platt", "temperature": temperature}, certified=None,
        label_source="logs", metrics={"report": part | more}, **facts, **called,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (report(0.87, 0.88), []),
        (report(0.19, 0.18), ["random order"]),
        (report(0.30, 0.80), ["far below"]),
        (report(0.87, 0.88, 50.0), ["limit 50"]),
        (report(0.87, 0.88, n_called=1), []),
        (report(0.87, 0.88, n_called=0), ["no text is called LABEL 0"]),
        (report(0.87, 0.88, recall_at_threshold=0.5), []),
        (report(0.87, 0.88, recall_at_threshold=0.0), ["reaches the threshold"]),
    ],
)
def test_a_useless_model_is_told(got: TrainingReport, said: list[str]) -> None:
    lines = warnings_of(got)
    assert len(lines) == len(said)
    assert all(words in line for words, line in zip(said, lines, strict=True))


def estimate(share: float, error: float) -> PriorEstimate:
    return PriorEstimate(
        prior=(share, 1 - share), standard_errors=(error, error), p_value=1, n=100, iterations=9
    )


def test_an_error_that_means_nothing_is_a_dash_with_a_reason() -> None:
    assert _usable_errors(estimate(0.3, 0.05)) == (0.05, 0.05)
    for found in (estimate(0.4, 75.76), estimate(0.001, 0.02)):
        errors = _usable_errors(found)
        assert errors == (None, None)
        table = _shares(
            ClassShares(
                class_names=("lost", "other"), logged=(0.5, 0.5), n_logged=1000,
                by_scores=found.prior, standard_errors=errors, n_scored=100,
                golden=(0.5, 0.5), n_golden=100,
            )
        )  # fmt: skip
        assert table.rows[0][2].endswith("± –")
        assert any("no standard error" in note for note in table.notes)
