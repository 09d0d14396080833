"""Classifiers for `whatif` that nobody had to train."""

from collections.abc import Mapping

import numpy as np

from abkit.core.value import DEFAULT_VALUE
from abkit.core.whatif import Setting, WhatIf
from abkit.pipeline.whatif import POLICIES, Start, answered
from abkit.pipeline.whatif_models import CALIBRATORS, Classifier, settings
from abkit.simulations.scenario import Scenario

from ..simulations.fakes import beta_supply, default_scenario

GRID = np.round(np.arange(0.05, 0.96, 0.05), 2)
BASELINE = Setting(loss="FL1", calibrator="platt", policy="menu_or_text")


def small_world(changes: Mapping[str, object] | None = None) -> Scenario:
    """Return the default scenario with 6,000 first contacts a week and unlimited agents."""
    few = {"arrivals.first_contacts_per_week": 6_000, "agents.heads": "unlimited"}
    return default_scenario(few | dict(changes or {}))


def fake_models(*, losses: tuple[str, ...] = ("FL1", "CE"), seeds: int = 1) -> dict:
    """Return classifiers: CE's scores are FL1's own, so the two tie; another seed, other texts."""
    made = {}
    for seed in range(seeds):
        supply = beta_supply(per_cell=400, seed=seed)
        for loss in losses:
            for kind in CALIBRATORS:
                made[loss, kind, seed] = Classifier(
                    loss=loss, calibrator=kind, seed=seed, supply=supply, threshold=0.45,
                    prior=0.24, n_positive=250,
                )  # fmt: skip
    return made


def fake_whatif(
    *,
    world: Scenario | None = None,
    value: Mapping[str, float] = DEFAULT_VALUE,
    seeds: int = 1,
    losses: tuple[str, ...] = ("FL1", "CE"),
) -> WhatIf:
    """Return the answers of a small world."""
    start = Start(world=world or small_world(), weeks=1, seed=3, run=None, own_model=False)
    asked = settings(BASELINE, list(losses), ["platt", "none"], list(POLICIES))
    models = fake_models(losses=losses, seeds=seeds)
    return answered(start, "treatment", models, asked, GRID, dict(value), 0.85)
