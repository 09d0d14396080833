"""`fit-scenario --targets`: a scenario with the effects of a target table, for a given model."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.special import expit, logit, ndtr

from abkit.core import checks
from abkit.core.errors import ConfigError, unknown_choice
from abkit.core.fitted import (
    FittedCase,
    FittedCell,
    FittedParameter,
    FittedScenario,
    SimulatedCell,
)
from abkit.core.progress import SILENT, Progress
from abkit.core.store import atomic_write, digest_of
from abkit.model.artifact import load
from abkit.pipeline.fitted_file import base_name, check_out
from abkit.pipeline.history import cached_model
from abkit.pipeline.scenarios import one_run, show_scenario
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_recipe
from abkit.pipeline.supplies import generated_texts, scored
from abkit.pipeline.threshold_choice import read_threshold, threshold_in_use
from abkit.simulations.closed_form import CaseForm, closed_form
from abkit.simulations.fit_cells import CaseFit, check_fit, fit_cells, fitted_scenario
from abkit.simulations.fit_moments import CONTACTS, FIELDS, World, delta
from abkit.simulations.fit_parameters import check_prior_sd
from abkit.simulations.fit_targets import TargetTable, load_targets
from abkit.simulations.fit_worlds import SimulatedDelta, simulated_deltas, unlimited
from abkit.simulations.fit_writing import fitted_text
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import check_size

DEFAULT_WEEKS: Final = 4
Deltas = Mapping[tuple[str, str], SimulatedDelta]


def fit_scenario(
    targets: str | Path,
    *,
    out: Path,
    base: str | Path = DEFAULT_SCENARIO,
    changes: Mapping[str, Any] | None = None,
    model: Path | None = None,
    threshold: float | str | None = None,
    reading: str | None = None,
    contacts: str = "first",
    prior_sd: Mapping[str, float] | None = None,
    weeks: int = DEFAULT_WEEKS,
    seed: int = 1,
    progress: Progress = SILENT,
) -> FittedScenario:
    """Write a scenario whose arms differ by a target table's effects, and check it by simulation.

    Of all parameters that meet the targets exactly, agents unlimited, those nearest to the base
    scenario are taken, in prior standard deviations of their logits.

    Args:
        targets: A TOML or CSV file (`load_targets` says of what form), or `paper` for Table 3.
        out: The scenario file to write; its name becomes the scenario's.
        base: A packaged scenario's name, or a TOML file: the centre of the priors.
        changes: Values that replace the base's, by dotted key.
        model: An artifact's folder; None: the base's default model, trained now unless cached.
        threshold: Flag from this score on; `certified`; None: the model's plug-in threshold.
        reading: Deltas are `points`, or `relative` to control; None: as the file says.
        contacts: Whose rates the targets are: `first` contacts of an issue, or `all`.
        prior_sd: Prior standard deviations of logits by parameter or group; 0 holds one.
        weeks: Of each simulated world; 0: no simulation.
        seed: Of every draw in them.
        progress: Shows training, scoring and simulated days.

    Raises:
        ConfigError: An argument lies outside its domain, or no parameters reach the targets.
        DataError: The target file cannot be used.
        ArtifactError: The model cannot be used.
        RunError: `out` cannot be written.
    """
    out, threshold = Path(out), read_threshold(threshold)
    if contacts not in CONTACTS:
        raise unknown_choice("contacts", contacts, CONTACTS)
    checks.at_least("weeks", weeks, 0)
    check_out(out, (targets, base))
    table, scenario = load_targets(targets, reading), load_scenario(base, one_run(changes or {}))
    text, base = show_scenario(base, changes), base_name(base, changes)
    check_size(scenario, weeks=max(weeks, 1), seed=seed)
    check_fit(scenario, table, prior_sd)
    folder = Path(model) if model else cached_model(default_recipe(scenario), progress=progress)
    artifact = load(folder)
    used = threshold_in_use(artifact, threshold)
    world = World(
        scenario=scenario,
        supply=scored(generated_texts(progress), artifact, progress),
        threshold=used.value,
        reading=table.reading,
        contacts=contacts,
    )
    fits = fit_cells(world, table, prior_sd=prior_sd)
    header = _header(world, table, base, artifact.digest, fits)
    fitted = _write(out, text, scenario, fits, header, table)
    simulated = _simulated(world, fitted, weeks, seed, progress)
    form = closed_form(fitted, world.supply, world.threshold)
    cells = _cells(table, form, world, *simulated)
    words: tuple[str, ...] = ("abkit", "simulate", "--scenario", str(out))
    if model or not np.array_equal(fitted.served_prior(), scenario.served_prior()):
        words += ("--model", str(folder))  # its own default would be trained for another prior
    return FittedScenario(
        scenario=fitted.name, out=out, base=base, source=table.source,
        reading=table.reading, contacts=world.contacts, model=artifact.digest,
        threshold=used.value, threshold_origin=used.origin, weeks=weeks, seed=seed,
        left_alone=tuple(name for name in scenario.use_cases if name not in fits), cells=cells,
        cases=tuple(_case(name, fit, form[name]) for name, fit in fits.items()),
        parameters=tuple(p for name, fit in fits.items() for p in _parameters(name, fit)),
        p_value=_chance(cells), next_command=words,
    )  # fmt: skip


def read_prior_sd(words: Sequence[str]) -> dict[str, float]:
    """Return standard deviations written as NAME=SD.

    Raises:
        ConfigError: One is written otherwise, given twice, or lies outside its domain.
    """
    found = dict[str, float]()
    for word in words:
        name, _, number = (part.strip() for part in word.partition("="))
        if name in found:
            raise ConfigError(f"`--sd` gives `{name}` twice")
        try:
            found[name] = float(number)
        except ValueError:
            raise ConfigError(
                f"`--sd` is `{word}`; expected NAME=SD", hint="for example: --sd menu_error=0.25"
            ) from None
    check_prior_sd(found, "--sd")
    return found


def _header(
    world: World, table: TargetTable, base: str, model: str, fits: Mapping[str, CaseFit]
) -> list[str]:
    """Return what the file says of its origin; no clock, so that one fit has one file."""
    unit = {"points": "percentage points", "relative": "per cent of control's level"}
    digest = digest_of(world.scenario.model_dump(mode="json"))
    cost = sum(fit.cost for fit in fits.values())
    return [
        f"Fitted to {table.source}, read as {unit[table.reading]}, over {world.contacts} contacts",
        f"with agents unlimited, on {base} ({digest[:12]})",
        f"with model digest {model[:12]}, flags from {world.threshold:.6g}.",
        f"Cost against the priors (minus twice the log posterior): {cost:.2f}.",
    ]


def _write(
    out: Path, base_text: str, scenario: Scenario, fits: Mapping[str, CaseFit],
    header: list[str], table: TargetTable,
) -> Scenario:  # fmt: skip
    """Write the fitted scenario and return it."""
    description = scenario.description.split(" Fitted to ")[0]
    fitted = fitted_scenario(scenario, fits).model_copy(
        update={
            "name": out.stem,
            "description": f"{description} Fitted to {table.source}, read as {table.reading}.",
        }
    )
    moved = {
        ("use_cases", case, *name.split(".")): float(value)
        for case, fit in fits.items()
        for name, value, new in zip(
            fit.parameters.names, fit.parameters.base, fit.values, strict=True
        )
        if value != new
    }
    text = fitted_text(base_text, fitted, moved, header=header)
    with atomic_write(out) as file:
        file.write(text.encode())
    return fitted


def _simulated(
    world: World, fitted: Scenario, weeks: int, seed: int, progress: Progress
) -> tuple[Deltas, Deltas]:
    """Return the deltas with agents unlimited and with the scenario's own; empty: not simulated."""
    worlds = [unlimited(fitted), *([] if fitted.agents.heads == "unlimited" else [fitted])]
    found: list[Deltas] = [
        simulated_deltas(
            each, world.supply, world.threshold, reading=world.reading, contacts=world.contacts,
            weeks=weeks, seed=seed, progress=progress,
        )
        for each in (worlds if weeks else [])
    ]  # fmt: skip
    free, queued = (*found, {}, {})[:2]
    return free, queued


def _cells(
    table: TargetTable, form: Mapping[str, CaseForm], world: World, free: Deltas, queued: Deltas
) -> tuple[FittedCell, ...]:
    cells = []
    for target in table.targets:
        arms = [form[target.use_case].arms[arm] for arm in (world.control, world.treatment)]
        rates = [arm.first if world.contacts == "first" else arm.every for arm in arms]
        before, after = (getattr(rate, FIELDS[target.metric]) for rate in rates)
        key = target.use_case, target.metric
        cells.append(
            FittedCell(
                use_case=target.use_case,
                metric=target.metric,
                asked=target.delta,
                asked_control=target.control,
                control=before,
                treatment=after,
                delta=delta(world.reading, before, after),
                simulated=_simulated_cell(free.get(key)),
                with_agents=_simulated_cell(queued.get(key)),
            )
        )
    return tuple(cells)


def _simulated_cell(found: SimulatedDelta | None) -> SimulatedCell | None:
    if found is None:
        return None
    return SimulatedCell(
        control=found.control,
        treatment=found.treatment,
        delta=found.delta,
        standard_error=found.standard_error,
    )


def _case(name: str, fit: CaseFit, form: CaseForm) -> FittedCase:
    flags = form.flags
    return FittedCase(
        use_case=name,
        cost=fit.cost,
        targets=len(fit.equations),
        rank=fit.rank,
        free=len(fit.parameters.names),
        held=fit.parameters.held,
        prevalence=flags.prevalence,
        precision=flags.precision,
        recall=flags.recall,
        recall_mis_selected=flags.recall_mis_selected,
        incremental_precision=flags.incremental_precision,
    )


def _parameters(use_case: str, fit: CaseFit) -> list[FittedParameter]:
    parameters = fit.parameters
    reach = parameters.sd * fit.kept
    centre = logit(parameters.values(fit.z))
    low, high = expit(centre - reach), expit(centre + reach)
    return [
        FittedParameter(
            use_case=use_case,
            name=name,
            base=float(parameters.base[i]),
            fitted=float(fit.values[i]),
            prior_sd=float(parameters.sd[i]),
            moved=float(fit.z[i]),
            kept=float(fit.kept[i]),
            lower=float(low[i]),
            upper=float(high[i]),
            at_bound=name in fit.at_bound,
        )
        for i, name in enumerate(parameters.names)
    ]


def _chance(cells: Sequence[FittedCell]) -> float | None:
    """Return P(some |z| of so many is as large as the largest), taken as independent."""
    z = [abs(cell.z) for cell in cells if cell.z is not None]
    return -math.expm1(len(z) * math.log1p(-2 * float(ndtr(-max(z))))) if z else None
