"""`whatif`: other losses, calibrators, thresholds and policies in one simulated world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.core.runs import find_run, open_run
from abkit.core.value import DEFAULT_VALUE, checked_value
from abkit.core.whatif import ALL, Change, Setting, Variant, VariantCase, WhatIf
from abkit.pipeline.model_in_loop import has_texts
from abkit.pipeline.simulating import CONTROL, DEFAULT_SCENARIO, TREATMENT, treatment_arms
from abkit.pipeline.whatif_losses import formula_check, loss_thresholds
from abkit.pipeline.whatif_models import (
    CALIBRATORS,
    DEFAULT_CALIBRATOR,
    DEPLOYED,
    GAMMAS,
    Classifier,
    classifiers,
    settings,
)
from abkit.pipeline.whatif_surface import Question
from abkit.pipeline.whatif_thresholds import CHECKED_AT, case_thresholds
from abkit.pipeline.whatif_worlds import LEVEL, MARGINS, Worlds, shares
from abkit.simulations.launch import QUANTITIES, with_check
from abkit.simulations.outcome_sums import Outcomes
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import check_size

Floats = npt.NDArray[np.float64]
Trainings = Mapping[tuple[str, str, int], Classifier]

POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)
_GRID: Final = np.round(np.arange(0.02, 0.981, 0.01), 2)
_LEAST, _MOST = 3, 2_000  # thresholds


def whatif(
    *,
    run: str | None = None,
    scenario: str | Path | None = None,
    weeks: int | None = None,
    seed: int | None = None,
    losses: Sequence[str] = tuple(GAMMAS),
    calibrators: Sequence[str] = CALIBRATORS,
    policies: Sequence[str] = POLICIES,
    thresholds: Sequence[float] | None = None,
    value: Mapping[str, float] = DEFAULT_VALUE,
    precision: float = 0.85,
    model_seeds: int = 1,
    changes: Mapping[str, Any] | None = None,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> WhatIf:
    """Compare variants of the text check in one simulated world, on the same draws.

    Every variant differs from the deployed one (focal loss with gamma 1, Platt's calibration, the
    treatment arm's policy) in one thing, has its own plug-in threshold, and treats everybody.

    Args:
        run: A run folder's name, whose scenario, weeks and seed are taken; None: the latest one,
            or without any, or with `scenario`, that scenario.
        scenario: A packaged scenario's name, or a TOML file.
        weeks: Counted weeks; default: the run's, or 2.
        seed: Of every draw in the world; default: the run's, or 1.
        losses: Of CE, FL1, FL3, FL5, FL10.
        calibrators: Of none, temperature, platt, isotonic.
        policies: Of the arms' policies.
        thresholds: To be looked at; default: .02, .03, ..., .98.
        value: What outcomes are worth, per contact; names as in `abkit.core.value`.
        precision: Target of every variant's threshold, on golden texts.
        model_seeds: Trainings of each loss, seeds 0, 1, ...; with one, a difference between losses
            may be that training's alone.
        changes: Values that replace the scenario's, by dotted key.
        runs: The folder that holds the run folders.
        progress: Shows trainings and worlds.

    Raises:
        ConfigError: An argument or a value of the scenario lies outside its domain.
        RunError: There is no such run.
    """
    checks.level("precision", precision)
    checks.at_least("model_seeds", index(model_seeds), 1)
    weights, grid = checked_value(value), checked_grid(thresholds)
    start = _start(run, scenario, runs, changes, weeks, seed)
    treatment = _arms(start.world)
    policy = start.world.arms[treatment].policy
    baseline = Setting(loss=DEPLOYED, calibrator=DEFAULT_CALIBRATOR, policy=policy)
    models = classifiers(
        start.world,
        losses=list(dict.fromkeys([DEPLOYED, *losses])),
        calibrators=list(CALIBRATORS),
        seeds=range(model_seeds),
        target_precision=precision,
        progress=progress,
    )
    asked = settings(baseline, losses, calibrators, policies)
    return answered(start, treatment, models, asked, grid, weights, precision, progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The world to begin from."""

    world: Scenario
    weeks: int
    seed: int
    run: str | None
    own_model: bool


def answered(
    start: Start, treatment: str, models: Trainings, asked: Sequence[Setting], grid: Floats,
    weights: Mapping[str, float], precision: float, progress: Progress = SILENT,
) -> WhatIf:  # fmt: skip
    """Return everything that is asked of classifiers which are at hand; the baseline comes first.

    Args:
        start: The world.
        treatment: Whose policy varies.
        models: By loss, calibrator and seed; the baseline's loss with every calibrator.
        asked: Settings; the first is the baseline.
        grid: Thresholds, increasing, shape (t,).
        weights: Of the value function.
        precision: That the thresholds were chosen for.
        progress: Shows the worlds.
    """
    world, baseline = start.world, asked[0]
    policy = _policy(baseline.policy)
    seeds = sorted({seed for _, _, seed in models})
    deployed = models[baseline.loss, baseline.calibrator, seeds[0]]
    worlds = Worlds(
        world, control=CONTROL, treatment=treatment, weeks=start.weeks, seed=start.seed,
        weights=weights,
    )  # fmt: skip
    in_use = world.arms[treatment].flags_from(deployed.threshold)
    question = Question(
        world=with_check(world, treatment, policy=policy, threshold=in_use),
        control=CONTROL, treatment=treatment, weights=weights, confidence_level=LEVEL,
        target_precision=precision, own_threshold=world.arms[treatment].threshold,
    )  # fmt: skip
    _make(worlds, models, asked, seeds, deployed, policy, progress)
    cases = tuple(
        case_thresholds(question, worlds, deployed, policy, case, grid, in_use)
        for case in progress.track(list(world.use_cases), description="Thresholds")
    )
    before = worlds.nobody_treated(deployed)
    return WhatIf(
        scenario=world.name, run=start.run, own_model=start.own_model, weeks=start.weeks,
        seed=start.seed, model_seeds=tuple(seeds), contacts=before.total("contacts"),
        control=CONTROL, treatment=treatment,
        unlimited_agents=world.agents.heads == "unlimited",
        confidence_level=LEVEL, target_precision=precision, value=dict(weights),
        margins=dict(MARGINS), baseline=baseline,
        variants=tuple(_variant(worlds, models, one, baseline, seeds) for one in asked),
        thresholds=cases,
        losses=loss_thresholds(question, models, grid, seeds, progress),
        formula=formula_check(cases),
    )  # fmt: skip


def _make(
    worlds: Worlds, models: Trainings, asked: Sequence[Setting], seeds: Sequence[int],
    deployed: Classifier, policy: Policy, progress: Progress,
) -> None:  # fmt: skip
    """Play the worlds that are known beforehand, with a bar: each is made once and kept."""
    wanted = [(models[s.loss, s.calibrator, seed], s.policy) for s in asked for seed in seeds]
    jobs = [(model, _policy(name), worlds.own_threshold(model)) for model, name in wanted]
    jobs += [(deployed, policy, threshold) for threshold in CHECKED_AT]
    for model, of, threshold in progress.track(jobs, description="Worlds, everybody treated"):
        worlds.treated(model, of, threshold)


def _variant(
    worlds: Worlds, models: Trainings, one: Setting, baseline: Setting, seeds: Sequence[int]
) -> Variant:
    """Return a variant's rates and what it shows against nobody treated and the baseline."""

    def played(setting: Setting) -> list[Outcomes]:
        return [
            worlds.treated(model, _policy(setting.policy), worlds.own_threshold(model))
            for model in (models[setting.loss, setting.calibrator, seed] for seed in seeds)
        ]

    treated, deployed = played(one), played(baseline)
    first = models[one.loss, one.calibrator, seeds[0]]
    nobody = [worlds.nobody_treated(first)] * len(seeds)
    cases = []
    for case in (*worlds.world.use_cases, ALL):
        told = shares(treated, case)
        cases.append(
            VariantCase(
                use_case=case,
                flagged=told.pop("flagged"),
                precision=told.pop("precision"),
                changed=told.pop("changed"),
                incremental_precision=told.pop("incremental_precision"),
                rates=told,
                launch={q: worlds.compared(nobody, treated, q, case) for q in QUANTITIES},
                against_baseline={q: worlds.compared(deployed, treated, q, case)
                                  for q in QUANTITIES},
            )
        )  # fmt: skip
    return Variant(
        setting=one,
        change=_change(one, baseline),
        thresholds=tuple(
            worlds.own_threshold(models[one.loss, one.calibrator, seed]) for seed in seeds
        ),
        cases=tuple(cases),
    )


def _change(one: Setting, baseline: Setting) -> Change:
    if one.loss != baseline.loss:
        return "loss"
    if one.calibrator != baseline.calibrator:
        return "calibrator"
    return "none" if one.policy == baseline.policy else "policy"


def _policy(name: str) -> Policy:
    return next(policy for policy in POLICIES if policy == name)


def checked_grid(thresholds: Sequence[float] | None) -> Floats:
    """Return the thresholds to look at, increasing, each once.

    Raises:
        ConfigError: They are too few or too many, or one lies outside [0, 1].
    """
    if thresholds is None:
        return _GRID
    grid = np.unique(np.asarray(thresholds, dtype=np.float64))
    for one in grid:
        checks.probability("threshold", float(one))
    if not _LEAST <= grid.size <= _MOST:
        raise ConfigError(
            f"`threshold` names {grid.size:,} values; expected {_LEAST} to {_MOST:,}",
            hint="try 0.05:0.95:0.01",
        )
    return grid


def _start(
    run: str | None, scenario: str | Path | None, runs: Path, changes: Mapping[str, Any] | None,
    weeks: int | None, seed: int | None,
) -> Start:  # fmt: skip
    """Return the world that was asked for: of a run, the latest one, or the default scenario."""
    if run is not None and scenario is not None:
        raise ConfigError("`run` and `scenario` exclude each other")
    if scenario is None and (run is not None or any(Path(runs).glob("[!.]*/manifest.json"))):
        folder = find_run(Path(runs), run)
        told = open_run(folder).arguments
        start = Start(
            world=load_scenario(folder / "scenario.toml", changes),
            weeks=told.get("weeks", 2) if weeks is None else index(weeks),
            seed=told.get("seed", 1) if seed is None else index(seed),
            run=folder.name,
            own_model=told.get("model") is not None or told.get("texts") is not None,
        )
    else:
        start = Start(
            world=load_scenario(DEFAULT_SCENARIO if scenario is None else scenario, changes),
            weeks=2 if weeks is None else index(weeks),
            seed=1 if seed is None else index(seed),
            run=None,
            own_model=False,
        )
    check_size(start.world, weeks=start.weeks, seed=start.seed)
    return start


def _arms(world: Scenario) -> str:
    """Return the treatment arm that varies; refuse a world in which there is nothing to vary."""
    treatments = treatment_arms(world)
    if (policy := world.arms[CONTROL].policy) != "menu":
        raise ConfigError(
            f"scenario `{world.name}` has control arms with the policy `{policy}`; `whatif` needs "
            "one that believes the menu"
        )
    if not has_texts(world):
        raise ConfigError(
            f"scenario `{world.name}` has `customers.text_rate` 0: nobody types, so that there is "
            "no text check to vary",
            hint="state a rate above 0 with --set customers.text_rate=0.9",
        )
    return TREATMENT if TREATMENT in treatments else treatments[0]
