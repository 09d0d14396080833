"""Options of `evaluate` that cannot change what a model's folder holds are refused."""

from pathlib import Path
from typing import Any

import pytest

from abkit.core.errors import ConfigError
from abkit.pipeline.evaluating import evaluate


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bins", {"n_bins": 15}),
        ("edges", {"edges": "left"}),
        ("calibration_of", {"calibration_of": "classwise"}),
        ("weight", {"weight": "w"}),
        ("bootstrap", {"bootstrap": 200}),
        ("seed", {"seed": 1}),
        ("by", {"by": "x"}),
        ("against", {"against": "other"}),
        ("label", {"label": "truth"}),
    ],
)
def test_refused_without_texts(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is given") as refused:
        evaluate(tmp_path, **options)
    assert "--data" in str(refused.value.hint)
