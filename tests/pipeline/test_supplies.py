"""Supplies: a user's texts are held out, scores are cached and made again when damaged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.core.cache import cache_folder
from abkit.core.errors import DataError
from abkit.core.reasons import DEFECTIVE
from abkit.model.artifact import Artifact
from abkit.pipeline.history import N_GOLDEN
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_model
from abkit.pipeline.supplies import generated_texts, own_texts, scored
from abkit.simulations.language.sets import golden_set
from abkit.simulations.scenario_files import load_scenario

WORLD = load_scenario(DEFAULT_SCENARIO)


@pytest.fixture(scope="module")
def artifact(private_cache: Path) -> Artifact:
    return default_model(WORLD)


def source(folder: Path, texts: list[str], positive: np.ndarray) -> LabelledTexts:
    path = folder / "own.csv"
    reasons = np.where(positive, "defective", "others")
    pd.DataFrame({"text": texts, "reason": reasons}).to_csv(path, index=False)
    return LabelledTexts(path)


def test_texts_that_the_model_was_fitted_on_are_left_out(
    artifact: Artifact, tmp_path: Path
) -> None:
    prior = tuple(map(float, WORLD.served_prior()))
    fitted = golden_set(N_GOLDEN[2], prior=prior, seed=0, purpose="calibrate")
    fresh = golden_set(400, prior=prior, seed=9, purpose="certify")
    texts = fitted.texts + fresh.texts
    positive = np.concatenate((fitted.reason, fresh.reason)) == DEFECTIVE
    own = source(tmp_path, texts, positive)
    served = own_texts(own, own.read(), artifact)
    unseen = {text for text in fresh.texts if not artifact.has_seen([text])[0]}
    assert set(served.texts.to_pylist()) == unseen
    by_text = dict(zip(fresh.texts, fresh.reason == DEFECTIVE, strict=True))
    assert [by_text[text] for text in served.texts.to_pylist()] == list(served.reason == DEFECTIVE)
    cells = served.reason.astype(int) * 5 + served.level
    assert (np.diff(cells) >= 0).all()
    sizes = np.bincount(cells, minlength=25)
    assert np.ptp(sizes[:5]) <= 1  # dealt evenly
    assert np.ptp(sizes[5:]) <= 1


def test_too_few_unseen_texts(artifact: Artifact, tmp_path: Path) -> None:
    texts = [f"the bag number {i} never came home" for i in range(30)]
    own = source(tmp_path, texts, np.arange(30) < 4)
    with pytest.raises(DataError, match="has 4 texts of `defective` and 26 others"):
        own_texts(own, own.read(), artifact)


def test_damaged_caches_are_made_again(artifact: Artifact) -> None:
    before = scored(generated_texts(), artifact).scores
    for kind in ("supplies", "scores"):
        for path in cache_folder(kind).iterdir():
            path.write_bytes(path.read_bytes()[:100])
    after = scored(generated_texts(), artifact).scores
    np.testing.assert_array_equal(before, after)
