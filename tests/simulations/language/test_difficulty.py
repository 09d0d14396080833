"""How hard the task is for TF-IDF + logistic regression, and the study behind docs/language.md."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from abkit.pipeline import language_study, language_transfer
from abkit.pipeline.language_difficulty import Difficulty, difficulties
from abkit.pipeline.language_study import run_language_study
from abkit.pipeline.language_transfer import weighted_average_precision

from . import drawn


@pytest.fixture(scope="module")
def at_paper_prior() -> tuple[Difficulty, ...]:
    return difficulties(0.42, drawn.history(drawn.PAPER, 16_000), drawn.golden(drawn.PAPER))


@pytest.fixture(scope="module")
def at_served_prior() -> tuple[Difficulty, ...]:
    return difficulties(0.2385, drawn.history(), drawn.golden())


def test_binary_task_is_neither_toy_nor_hopeless(at_paper_prior) -> None:
    true, logged = at_paper_prior
    assert 0.78 <= true.balanced_accuracy <= 0.90
    assert 0.78 <= logged.best_balanced_accuracy <= 0.90
    assert 0.80 <= true.accuracy <= 0.92


def test_five_classes(at_paper_prior, at_served_prior) -> None:
    assert 0.55 <= at_paper_prior[0].macro_f1 <= 0.80
    assert all(0.55 <= d.macro_f1 <= 0.80 for d in at_served_prior)


def test_recall_at_the_promised_precision(at_served_prior) -> None:
    """Trained on the noisy log, at the served prior: recall 0.60 to 0.85, less for hard issues."""
    logged = at_served_prior[1]
    assert 0.60 <= logged.recall <= 0.85
    assert logged.recall_by_level[0] > logged.recall_by_level[4] + 0.12


def test_weighted_average_precision_against_sklearn() -> None:
    rng = np.random.default_rng(2)
    scores, positive = np.round(rng.random(400), 2), rng.random(400) < 0.2  # rounded: ties
    weight = rng.choice([1.47, 5.752], 400)
    expected = average_precision_score(positive, scores, sample_weight=weight)
    assert weighted_average_precision(scores, positive, weight) == pytest.approx(expected)
    nothing = np.zeros(400, dtype=bool)
    assert weighted_average_precision(scores, nothing, weight) == 0.0


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, n in (("N_HISTORY", 1_500), ("N_GOLDEN", 800), ("N_DISTINCT", 1_000)):
        monkeypatch.setattr(language_study, name, n)
    monkeypatch.setattr(language_transfer, "N_RESAMPLES", 20)


def test_study_without_real_files(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    study = run_language_study(None, seed=1)
    assert study.transfers == ()
    assert len(study.samples) == 15
    page = study.to_markdown()
    assert "## Difficulty" in page
    assert "## Transfer" not in page


def test_study_beside_real_files(
    monkeypatch: pytest.MonkeyPatch, real_data: Path | None, record_property
) -> None:
    if real_data is None:
        record_property("real_data", "absent")
        return
    small(monkeypatch)
    study = run_language_study(real_data, seed=1)
    assert [t.scored_on for t in study.transfers].count("generated golden") == 4
    clothing = next(t for t in study.transfers if t.scored_on == "clothing returns")
    assert clothing.prevalence == pytest.approx(0.103, abs=0.001)  # the data's own README
    assert all(t.ci_lower <= t.average_precision <= t.ci_upper for t in study.transfers[1:])
    assert "| telecom turns |" in study.to_markdown()
