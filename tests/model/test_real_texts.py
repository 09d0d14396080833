"""The compact preset on real complaints with human labels, beside the baseline."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.model.fitting import fit_artifact
from abkit.model.presets import preset


@pytest.mark.slow
def test_luggage_against_the_rest(real_data: Path | None, record_property) -> None:
    """A natural rare class (5.5 %): far above chance, and near TF-IDF + logistic regression."""
    if real_data is None:
        record_property("real_data", "absent")
        return
    table = pd.read_csv(real_data / "airline_complaints.csv.gz", keep_default_na=False)
    artifact = fit_artifact(
        table["text"].tolist(),
        (table["reason5"] != "luggage").astype(np.int64).to_numpy(),
        calibrate=None,
        report=None,
        config=preset("compact", n_classes=2),
        class_names=["luggage", "rest"],
    )
    facts = artifact.metrics["report"]
    print({name: facts[name] for name in ("average_precision", "baseline_average_precision")})
    assert facts["average_precision"] > 0.65
    assert facts["average_precision"] > facts["baseline_average_precision"] - 0.1
    assert facts["ece_positive"] < 0.03
