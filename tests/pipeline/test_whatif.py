"""What-if: ties, what must be 0, the best thresholds, bands, refusals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.core.whatif import ALL, WhatIf
from abkit.pipeline.whatif import checked_grid, whatif
from abkit.pipeline.whatif_models import CALIBRATORS, GAMMAS, chosen, recalibrated
from abkit.pipeline.whatif_surface import Question, surface
from abkit.simulations.launch import QUANTITIES
from abkit.simulations.one_arm import one_arm
from abkit.simulations.outcome_sums import outcome_sums

from ..simulations.fakes import beta_supply
from .whatif_fakes import GRID, fake_models, fake_whatif, small_world


@pytest.fixture(scope="module")
def result() -> WhatIf:
    return fake_whatif(seeds=2)


def test_equal_losses_tie_exactly(result: WhatIf) -> None:
    (ce,) = result.of_change("loss")
    for case in ce.cases:
        for quantity, one in case.against_baseline.items():
            assert (one.mean.estimate, one.mean.ci_lower, one.mean.ci_upper) == (0, 0, 0)
            assert one.verdict(quantity) == "tie"


def test_the_menus_policy_is_nobody_treated(result: WhatIf) -> None:
    base = result.variants[0]
    menu = next(v for v in result.of_change("policy") if v.setting.policy == "menu")
    for case, deployed in zip(menu.cases, base.cases, strict=True):
        for quantity in QUANTITIES:
            launch = case.launch[quantity]
            assert [one.estimate for one in launch.by_seed] == [0, 0]
            assert launch.mean.ci_upper == 0
            assert case.against_baseline[quantity].mean.estimate == pytest.approx(
                -deployed.launch[quantity].mean.estimate
            )
    assert menu.of("A").changed == 0
    assert menu.of("A").incremental_precision is None


def test_rates_are_those_of_the_world(result: WhatIf) -> None:
    """The first training alone, counted again by hand."""
    single = fake_whatif()
    of = outcome_sums(
        one_arm(small_world(), "treatment"), beta_supply(per_cell=400), threshold=0.45, weeks=1,
        seed=3,
    )  # fmt: skip
    case = single.variants[0].of("C")
    counts = {name: of.total(name, "C") for name in of.counts}
    assert case.rates["AR"] == counts["automated"] / counts["contacts"]
    assert case.rates["24RR"] == counts["repeated"] / counts["mature"]
    assert case.flagged == counts["flagged"] / counts["texts"]
    assert case.incremental_precision == counts["true_changed"] / counts["changed"]
    both = result.variants[0].of("C").launch["AR"]
    assert len(both.by_seed) == 2
    assert both.by_seed[0] == single.variants[0].of("C").launch["AR"].by_seed[0]


def test_values_are_counted_from_the_world() -> None:
    weights = {"automated": 4.0, "positive": 1.0, "repeat": -6.0, "escalated": -0.5}
    found = fake_whatif(value=weights).variants[0].of(ALL).launch["value"].mean.estimate

    def value(arm: str) -> float:
        of = outcome_sums(
            one_arm(small_world(), arm), beta_supply(per_cell=400), threshold=0.45, weeks=1, seed=3
        )
        worth = 4 * of.total("automated") + of.total("positive") - 6 * of.total("repeated")
        return 1000 * (worth - 0.5 * of.total("escalated")) / of.total("contacts")

    assert found == pytest.approx(value("treatment") - value("control"))


def test_ars_value_is_best_where_ar_is() -> None:
    for case in fake_whatif(value={"automated": 1.0}).thresholds:
        assert case.of("value").threshold == case.of("AR").threshold
        assert case.of("value").flat == case.of("AR").flat
        assert case.break_even["value"] == pytest.approx(case.break_even["AR"])


def test_answers_are_best_on_the_curve(result: WhatIf) -> None:
    for case in result.thresholds:
        for name, best in (("AR", max), ("PRR", max), ("24RR", min), ("value", max)):
            curve, one = case.curves[name], case.of(name)
            assert one.gains[name].form == best(curve.form)
            assert one.flat.low <= one.threshold <= one.flat.high
            assert one.band.low <= one.threshold <= one.band.high
            for form, low, high in zip(curve.form, curve.low, curve.high, strict=True):
                assert low <= form <= high
        safest = case.thresholds.index(case.of("safest").threshold)
        assert case.curves["value"].low[safest] >= 0.999 * max(case.curves["value"].low)


def test_bands_hold_their_parts(result: WhatIf) -> None:
    for case in result.thresholds:
        assert case.recall_range.low < case.recall < case.recall_range.high
        of_recall = case.of("in use").gains["AR"]
        assert of_recall.recall_band.low < of_recall.form < of_recall.recall_band.high
        for gain in case.of("in use").gains.values():
            for part in (gain.harm_band, gain.recall_band):
                assert gain.band.low <= part.low <= gain.form <= part.high <= gain.band.high


def test_at_break_even_nothing_is_gained() -> None:
    """IP = g / (g + G) for AR: derived from the share of wrong flags, not searched for."""
    world = small_world({"customers.max_attempts": 1, "use_cases.A.prevalence": 0.05})
    case = fake_whatif(world=world).thresholds[0]
    gap = case.break_even["AR"]
    from abkit.simulations.closed_form import closed_form

    flags = closed_form(world, beta_supply(per_cell=400), 0.45)["A"].flags
    cells = world.use_cases["A"].acceptance
    assert gap is not None
    assert flags.incremental_precision == pytest.approx(gap / (gap + cells.tp - cells.fn), rel=1e-4)


def test_what_never_pays_is_said() -> None:
    """A resolution that fits, refused more often than one that does not."""
    world = small_world({"use_cases.A.acceptance.fn": 0.9, "use_cases.A.acceptance.fp": 0.6})
    case = fake_whatif(world=world).thresholds[0]
    assert "AR" in case.never_pays


def test_harms_that_leave_no_acceptance_are_left_out() -> None:
    world = small_world({"use_cases.B.acceptance.tn": 0.15, "use_cases.B.acceptance.fp": 0.1})
    asked = Question(
        world=world, control="control", treatment="treatment", weights={"automated": 1.0},
        confidence_level=0.95, target_precision=0.85, own_threshold=None,
    )  # fmt: skip
    found = surface(asked, fake_models()["FL1", "platt", 0], "B", GRID)
    assert found.harms == (0.04, 0.08, 0.12)


def test_results_are_json(result: WhatIf) -> None:
    told = result.to_dict()
    assert told["variants"][1]["cases"][0]["against_baseline"]["AR"]["verdict"] == "tie"
    assert "NaN" not in result.to_json()
    assert len(result.records()) == len(result.variants) * 4 * 4
    assert set(result.to_pandas()["verdict"]) <= {"tie", "better", "worse", "undecided"}


def test_grids_and_names_are_checked(tmp_path: Path) -> None:
    np.testing.assert_array_equal(checked_grid([0.5, 0.1, 0.1, 0.9]), [0.1, 0.5, 0.9])
    for grid, said in (([0.1, 0.2], "names 2 values"), ([0.1, 0.2, 1.5], "`threshold` is 1.5")):
        with pytest.raises(ConfigError, match=said):
            checked_grid(grid)
    with pytest.raises(ConfigError, match="`loss` is `FL2`"):
        chosen("loss", "CE,FL2", list(GAMMAS))
    assert chosen("loss", "CE,CE", list(GAMMAS)) == ["CE"]
    with pytest.raises(ConfigError, match="exclude each other"):
        whatif(run="x", scenario="erlang", runs=tmp_path)
    with pytest.raises(ConfigError, match="nobody types"):
        whatif(scenario="returns-bot-points", changes={"customers.text_rate": 0.0}, runs=tmp_path)
    with pytest.raises(ConfigError, match="believes the menu"):
        whatif(
            scenario="returns-bot-points", changes={"arms.control.policy": "menu_and_text"},
            runs=tmp_path,
        )  # fmt: skip


def test_other_calibrators_are_what_training_would_fit(private_cache: Path) -> None:
    """From stored scores alone, against the network's own logits of the same golden texts."""
    from abkit.model.artifact import load
    from abkit.model.calibrators import fit_calibrator
    from abkit.model.scoring import logits
    from abkit.pipeline.history import BINARY_NAMES, N_GOLDEN, cached_model
    from abkit.pipeline.simulating import default_recipe
    from abkit.pipeline.supplies import generated_texts, scored
    from abkit.simulations.language.sets import golden_set
    from abkit.simulations.scenario_files import load_scenario

    recipe = default_recipe(load_scenario("returns-bot-points"))
    artifact, texts = load(cached_model(recipe)), generated_texts()
    supply = scored(texts, artifact)
    golden = golden_set(
        N_GOLDEN[len(BINARY_NAMES)], prior=recipe.prior, seed=recipe.config.seed,
        purpose="calibrate",
    )  # fmt: skip
    z = logits(artifact, list(golden.texts))
    some = np.arange(0, supply.scores.size, 97)
    served = logits(artifact, [texts.texts[int(row)].as_py() for row in some])
    for kind in CALIBRATORS:
        made = recalibrated(artifact, supply, kind, loss="FL1", target_precision=0.85)
        own = fit_calibrator(kind, z, (golden.reason != 0).astype(int))
        np.testing.assert_allclose(
            made.supply.scores[some], own.apply(served)[:, 0], atol=2e-4, rtol=0
        )
    own = recalibrated(artifact, supply, "platt", loss="FL1", target_precision=0.85)
    assert own.threshold == artifact.threshold.threshold
    part = artifact.golden["calibrate"]
    hopeless = replace(
        artifact, golden={**artifact.golden, "calibrate": replace(part, labels=part.labels * 0 + 1)}
    )
    with pytest.raises(ConfigError, match=r"no threshold shows a precision of 0\.85"):
        recalibrated(hopeless, supply, "platt", loss="FL1", target_precision=0.85)
