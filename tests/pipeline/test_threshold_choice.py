"""Which threshold flags: the plug-in one by default, the certified one on request, or an error."""

from dataclasses import replace

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.model.artifact import Artifact
from abkit.model.calibration import no_calibration
from abkit.model.certified_thresholds import certify_precision
from abkit.model.golden_ledger import GoldenPart
from abkit.model.presets import preset
from abkit.model.thresholds import plug_in_threshold
from abkit.pipeline.threshold_choice import certified_beside, read_threshold, threshold_in_use

SCORES = np.linspace(0.999, 0.001, 400)
POSITIVE = (np.arange(400) < 120) & (np.arange(400) % 40 > 0)  # 117 of the top 120


@pytest.fixture
def artifact() -> Artifact:
    part = GoldenPart(
        labels_of="golden", probabilities=np.column_stack([SCORES, 1 - SCORES]),
        labels=(~POSITIVE).astype(np.int64), hashes=np.arange(400, dtype=np.uint64),
        n_in_training=0,
    )  # fmt: skip
    return Artifact(
        config=preset("compact", n_classes=2),
        class_names=("defective", "other"),
        calibrator=no_calibration(2),
        threshold=plug_in_threshold(SCORES, POSITIVE),
        certified=certify_precision(SCORES, POSITIVE),
        golden={"report": part},
        class_prior=(0.3, 0.7),
        label_source="golden",
        metrics={"report": {"precision_at_threshold": 0.8, "recall_at_threshold": 0.7}},
        tokenizer="{}",
        weights={},
        seen_texts=np.empty(0, dtype=np.uint64),
    )


def test_the_plug_in_threshold_is_the_default(artifact: Artifact) -> None:
    used = threshold_in_use(artifact, None)
    assert used.value == artifact.threshold.threshold
    assert used.offline == (0.8, 0.7)
    assert "no guarantee" in used.origin


def test_the_certified_one_is_measured_on_the_report_part(artifact: Artifact) -> None:
    used = threshold_in_use(artifact, "certified")
    assert artifact.certified is not None
    assert used.value == artifact.certified.threshold
    flagged = used.value <= SCORES
    assert used.offline == pytest.approx(
        (POSITIVE[flagged].mean(), POSITIVE[flagged].sum() / POSITIVE.sum())
    )
    assert used.expected == used.offline  # here both parts are one
    assert "certified for 85 % precision with 95 % confidence" in used.origin


def test_a_number_is_a_number(artifact: Artifact) -> None:
    assert threshold_in_use(artifact, 2.0).value == 2.0
    assert read_threshold("0.25") == 0.25
    assert read_threshold("certified") == "certified"
    assert read_threshold(None) is None
    for word, says in (("certifed", "expected a number or `certified`"), ("inf", "is inf")):
        with pytest.raises(ConfigError, match=says):
            read_threshold(word)


def test_what_is_not_there_is_said(artifact: Artifact) -> None:
    none = certify_precision(SCORES, POSITIVE, target=0.99)
    for certified, says in ((none, "none can promise 99 % precision"), (None, "no golden labels")):
        bare = replace(artifact, certified=certified)
        assert says in certified_beside(bare)
        with pytest.raises(ConfigError, match="no certified threshold"):
            threshold_in_use(bare, "certified")
    missed = replace(artifact, threshold=plug_in_threshold(SCORES, np.zeros(400)))
    with pytest.raises(ConfigError, match="the model has no threshold"):
        threshold_in_use(missed, None)
