"""`validate`: the simulator against theory, and what must hold exactly."""

from typing import Final

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.core.world_checks import WorldReport
from abkit.pipeline.validate_log import check_logs
from abkit.pipeline.validate_outcomes import check_outcomes
from abkit.pipeline.validate_queues import check_queues
from abkit.pipeline.validate_worlds import check_worlds
from abkit.pipeline.validate_z import z_limit

REPLICATIONS: Final = 60  # of each queue
OUTCOME_RUNS: Final = 5  # two weeks each
FACTOR_RUNS: Final = 100
LONGER: Final = 10  # times as many of each with `long`: errors a third as large
FALSE_ALARM: Final = 0.005  # of all comparisons together, by Bonferroni


def validate_world(
    *, seed: int = 1, long: bool = False, progress: Progress = SILENT
) -> WorldReport:
    """Check the simulator against queueing theory, its closed form and its own laws.

    No model is needed: texts are scored by beta laws. Queues, arrivals and rates are compared
    with theory by z, with errors from replications or independent issues; what must hold on every
    log is compared without tolerance.

    Args:
        seed: Of every draw.
        long: Ten times as many replications.
        progress: Shown by run.

    Raises:
        ConfigError: `seed` lies outside its domain.
    """
    checks.at_least("seed", seed, 0)
    if seed >= 2**63:
        raise ConfigError(f"`seed` is {seed}; expected less than 2^63")
    times = LONGER if long else 1
    logs, of_logs = check_logs(seed=seed, progress=progress)
    worlds, of_worlds = check_worlds(seed=seed, progress=progress)
    outcomes, closed, of_outcomes = check_outcomes(
        replications=times * OUTCOME_RUNS,
        factor_replications=times * FACTOR_RUNS,
        seed=seed,
        progress=progress,
    )
    queues, of_queues = check_queues(
        replications=times * REPLICATIONS, seed=seed, progress=progress
    )
    comparisons = (*queues, *outcomes)
    return WorldReport(
        seed=seed,
        long=long,
        replications=times * REPLICATIONS,
        contacts=of_logs + of_worlds + of_outcomes + of_queues,
        z_limit=z_limit(len(comparisons), FALSE_ALARM),
        false_alarm=FALSE_ALARM,
        checks=comparisons,
        identities=(*logs, *worlds, closed),
    )
