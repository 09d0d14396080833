"""One replication, from its number to its stored facts: what a process of its own can do."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

import abkit.analysis
import abkit.core
import abkit.simulations
from abkit.analysis.analyzing import analyze
from abkit.core.cache import cache_folder, sources_digest
from abkit.core.replicated import Replication
from abkit.core.store import digest_of, write_json
from abkit.pipeline.child_process import end_with_parent
from abkit.pipeline.true_effects import true_effects
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import simulate_contacts

_PACKAGES: Final = (abkit.core, abkit.simulations, abkit.analysis)
_LIBRARIES: Final = ("duckdb", "numpy", "pyarrow", "scipy", "simpy", "statsmodels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all replications of an experiment share; small, sent once to each process."""

    folder: Path  # where finished replications are kept
    world: Scenario
    supply: ScoredSupply  # scores without texts, which no metric reads
    threshold: float
    weeks: int
    seed: int
    treatments: tuple[str, ...]
    allocation: dict[str, float]

    def path(self, number: int) -> Path:
        """Return where a replication is kept."""
        return self.folder / f"{number:06d}.json"


def make_job(
    world: Scenario,
    supply: ScoredSupply,
    *,
    threshold: float,
    weeks: int,
    seed: int,
    treatments: list[str],
    digests: dict[str, str],
) -> Job:
    """Return the job of an experiment.

    Its folder is named after all that decides a replication: the scenario, model and texts by their
    `digests`, the other arguments, abkit's own code and the libraries under it.
    """
    code = [sources_digest(Path(package.__path__[0])) for package in _PACKAGES]
    libraries = [version(name) for name in _LIBRARIES]
    key = digest_of([digests, threshold, weeks, seed, treatments, code, libraries])
    return Job(
        folder=cache_folder("replications") / key[:32],
        world=world,
        supply=ScoredSupply(
            pa.array([""] * len(supply.texts)), supply.reason, supply.level, supply.scores
        ),
        threshold=threshold,
        weeks=weeks,
        seed=seed,
        treatments=tuple(treatments),
        allocation={name: arm.weight for name, arm in world.arms.items()},
    )


def stored(job: Job, number: int) -> Replication | None:
    """Return a replication that was finished; None when it is absent or damaged: made again."""
    try:
        found = Replication.from_dict(json.loads(job.path(number).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.number == number else None


def run_replication(job: Job, number: int) -> Replication:
    """Simulate and analyse replication `number`, and store what was found: whole or not at all.

    The truth beside it takes two worlds more, one for control and one for each treatment.
    """
    log = simulate_contacts(
        job.world, job.supply, threshold=job.threshold, weeks=job.weeks, seed=job.seed,
        replication=number,
    )  # fmt: skip
    found = analyze(log, treatment=list(job.treatments), allocation=job.allocation)
    contacts = int(pc.sum(log["counted"]).as_py() or 0)
    del log  # the truth's worlds need the room
    truth = true_effects(
        job.world, job.supply, found.tables, threshold=job.threshold, weeks=job.weeks,
        seed=job.seed, replication=number,
    )  # fmt: skip
    replication = Replication.of(number, contacts, found.tables, truth)
    write_json(job.path(number), replication.to_dict())
    return replication


_job: Job


def start_process(job: Job) -> None:
    """Keep the job for `run_in_process`; end with the parent, even if it was killed."""
    global _job
    _job = job
    end_with_parent()


def run_in_process(number: int) -> Replication:
    """Return replication `number` of the process's job."""
    return run_replication(_job, number)
