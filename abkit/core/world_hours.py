"""Two weeks of a simulated world by the hour: what a plot of it shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldHours:
    """Facts by hour since the start of the counted time; every sequence has one number an hour."""

    source: str  # scenario, seed and the run's name
    days: int  # hours / 24
    arrivals: tuple[int, ...]  # contacts that began
    queue: tuple[float, ...]  # customers waiting for an agent, mean over the hour
    mean_wait_s: tuple[float | None, ...]  # of those who asked in this hour; None: nobody did
    p90_wait_s: tuple[float | None, ...]
    automation: tuple[tuple[str, tuple[float | None, ...]], ...]  # arm, AR by day (not hour)
