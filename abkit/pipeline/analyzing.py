"""Table 3 for a log, or for the contacts of a run."""

from pathlib import Path

from abkit.analysis.analyzing import analyze, analyze_counts
from abkit.core.errors import ConfigError
from abkit.core.runs import find_run, open_run

__all__ = ["analyze", "analyze_counts", "chosen_log"]


def chosen_log(log: str | None, *, run: str | None, runs: Path) -> str | Path:
    """Return what to analyse: the log that is named, else the contacts of a run.

    Raises:
        ConfigError: Both are named.
        RunError: There is no such run, or it is damaged.
    """
    if log is None:
        folder = find_run(runs, run)
        open_run(folder)
        return folder / "contacts.parquet"
    if run is not None:
        raise ConfigError(f"`LOG` is `{log}` and `--run` is `{run}`; expected one of them")
    return log
