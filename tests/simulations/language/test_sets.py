"""The history, the golden sets, the supply."""

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.simulations.language.sets import (
    LANGUAGE_VERSION,
    golden_set,
    logged_history,
    served_supply,
)

from . import drawn


def test_reasons_follow_the_prior() -> None:
    """Multinomial counts: four standard deviations each."""
    n = len(drawn.history().reason)
    for code, p in enumerate(drawn.SERVED):
        share = np.mean(drawn.history().reason == code)
        assert share == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))


def test_golden_labels_are_true_and_parts_differ() -> None:
    report = golden_set(500, prior=drawn.SERVED, seed=1, purpose="report")
    calibrate = golden_set(500, prior=drawn.SERVED, seed=1, purpose="calibrate")
    assert (report.logged_reason == report.reason).all()
    assert report.texts != calibrate.texts
    assert not (report.reason == calibrate.reason).all()
    long = {t for t in report.texts if len(t.split()) > 12}
    assert len(long & set(calibrate.texts)) < 0.02 * len(long)


def test_supply_has_equal_cells_in_order() -> None:
    supply = served_supply(60, levels=5, seed=1)
    assert len(supply.texts) == 300
    cells = list(zip(supply.reason.tolist(), supply.level.tolist(), strict=True))
    assert cells == sorted(cells)
    assert {cells.count(c) for c in set(cells)} == {12}
    assert supply.digest == served_supply(60, levels=5, seed=1).digest
    assert supply.digest != served_supply(60, levels=5, seed=2).digest


def test_version_is_a_short_hash() -> None:
    assert len(LANGUAGE_VERSION) == 16
    assert int(LANGUAGE_VERSION, 16) >= 0


@pytest.mark.parametrize(
    ("call", "fact"),
    [
        (lambda: logged_history(0, prior=drawn.SERVED, seed=1), "`n` is 0"),
        (lambda: logged_history(5, prior=(0.5, 0.5), seed=1), "`prior` is"),
        (lambda: logged_history(5, prior=(1.2, -0.2, 0, 0, 0), seed=1), "`prior` is"),
        (lambda: golden_set(5, prior=drawn.SERVED, seed=1, purpose="x"), "`purpose` is `x`"),
        (lambda: served_supply(7, levels=5, seed=1), "`per_reason` is 7"),
        (lambda: served_supply(5, levels=0, seed=1), "`levels` is 0"),
    ],
)
def test_bad_arguments_are_named(call, fact: str) -> None:
    with pytest.raises(ConfigError, match=fact):
        call()
