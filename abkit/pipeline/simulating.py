"""`simulate`: a trained classifier in the simulated chatbot, analysed, kept as a run folder."""

import platform
import time
from dataclasses import replace
from importlib.metadata import version
from operator import index
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import tomli_w
from pyarrow import parquet

from abkit.analysis.analyzing import analyze
from abkit.analysis.power import power_of_difference
from abkit.core import paper
from abkit.core.arms import Proportion
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.core.runs import new_id, seal, whole_folder
from abkit.core.simulated import ModelInLoop, PaperCell, SimulationResult
from abkit.core.store import check_folder, digest_of, write_json
from abkit.core.table3 import MetricRow, Table3
from abkit.core.trained import loss_in_words
from abkit.model.artifact import Artifact, load
from abkit.model.presets import preset
from abkit.pipeline.history import Recipe, cached_model
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.supplies import generated_texts, own_texts, scored
from abkit.pipeline.text_check import text_checks
from abkit.pipeline.threshold_choice import certified_beside, read_threshold, threshold_in_use
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import check_size, simulate_contacts

DEFAULT_SCENARIO: Final = "returns-bot-points"
LIBRARIES: Final = ("abkit", "duckdb", "numpy", "pandas", "pyarrow", "scipy", "simpy", "torch")


def simulate(
    *,
    weeks: int = 2,
    scenario: str | Path = DEFAULT_SCENARIO,
    seed: int = 1,
    model: Path | None = None,
    threshold: float | str | None = None,
    texts: LabelledTexts | None = None,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> SimulationResult:
    """Simulate an A/B test of the chatbot with a trained classifier in the loop.

    Args:
        weeks: Counted weeks; arrivals go on for 24 h more.
        scenario: A packaged scenario's name, or a TOML file.
        seed: Of every draw in the world. The model has its own.
        model: An artifact's folder; None: the default model, trained now unless it is cached.
        threshold: Flag from this score on; `certified`: the model's certified threshold; None:
            its plug-in one, which promises nothing.
        texts: Labelled texts to serve; None: generated ones.
        runs: Where the run folder is written.
        progress: Shows training, scoring and simulated days.

    Returns:
        Table 3 with its checks, the model in the loop, and what its flags were worth.

    Raises:
        ConfigError: An argument or a value of the scenario lies outside its domain.
        DataError: The texts cannot be used.
        ArtifactError: The model cannot be used.
        RunError: The run folder cannot be written.
    """
    weeks, seed, runs = index(weeks), index(seed), Path(runs)
    threshold = read_threshold(threshold)
    check_folder(runs)
    world = load_scenario(scenario)
    _check_arms(world)
    check_size(world, weeks=weeks, seed=seed)
    labelled = None if texts is None else texts.read()
    clock = [("started", time.time())]
    artifact = load(Path(model)) if model else default_model(world, progress)
    in_loop = _model_in_loop(artifact, world, threshold)
    clock.append(("model at hand", time.time()))
    served = (
        own_texts(texts, labelled, artifact) if texts and labelled else generated_texts(progress)
    )
    supply = scored(served, artifact, progress)
    clock.append(("scores at hand", time.time()))
    log = simulate_contacts(
        world, supply, threshold=in_loop.threshold, weeks=weeks, seed=seed, progress=progress
    )
    clock.append(("simulated", time.time()))
    arguments = {
        "weeks": weeks, "scenario": str(scenario), "seed": seed,
        "model": None if model is None else str(model), "threshold": threshold,
        "texts": None if texts is None else str(texts.path),
    }  # fmt: skip
    digests = {
        "scenario": digest_of(world.model_dump(mode="json")),
        "model": artifact.digest,
        "texts": served.digest,
    }
    folder = runs / new_id(digest_of([arguments, digests]))
    changed = scenario != DEFAULT_SCENARIO or any((model, texts)) or threshold is not None
    with whole_folder(folder) as draft:
        result = _analysed(draft, log, world, in_loop, weeks=weeks, seed=seed, texts=served.origin)
        result = replace(result, run=folder, solved_for_this=not changed)
        clock.append(("analysed", time.time()))
        _write(draft, result, world, clock)
        seal(
            draft, command=_command(arguments, texts), arguments=arguments, seed=seed,
            digests=digests, versions=_versions(),
        )  # fmt: skip
    return result


def _write(
    draft: Path, result: SimulationResult, world: Scenario, clock: list[tuple[str, float]]
) -> None:
    """Write what stands beside the contact log; the clock goes into `run.log` alone."""
    write_json(draft / "results.json", result.to_dict())
    (draft / "scenario.toml").write_text(tomli_w.dumps(world.model_dump(mode="json")))
    (draft / "run.log").write_text(_log(clock))


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


def _check_arms(world: Scenario) -> None:
    """Refuse a scenario that Table 3 cannot compare, before any work."""
    for name in ("control", "treatment"):
        if name not in world.arms or world.arms[name].weight == 0:
            raise ConfigError(
                f"scenario `{world.name}` sends customers to the arms "
                + ", ".join(f"`{arm}`" for arm, given in world.arms.items() if given.weight > 0)
                + f"; Table 3 needs `{name}`"
            )


def _model_in_loop(
    artifact: Artifact, world: Scenario, threshold: float | str | None
) -> ModelInLoop:
    used, certified = threshold_in_use(artifact, threshold), artifact.certified
    return ModelInLoop(
        digest=artifact.digest,
        loss=loss_in_words(artifact.config.to_dict()),
        threshold=used.value,
        threshold_origin=used.origin,
        expected_precision=used.expected[0],
        expected_recall=used.expected[1],
        offline_precision=used.offline[0],
        offline_recall=used.offline[1],
        certified_threshold=None if certified is None else certified.threshold,
        certified_note=certified_beside(artifact),
        label_0_share=artifact.class_prior[0],
        served_label_0_share=float(world.served_prior()[0]),
    )


def _analysed(
    draft: Path, log: pa.Table, world: Scenario, in_loop: ModelInLoop, *,
    weeks: int, seed: int, texts: str,
) -> SimulationResult:  # fmt: skip
    """Write the contact log, then read it back as anybody's log is read."""
    path = draft / "contacts.parquet"
    parquet.write_table(log, path, compression="zstd", write_page_checksum=True)
    weights = {name: world.arms[name].weight for name in world.arms}
    table = analyze(path, treatment="treatment", allocation=weights).table3
    counted = int(pa.compute.sum(log["counted"]).as_py())
    return SimulationResult(
        run=draft,
        scenario=world.name,
        weeks=weeks,
        seed=seed,
        contacts=counted,
        tail_contacts=log.num_rows - counted,
        customers=len(log["customer_id"].filter(log["counted"]).unique()),
        texts=texts,
        model=in_loop,
        solved_for_this=False,
        table3=table,
        text_checks=text_checks(log, world),
        paper=_paper_cells(table),
    )


def _paper_cells(table: Table3) -> tuple[PaperCell, ...]:
    """Return the paper's deltas, each with this run's power to show that many points."""
    return tuple(
        PaperCell(
            use_case=case,
            metric=row.metric,
            delta=paper.TABLE_3[case, row.metric],
            power=_power(row, paper.TABLE_3[case, row.metric] / 100, 1 - table.confidence_level),
        )
        for case, row in table.rows()
        if (case, row.metric) in paper.TABLE_3
    )


def _power(row: MetricRow, difference: float, alpha: float) -> float | None:
    effects = row.design_effect.control, row.design_effect.treatment
    arms = row.control, row.treatment
    if not isinstance(row.control, Proportion):
        return None
    n = [arm.trials / (effect or 1) for arm, effect in zip(arms, effects, strict=True)]
    if row.control.rate is None or min(n) == 0:
        return None
    return power_of_difference(row.control.rate, difference, n[0], n[1], alpha=alpha)


def _command(arguments: dict[str, Any], texts: LabelledTexts | None) -> list[str]:
    """Return the command line that repeats the run."""
    words = ["abkit", "simulate"]
    for name, value in arguments.items():
        if value is not None:
            words += [f"--{name}", str(value)]
    if texts is not None:
        words += ["--text", texts.text, "--reason", texts.reason, "--label-0", texts.label_0]
    return words


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _log(clock: list[tuple[str, float]]) -> str:
    start = clock[0][1]
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))
    return stamp + "\n" + "".join(f"{at - start:8.2f} s  {what}\n" for what, at in clock)
