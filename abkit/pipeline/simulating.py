"""`simulate`: a trained classifier in the simulated chatbot, analysed, kept as a run folder."""

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from operator import index
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import tomli_w

from abkit.analysis.analyzing import analyze
from abkit.core.errors import ConfigError, listed
from abkit.core.progress import SILENT, Progress
from abkit.core.results import Rendered
from abkit.core.runs import new_id, seal, whole_folder
from abkit.core.simulated import SimulationResult
from abkit.core.store import check_folder, digest_of, write_json
from abkit.core.toml_text import value_text
from abkit.model.artifact import Artifact, load
from abkit.model.presets import preset
from abkit.pipeline.history import Recipe, cached_model
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.model_in_loop import Loop, has_texts, with_texts, without_texts
from abkit.pipeline.paper_cells import READINGS, paper_cells, paper_reading
from abkit.pipeline.threshold_choice import read_threshold
from abkit.pipeline.true_effects import true_effects
from abkit.pipeline.written_log import WrittenLog, write_log
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import check_size, simulate_parts

DEFAULT_SCENARIO: Final = "returns-bot-points"
CONTROL: Final = "control"  # what the others are compared with
TREATMENT: Final = "treatment"  # the paper's deltas stand beside this one
LOG: Final = "contacts.parquet"
_MEMORY: Final = "400MB"  # of the analysis; beyond it a temporary folder: for millions of contacts
LIBRARIES: Final = ("abkit", "duckdb", "numpy", "pandas", "pyarrow", "scipy", "simpy", "torch")


def simulate(
    *,
    weeks: int = 2,
    scenario: str | Path = DEFAULT_SCENARIO,
    seed: int = 1,
    model: Path | None = None,
    threshold: float | str | None = None,
    texts: LabelledTexts | None = None,
    changes: Mapping[str, Any] | None = None,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> SimulationResult:
    """Simulate an A/B test of the chatbot with a trained classifier in the loop.

    Args:
        weeks: Counted weeks; arrivals go on for 24 h more.
        scenario: A packaged scenario's name, or a TOML file.
        seed: Of every draw in the world. The model has its own.
        model: An artifact's folder; None: the default model, trained now unless it is cached. A
            scenario in which nobody types needs none.
        threshold: Flag from this score on; `certified`: the model's certified threshold; None:
            its plug-in one, which promises nothing.
        texts: Labelled texts to serve; None: generated ones.
        changes: Values that replace the scenario's, by dotted key, e.g.
            `{"use_cases.A.menu_error": 0.2}`.
        runs: Where the run folder is written.
        progress: Shows training, scoring and simulated days.

    Returns:
        Table 3 of each treatment arm with its checks and the true effects beside, the model in the
        loop, and what its flags were worth.

    Raises:
        ConfigError: An argument or a value of the scenario lies outside its domain.
        DataError: The texts cannot be used.
        ArtifactError: The model cannot be used.
        RunError: The run folder cannot be written.
    """
    clock = [("started", time.time())]
    runs = Path(runs)
    made = prepare(
        weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold, texts=texts,
        changes=changes, runs=runs, progress=progress,
    )  # fmt: skip
    clock.append(("scores at hand", time.time()))
    folder = runs / new_id(digest_of([made.arguments, made.digests]))
    with whole_folder(folder) as draft:
        parts = simulate_parts(
            made.world, made.loop.supply, threshold=made.loop.threshold, weeks=made.weeks,
            seed=made.seed, progress=progress,
        )  # fmt: skip
        log = write_log(draft / LOG, parts, made.world)
        clock.append(("simulated", time.time()))
        result = replace(_analysed(draft, log, made), run=folder)
        clock.append(("analysed", time.time()))
        pa.default_memory_pool().release_unused()  # the truth's worlds need the log's room
        truth = true_effects(
            made.world, made.loop.supply, result.tables, threshold=made.loop.threshold,
            weeks=made.weeks, seed=made.seed, progress=progress,
        )  # fmt: skip
        result = replace(result, truth=truth)
        clock.append(("truth at hand", time.time()))
        write_run(draft, result, made, clock)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A scenario and its scored texts: all that a simulation needs."""

    world: Scenario
    treatments: list[str]  # arms to compare with control
    loop: Loop
    weeks: int
    seed: int
    arguments: dict[str, Any]  # as the command line names them
    texts: LabelledTexts | None

    @property
    def digests(self) -> dict[str, str]:
        """Return the hashes of the scenario, and of model and texts where there are any."""
        return {"scenario": digest_of(self.world.model_dump(mode="json")), **self.loop.digests}

    @property
    def allocation(self) -> dict[str, float]:
        """Return the planned weight of each arm."""
        return {name: arm.weight for name, arm in self.world.arms.items()}

    @property
    def solved_for_this(self) -> bool:
        """Return whether this is the world that was solved to reproduce the paper."""
        asked = self.arguments
        changed = any(asked.get(key) is not None for key in ("model", "texts", "threshold", "set"))
        return asked["scenario"] in READINGS and not changed


def prepare(
    *,
    weeks: int,
    scenario: str | Path,
    seed: int,
    model: Path | None,
    threshold: float | str | None,
    texts: LabelledTexts | None,
    changes: Mapping[str, Any] | None = None,
    runs: Path,
    check: Callable[[Scenario], None] = lambda _: None,
    progress: Progress = SILENT,
) -> Experiment:
    """Return what `simulate` needs, checked before any long work; arguments as there.

    `check` may refuse the scenario for reasons of its own.
    """
    weeks, seed = index(weeks), index(seed)
    threshold = read_threshold(threshold)
    check_folder(runs)
    world = load_scenario(scenario, changes)
    treatments = treatment_arms(world)
    check_size(world, weeks=weeks, seed=seed)
    check(world)
    arguments: dict[str, Any] = {
        "weeks": weeks, "scenario": str(scenario), "seed": seed,
        "model": None if model is None else str(model), "threshold": threshold,
        "texts": None if texts is None else str(texts.path),
    }  # fmt: skip
    if changes:
        arguments["set"] = [f"{key}={value_text(value)}" for key, value in changes.items()]
    return Experiment(
        world=world,
        treatments=treatments,
        loop=_loop(world, model=model, threshold=threshold, texts=texts, progress=progress),
        weeks=weeks,
        seed=seed,
        arguments=arguments,
        texts=texts,
    )


def _loop(
    world: Scenario, *, model: Path | None, threshold: float | str | None,
    texts: LabelledTexts | None, progress: Progress,
) -> Loop:  # fmt: skip
    """Return the scored texts; nobody types: none, and no model."""
    if not has_texts(world):
        return without_texts(world, model=model, threshold=threshold, texts=texts)
    labelled = None if texts is None else texts.read()
    artifact = load(Path(model)) if model else default_model(world, progress)
    return with_texts(
        world, artifact, threshold=threshold, source=texts, labelled=labelled, progress=progress
    )


def write_run(
    draft: Path, result: Rendered, made: Experiment, clock: list[tuple[str, float]]
) -> None:
    """Write what stands beside the contact log and seal it; the clock is in `run.log` alone."""
    write_json(draft / "results.json", result.to_dict())
    (draft / "scenario.toml").write_text(tomli_w.dumps(made.world.model_dump(mode="json")))
    (draft / "run.log").write_text(_log(clock))
    seal(
        draft, command=_command(made.arguments, made.texts), arguments=made.arguments,
        seed=made.seed, digests=made.digests, versions=_versions(),
    )  # fmt: skip


def default_model(world: Scenario, progress: Progress = SILENT) -> Artifact:
    """Return the default model of a scenario, trained now unless it is cached."""
    return load(cached_model(default_recipe(world), progress=progress))


def default_recipe(world: Scenario) -> Recipe:
    """Return the default model of a scenario: compact, binary, golden set at its served prior."""
    prior = tuple(float(share) for share in world.served_prior())
    if not 0 < prior[0] < 1:
        raise ConfigError(
            f"scenario `{world.name}` has a prevalence of {prior[0]:g} in every use-case; no "
            "classifier can be trained for it",
            hint="name a trained one with --model",
        )
    return Recipe(config=preset("compact", n_classes=2), prior=prior)


def treatment_arms(world: Scenario) -> list[str]:
    """Return the arms to compare with control; refuse a scenario without them, before any work."""
    given = [name for name, arm in world.arms.items() if arm.weight > 0]
    treatments = [name for name in given if name != CONTROL]
    if CONTROL not in given or not treatments:
        needed = "another arm" if CONTROL in given else f"`{CONTROL}`"
        absent = [
            f"`arms.{name}.weight` is {arm.weight:g}"
            for name, arm in world.arms.items()
            if arm.weight == 0 and (name == CONTROL) == (CONTROL not in given)
        ]
        raise ConfigError(
            f"scenario `{world.name}` sends customers to {listed(given)}; Table 3 needs {needed}"
            + (f", but {' and '.join(absent)}" if absent else ""),
            hint="state a weight above 0" if absent else None,
        )
    return treatments


def _analysed(draft: Path, log: WrittenLog, made: Experiment) -> SimulationResult:
    """Read the contact log as anybody's log is read."""
    world, loop = made.world, made.loop
    reading = paper_reading(world)
    analysis = analyze(
        draft / LOG, treatment=made.treatments, allocation=made.allocation, memory_limit=_MEMORY
    )
    return SimulationResult(
        run=draft,
        scenario=world.name,
        weeks=made.weeks,
        seed=made.seed,
        contacts=log.counted,
        tail_contacts=log.rows - log.counted,
        customers=log.customers,
        texts=loop.texts,
        model=loop.model,
        arms=loop.arms(world),
        design=loop.design(world),
        solved_for_this=made.solved_for_this,
        queue=log.queue,
        unlimited_agents=world.agents.heads == "unlimited",
        analysis=analysis,
        truth=(),
        text_checks=log.text_checks,
        paper_reading=reading,
        paper=tuple(
            cell
            for table in analysis.tables
            if reading is not None and table.treatment == TREATMENT
            for cell in paper_cells(table, reading)
        ),
    )


def _command(arguments: dict[str, Any], texts: LabelledTexts | None) -> list[str]:
    """Return the command line that repeats the run."""
    words = ["abkit", "simulate"]
    for name, value in arguments.items():
        for one in value if isinstance(value, list) else [value]:
            words += [] if one is None else [f"--{name}", str(one)]
    if texts is not None:
        words += ["--text", texts.text, "--reason", texts.reason, "--label-0", texts.label_0]
    return words


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _log(clock: list[tuple[str, float]]) -> str:
    start = clock[0][1]
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))
    return stamp + "\n" + "".join(f"{at - start:8.2f} s  {what}\n" for what, at in clock)
