"""The simulated world over its weeks: arrivals, queue, waiting, automation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from abkit.core.escape import visible
from abkit.core.world_hours import WorldHours
from abkit.render.figures.style import FULL, INK, form_of, page, save_as

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT: Final = 130.0  # mm
_GREY: Final = "0.55"
_LINES: Final = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 2, 1, 2)))
_MARKS: Final = ("o", "s", "^", "D")
_MOST_DAY_NAMES: Final = 21
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAN: Final = float("nan")


def plot_world(shown: WorldHours, path: Path) -> Path:
    """Draw four panels over one axis of time, in the form that the file's ending names.

    Raises:
        ConfigError: The ending is none of png, svg, pdf.
        RunError: The file cannot be written.
    """
    form_of(path)  # before anything is drawn
    with page(FULL, _HEIGHT, rows=4, sharex=True) as (figure, axes):
        arrivals, queue, waiting, automation = axes
        hours = [hour / 24 for hour in range(24 * shown.days + 1)]
        arrivals.stairs(shown.arrivals, hours, color=INK, fill=True, facecolor="0.75", lw=0.6)
        arrivals.set_ylabel("contacts\nper hour")
        queue.stairs(shown.queue, hours, color=INK, fill=True, facecolor="0.75", lw=0.6)
        queue.set_ylabel("customers\nwaiting")
        _waiting(waiting, shown)
        _automation(automation, shown)
        for panel, title in zip(axes, _TITLES, strict=True):
            panel.set_title(title, loc="left")
            _weekends(panel, shown.days)
        for panel in axes[:3]:
            panel.set_ylim(bottom=0)
        _days(automation, shown.days)
        figure.suptitle(visible(shown.source), fontsize=7)
        return save_as(figure, path)


_TITLES: Final = (
    "Arrivals, repeats included",
    "Queue: customers who wait for an agent, mean over the hour",
    "Waiting of those who asked for an agent in that hour",
    "Automation rate by day",
)


def _waiting(panel: Axes, shown: WorldHours) -> None:
    middle = [(hour + 0.5) / 24 for hour in range(24 * shown.days)]
    panel.plot(
        middle, _numbers(shown.p90_wait_s), color=_GREY, linestyle=(0, (2, 1)),
        label="90 % wait no longer",
    )  # fmt: skip
    panel.plot(middle, _numbers(shown.mean_wait_s), color=INK, label="mean")
    panel.set_ylabel("seconds")
    _legend(panel, 2)


def _automation(panel: Axes, shown: WorldHours) -> None:
    middle = [day + 0.5 for day in range(shown.days)]
    for i, (arm, rates) in enumerate(shown.automation):
        percent = [100 * rate for rate in _numbers(rates)]
        panel.plot(
            middle, percent, color=INK if i % 2 else _GREY, linestyle=_LINES[i % len(_LINES)],
            marker=_MARKS[i % len(_MARKS)], markersize=3, label=visible(arm),
        )  # fmt: skip
    panel.set_ylabel("% of\ncontacts")
    panel.set_ylim(bottom=max(0.0, panel.get_ylim()[0]))  # the margin of a rate of 0 is below it
    _legend(panel, len(shown.automation))


def _legend(panel: Axes, n: int) -> None:
    """Show a legend beside the title, where it covers no line."""
    panel.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=n, borderaxespad=0)


def _weekends(panel: Axes, days: int) -> None:
    for week in range(0, days, 7):
        panel.axvspan(week + 5, week + 7, color="0.94", lw=0, zorder=0)


def _days(panel: Axes, days: int) -> None:
    """Name the days, or number the weeks where there are many."""
    panel.set_xlim(0, days)
    if days <= _MOST_DAY_NAMES:
        panel.set_xticks([day + 0.5 for day in range(days)], [_DAYS[d % 7] for d in range(days)])
        panel.tick_params(axis="x", length=0)
        panel.set_xlabel("day; weekends are shaded")
    else:
        step = max(1, days // 7 // 12)
        weeks = range(0, days // 7, step)
        panel.set_xticks([7 * week + 3.5 for week in weeks], [str(week + 1) for week in weeks])
        panel.set_xlabel("week; weekends are shaded")


def _numbers(values: Sequence[float | None]) -> list[float]:
    """Return the values with gaps where there are none."""
    return [_NAN if value is None else value for value in values]
