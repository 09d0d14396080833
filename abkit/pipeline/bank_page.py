"""The page docs/bank-1999.md, from a finished prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from abkit.pipeline.bank_measures import SCALARS

if TYPE_CHECKING:
    from abkit.pipeline.bank_prediction import BankPrediction, HourLine, Line, Range, Variant


def page(found: BankPrediction) -> str:
    """Return the prediction as GitHub Markdown."""
    parts = [
        _INTRODUCTION.format(
            replications=found.replications, seed=found.seed,
            counted=_percent(found.counted_share), open=_opening_hours(found),
        ),
        "## What was found",
        "\n".join(f"- {line}" for line in _findings(found)),
        "## Predicted and observed",
        _SCALARS.format(replications=found.replications),
        _table(
            ["measure", "1-14", "predicted", "chance", "chance and fit", "15-28", "inside"],
            map(_scalar, found.lines),
        ),
        "## By hour",
        _HOURS,
        _table(
            ["days, hour", "calls: 1-14", "predicted", "15-28", "inside", "days inside",
             "abandon %: 1-14", "predicted", "15-28", "inside"],
            map(_hour, found.hours),
        ),
        "## Why it misses",
        _VARIANTS,
        _table(["world", *(_SHORT[name] for name in found.observed)], _variants(found)),
        _reasons(found),
        "## How the numbers were fitted",
        _fitted(found),
        "## What the world leaves out",
        _LEFT_OUT.format(closed=_percent(found.closed_share)),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


_INTRODUCTION: Final = """# bank-1999: a real call centre, predicted

Is the simulated queue any good at predicting a real one? Every call to the call centre of a small
bank in Israel in February 1999 is on record (the "Anonymous Bank" data of I. Guedj and A.
Mandelbaum, Technion). The scenario `bank-1999` is fitted to the first half of that month, 1 to 14
February, and predicts the second half, 15 to 28 February; predicted and observed stand side by
side here, misses included. Nothing of the second half was used for the fit.

The page and the scenario file are made by `make bank`, which reads `../shared/data`
({replications} simulated fortnights of each kind, seed {seed}); figures in tables and lists are
measured. The data are not part of abkit, their parameters are. `abkit simulate --scenario
bank-1999` runs the world.

Counted are calls that asked for an agent in opening hours,
{open}: {counted} of all that did.
Callers who hung up in the menu never came to the queue and are left out."""

_SCALARS: Final = """Columns: what was observed in the half that the world was fitted to; the
median of {replications} simulated fortnights; the interval that holds 90 % of them (chance); the
90 % interval when, besides, each fortnight comes from a world fitted to days drawn again, with
replacement (chance and fit; the repeats are as solved once); what was observed in the second half,
and whether the wider interval holds it. Shares in per cent."""

_HOURS: Final = """Mean calls a day in each hour, and the share that abandons, over the days of a
kind: ten from Sunday to Thursday, two Fridays, two Saturdays; "predicted" is the interval of chance
and fit. "Days inside" are the single days whose count lies in an interval of its own: about nine of
ten would, were the world right. Two days drawn again show but half of their variance: the intervals
of Fridays and Saturdays are too narrow."""

_VARIANTS: Final = """The same world with parts of the second half's own, one at a time, then all:
medians of 20 simulated fortnights. This is no prediction; it tells which part of the bank changed,
and what remains wrong even if nothing had."""

_SHORT: Final = {
    "calls": "calls",
    "waited": "wait, %",
    "mean_wait": "mean wait, s",
    "abandoned": "abandon, %",
    "repeat": "repeat, %",
}

_LEFT_OUT: Final = """\
- **Opening hours of repeats.** A customer who comes back does so after a delay, whatever the clock
  says: {closed} of the simulated contacts fall into closed hours. Three agents are there for them
  [assumed], so that hardly anybody waits, abandons or is identified; they are not counted above.
- **The next morning.** Real repeats have two humps, the same day and the next morning; the law of
  the delay has one. It was fitted to the same day.
- **Before the first day.** The world begins empty: its first Monday lacks the repeats of calls
  before it, some five per cent of its calls.
- **Priorities and skills.** Customers with high priority were moved ahead by about 1.5 minutes, and
  stock exchange and internet calls had agents of their own. Here everybody waits in one line.
- **Heavy users.** One per cent of identified callers make a fifth of the calls; here every customer
  comes back with the same probability.
- **Hours that are not Poisson.** Within a day the counts of an hour vary more than Poisson even
  when the day's factor is taken out (between 16 and 17 h most).
- **What happened once.** On 21 February between 17 and 19 h 272 callers hung up before the queue:
  the centre was down; the log of the queue shows hardly a call. The evening of 14 February had
  three times the usual calls; it was left out of the profile."""


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_SHARES: Final = frozenset(
    {"waited", "abandoned", "repeat", "repeat_served", "repeat_abandoned", "next_day"}
)


def _form(name: str) -> Callable[[float], str]:
    """Return how a measure's values are written."""
    if name in _SHARES:
        return lambda value: f"{100 * value:.1f}"
    if name == "calls":
        return lambda value: f"{value:,.0f}"
    if name in ("same_day_gap", "same_day_p90", "dispersion"):
        return lambda value: f"{value:.2f}"
    return lambda value: f"{value:.0f}"


def _interval(values: Range, write: Callable[[float], str]) -> str:
    return f"{write(values.low)} to {write(values.high)}"


def _inside(line: Line) -> str:
    return "yes" if line.uncertain.holds(line.observed) else "**no**"


def _scalar(line: Line) -> list[str]:
    write = _form(line.name)
    unit = ", %" if line.name in _SHARES else ""
    return [
        SCALARS[line.name] + unit,
        write(line.fitted),
        write(line.chance.median),
        _interval(line.chance, write),
        _interval(line.uncertain, write),
        write(line.observed),
        _inside(line),
    ]


def _hour(row: HourLine) -> list[str]:
    cells = [f"{row.kind} {row.hour}"]
    for line, write in ((row.calls, "{:.0f}".format), (row.abandoned, _form("abandoned"))):
        cells += [
            write(line.fitted), _interval(line.uncertain, write), write(line.observed),
            _inside(line),
        ]  # fmt: skip
        if line is row.calls:
            cells.append(f"{row.inside} of {row.days}")
    return cells


def _variants(found: BankPrediction) -> list[list[str]]:
    def cells(name: str, values: Variant | None) -> list[str]:
        medians = found.observed if values is None else values.medians
        return [name, *(_form(key)(value) for key, value in medians.items())]

    rows = [cells(variant.name, variant) for variant in found.variants]
    return [*rows, cells("**observed, second half**", None)]


def _held(line: Line) -> str:
    """Return which of the two intervals hold what was observed."""
    if line.chance.holds(line.observed) == line.uncertain.holds(line.observed):
        return f"{'inside' if line.uncertain.holds(line.observed) else 'outside'} both intervals"
    return "whether that is inside hangs on how wide the interval is"


def _opening_hours(found: BankPrediction) -> str:
    """Return the hours that are counted, as in `Sun-Thu 7 to 24 h`."""
    hours: dict[str, list[int]] = {}
    for row in found.hours:
        hours.setdefault(row.kind, []).append(row.hour)
    return ", ".join(f"{kind} {min(mine)} to {max(mine) + 1} h" for kind, mine in hours.items())


def _by_kind(found: BankPrediction) -> str:
    """Return by kind of days how many hours are inside: for calls, for the share that abandons."""
    rows: dict[str, list[HourLine]] = {}
    for row in found.hours:
        rows.setdefault(row.kind, []).append(row)
    return ", ".join(
        f"{kind} {sum(row.calls.uncertain.holds(row.calls.observed) for row in mine)} and "
        f"{sum(row.abandoned.uncertain.holds(row.abandoned.observed) for row in mine)} of "
        f"{len(mine)}"
        for kind, mine in rows.items()
    )


def _findings(found: BankPrediction) -> list[str]:
    lines = {line.name: line for line in found.lines}
    missed = [SCALARS[line.name] for line in found.lines if not line.uncertain.holds(line.observed)]
    means, left = (
        [line.uncertain.holds(line.observed) for line in column]
        for column in ([r.calls for r in found.hours], [r.abandoned for r in found.hours])
    )
    chance, uncertain, days = found.days_inside
    wait, abandoned, waited = lines["mean_wait"], lines["abandoned"], lines["waited"]
    return [
        f"arrivals: {_percent(found.hours_inside[0])} of the {sum(r.days for r in found.hours)} "
        f"single hours lie in their 90 % interval of chance, {_percent(found.hours_inside[1])} in "
        f"that of chance and fit; of the {days} days' totals {chance} and {uncertain}",
        f"means by hour: {sum(means)} of {len(means)} inside for calls, {sum(left)} of {len(left)} "
        f"for the share that abandons; {_by_kind(found)}",
        f"of {len(lines)} measures of the fortnight {len(lines) - len(missed)} are inside; missed: "
        + "; ".join(missed),
        f"the share that waits was predicted as {_percent(waited.chance.median)} and came as "
        f"{_percent(waited.observed)}: {_held(waited)}",
        "in the half that the world was fitted to it already has a mean wait of "
        f"{wait.chance.median:.0f} s for {wait.fitted:.0f} s and "
        f"{_percent(abandoned.chance.median)} abandoning for {_percent(abandoned.fitted)}: its "
        "queue is too long, in part since its agents do not join when it grows (below). That waits "
        "and abandonment of the second half are inside owes something to this error",
    ]


def _reasons(found: BankPrediction) -> str:
    lines = {line.name: line for line in found.lines}
    variants = {variant.name: variant.medians for variant in found.variants}
    own, service = (
        variants[name] for name in ("with all of these", "with the second half's handle times")
    )
    handle, waited, now = lines["mean_service"], lines["waited"], found.observed
    return "\n".join([
        f"- **Handle times changed.** Services took {handle.observed:.0f} s on average instead of "
        f"{handle.fitted:.0f} s. No fit to the first half could know. With the second half's "
        f"handle times the world has {_percent(service['waited'])} of calls waiting (predicted "
        f"{_percent(waited.chance.median)}, observed {_percent(now['waited'])}).",
        "- **Repeats follow waits.** Only who waits is identified, and so are his repeats: where "
        "more wait, more repeats are seen, in the world as in the log. That is one reason for the "
        f"rise from {_percent(lines['repeat'].fitted)} to {_percent(now['repeat'])}: with the new "
        f"handle times alone the world shows {_percent(service['repeat'])}, though nobody comes "
        "back more often.",
        "- **The queue is too long for its load.** With everything fitted to the second half the "
        f"share that waits is about right ({_percent(own['waited'])} for "
        f"{_percent(now['waited'])}), but the mean wait is {own['mean_wait']:.0f} s for "
        f"{now['mean_wait']:.0f} s, and {_percent(own['abandoned'])} abandon for "
        f"{_percent(now['abandoned'])}. It is too long in the first half, too. A cause lies in "
        "the agents: on the first half's record, in the same hours, "
        f"{found.at_work[0]:.2f} are at work while one caller waits and {found.at_work[1]:.2f} "
        "while four or more do, for more join as the queue grows. A world whose agents come by the "
        "hour meets a long queue with the smaller number. Nothing was tuned to make up for that.",
    ])  # fmt: skip


def _fitted(found: BankPrediction) -> str:
    fit, repeat = found.fit, found.repeat
    errors = fit.patience.standard_errors()
    hazard = ", ".join(
        f"{1000 * rate:.2f} ({1000 * error:.2f})"
        for rate, error in zip(fit.patience.per_s, errors, strict=True)
    )
    return "\n".join([
        "- **Arrivals**: the mean of each hour over the days of a kind (ten from Sunday to "
        "Thursday, two Fridays, two Saturdays), without outlier hours (above three medians); from "
        "it the expected repeats are taken off, hour by hour, and what is "
        "left are first contacts: Poisson, times a gamma factor for each day with a coefficient of "
        f"variation of {fit.day_factor_cv:.3f}, from the variance of the ten days' totals; Fridays "
        "and Saturdays are taken to vary like them.",
        f"- **Handle times**: log-normal. Its shape is that of services above 10 s (SD of the "
        f"logarithm {fit.service_log_sd:.3f}), its mean that of all ({fit.service_mean_s:.1f} s): "
        f"{_percent(fit.short_share)} are shorter, agents who dropped the call, and they count as "
        "work, too.",
        "- **Patience**: a hazard in steps, abandonments / seconds waited, since service censors "
        "(maximum likelihood; Kalbfleisch and Prentice, 2002). Per 1,000 s in the queue, with "
        f"standard errors, up to 5, 15, 30, 60, 120, 240 s and beyond: {hazard}.",
        "- **Agents**: their number is on no record. In each hour the services that go on while "
        "somebody waits are averaged over the seconds with a queue of all days of a kind: an agent "
        "who takes nobody then is not there for the queue. A mean between two whole numbers is "
        "shared out over the weekdays. Nothing was tuned to the waits.",
        "- **Repeats**: the computer identified a regular customer who waited, nobody else, so "
        "that most repeats are not seen. Four numbers are solved for by simulation such that a "
        "simulated log, seen through the same eyes, has the first half's repeat shares and gaps: "
        f"{_percent(repeat.if_served)} come back within 24 h after service, "
        f"{_percent(repeat.if_abandoned)} after abandoning, with a delay whose median before the "
        f"cut is {repeat.median_h:.2f} h (SD of the logarithm {repeat.sigma:.2f}). Prospects, whom "
        "nobody identified, are assumed to come back like customers. Call-backs by the bank after "
        "an abandoned call are contacts of their own here, not repeats.",
    ])  # fmt: skip
