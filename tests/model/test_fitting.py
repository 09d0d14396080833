"""The whole way from texts to an artifact: what was fitted where, measured where, and said so."""

from dataclasses import replace

import numpy as np
import pytest

from abkit.core.errors import ConfigError, DataError
from abkit.model import metrics
from abkit.model.certified_thresholds import certify_precision
from abkit.model.fitting import fit_artifact
from abkit.model.scoring import probabilities, score_texts

NAMES = ("defective", "other")


def test_golden_parts(artifact, golden, corpus) -> None:
    calibrate, report = golden
    assert artifact.label_source == "golden"
    assert artifact.class_prior[0] == pytest.approx(np.mean(calibrate.truth == 0))
    for part, name in ((calibrate, "calibrate"), (report, "report")):
        p, facts = probabilities(artifact, part.texts), artifact.metrics[name]
        assert (facts["labels"], facts["n"]) == ("golden", len(part.texts))
        assert facts["nll"] == pytest.approx(metrics.nll(p, part.truth))
        assert facts["average_precision"] == pytest.approx(
            metrics.average_precision(p[:, 0], part.truth == 0)
        )
        known = set(corpus.texts)
        assert facts["n_in_training"] <= sum(text in known for text in part.texts)
    assert artifact.metrics["training"]["labels"] == "logs"


def test_threshold_is_of_the_calibrate_part_and_measured_on_the_report_part(
    artifact, golden
) -> None:
    calibrate, report = golden
    chosen = artifact.threshold
    assert chosen.threshold is not None
    at = metrics.precision_recall_at(
        score_texts(artifact, calibrate.texts), calibrate.truth == 0, chosen.threshold
    )
    assert at == (chosen.expected_precision, chosen.expected_recall)
    assert chosen.expected_precision >= chosen.target_precision == 0.85
    facts = artifact.metrics["report"]
    assert (facts["precision_at_threshold"], facts["recall_at_threshold"]) == (
        metrics.precision_recall_at(
            score_texts(artifact, report.texts), report.truth == 0, chosen.threshold
        )
    )


def test_without_golden_labels_the_artifact_says_so(corpus, tiny, trained) -> None:
    got = fit_artifact(
        corpus.texts, corpus.logged, calibrate=None, report=None, config=tiny, class_names=NAMES
    )
    assert got.label_source == "logs"
    assert {part["labels"] for part in got.metrics.values()} == {"logs"}
    assert got.metrics["calibrate"]["n"] == len(trained.split.validation)
    assert got.metrics["report"]["n"] == len(trained.split.test)
    assert got.metrics["report"]["n_in_training"] == 0
    assert got.class_prior[0] == np.mean(corpus.logged[trained.split.validation] == 0)


def test_same_digest_twice(artifact, corpus, tiny, golden, certify) -> None:
    calibrate, report = golden
    again = fit_artifact(
        corpus.texts,
        corpus.logged,
        calibrate=(calibrate.texts, calibrate.truth),
        report=(report.texts, report.truth),
        certify=(certify.texts, certify.truth),
        config=tiny,
        class_names=NAMES,
    )
    assert again.digest == artifact.digest


def test_the_promise_is_of_the_certify_part_alone(artifact, golden, certify, trained) -> None:
    scores = score_texts(artifact, certify.texts)
    assert artifact.certified == certify_precision(scores, certify.truth == 0, target=0.85)
    assert np.array_equal(artifact.golden["certify"].probabilities[:, 0], scores)
    assert artifact.has_seen(certify.texts).all()
    for name, part in (("calibrate", golden[0]), ("report", golden[1]), ("certify", certify)):
        kept = artifact.golden[name]
        assert np.array_equal(kept.labels, part.truth)
        assert kept.labels_of == "golden"


def test_logged_labels_promise_nothing(corpus, tiny) -> None:
    got = fit_artifact(
        corpus.texts, corpus.logged, calibrate=None, report=None, config=replace(tiny, epochs=1),
        class_names=NAMES,
    )  # fmt: skip
    assert got.certified is None
    assert {name: part.labels_of for name, part in got.golden.items()} == {
        "calibrate": "logs",
        "report": "logs",
    }


def test_no_threshold_reachable_is_an_answer(corpus, tiny, golden) -> None:
    """Labels unrelated to texts: no threshold reaches 99 %, and nothing is measured at none."""
    calibrate = golden[0]
    shuffled = np.random.default_rng(0).permutation(calibrate.truth)
    got = fit_artifact(
        corpus.texts,
        corpus.logged,
        calibrate=(calibrate.texts, shuffled),
        report=None,
        config=replace(tiny, epochs=1, calibrator="platt"),
        class_names=NAMES,
        target_precision=0.99,
    )
    assert got.threshold.threshold is None
    assert got.metrics["report"]["precision_at_threshold"] is None
    assert (got.label_source, got.metrics["report"]["labels"]) == ("golden", "logs")
    assert got.calibrator.kind == "platt"


def test_bad_input_costs_no_training(corpus, tiny, golden, monkeypatch) -> None:
    monkeypatch.setattr("abkit.model.fitting.train", None)  # would fail if it were called
    calibrate = golden[0]
    long_texts = [f"the same text with number {i} for two purposes" for i in range(40)]
    for part, target, error in (
        (([], []), 0.85, DataError),
        ((calibrate.texts, calibrate.truth[:5]), 0.85, DataError),
        ((calibrate.texts, calibrate.truth + 1), 0.85, DataError),
        (None, 85, ConfigError),
        ((long_texts, [0, 1] * 20), 0.85, DataError),
    ):
        with pytest.raises(error):
            fit_artifact(
                corpus.texts,
                corpus.logged,
                calibrate=part,
                report=None,
                certify=(long_texts, [0, 1] * 20),
                config=tiny,
                class_names=NAMES,
                target_precision=target,
            )
