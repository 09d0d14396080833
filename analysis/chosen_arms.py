"""Who is compared with whom, and how many units each arm was meant to get."""

import re
from collections.abc import Iterable, Mapping, Sequence

from abkit.analysis.reading import Reading
from abkit.core.errors import ConfigError, DataError, listed, nearest, unknown_choice

Allocation = Mapping[str, float] | Sequence[float] | str
CONTROL = "control"


def chosen_arms(
    reading: Reading, control: str | None, treatment: str | Sequence[str] | None
) -> tuple[str, tuple[str, ...]]:
    """Return control and treatments; the control arm is never guessed."""
    arms = reading.arms
    if control is None:
        if CONTROL not in arms:
            raise ConfigError(
                f"no arm of `{reading.source}` is called `control`; its arms are {listed(arms)}",
                hint="say which one is with --control",
            )
        control = CONTROL
    control = _arm_called("control", control, arms)
    asked = (treatment,) if isinstance(treatment, str) else tuple(treatment or ())
    named = tuple(_arm_called("treatment", name, arms, but=control) for name in asked)
    if len(set(named)) < len(named):
        raise ConfigError(f"`treatment` names an arm twice: {listed(asked)}")
    if control in named:
        raise ConfigError(f"`control` and `treatment` are both `{control}`")
    _require_rows(reading, (control, *named))
    if named:
        return control, named
    others = [arm for arm in arms if arm != control]
    if not others:
        left_out = "" if reading.origin == "counts" else "; did --where or --until leave it out?"
        raise DataError(
            f"`{reading.source}` has one arm only, `{control}`",
            hint=f"a comparison needs a second arm{left_out}",
        )
    counted = {arm for _, arm in reading.sums}
    if not counted.intersection(others):
        _require_rows(reading, others)
    return control, tuple(arm for arm in others if arm in counted)


def one_treatment(
    reading: Reading, control: str | None, treatment: str | Sequence[str] | None
) -> tuple[str, str]:
    """Return control and the treatment; several treatments are refused."""
    control, (treatment, *others) = chosen_arms(reading, control, treatment)
    if others:
        raise ConfigError(
            f"`{reading.source}` has several treatment arms", hint="name one with --treatment"
        )
    return control, treatment


def _arm_called(option: str, name: str, arms: Sequence[str], *, but: str | None = None) -> str:
    """Return the arm of the data with this name; in another case if only one is written so.

    `False` of a CSV is `false` in a boolean column. The arm `but` is not offered.
    """
    if name in arms:
        return name
    alike = [arm for arm in arms if arm.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise unknown_choice(option, name, [arm for arm in arms if arm != but])


def _require_rows(reading: Reading, arms: Iterable[str]) -> None:
    """Refuse arms that nothing can be said about."""
    counted = {arm for _, arm in reading.sums}
    for name in arms:
        if name not in counted:
            raise DataError(
                f"the arm `{name}` of `{reading.source}` has no counted rows",
                hint=f"arms with counted rows are {listed(sorted(counted))}" if counted else None,
            )


def notes_on_arms(reading: Reading) -> tuple[str, ...]:
    """Return how the data were read, and which arms nothing can be said about."""
    counted = {arm for _, arm in reading.sums}
    empty = [arm for arm in reading.arms if arm not in counted]
    if not empty:
        return reading.notes
    several = "have" if len(empty) > 1 else "has"
    return (*reading.notes, f"left out: {listed(empty)} {several} no counted rows")


def planned_weights(
    reading: Reading, control: str, treatments: Sequence[str], allocation: Allocation | None
) -> dict[str, float]:
    """Return the planned weight of each arm by name."""
    if allocation is None:
        return dict.fromkeys(reading.arms, 1.0)
    if isinstance(allocation, Mapping):
        shown = ",".join(f"{arm}={weight}" for arm, weight in allocation.items())
        named = {arm: _weight(weight, shown) for arm, weight in allocation.items()}
        return _of_arms(named, reading.arms)
    if isinstance(allocation, str) and "=" in allocation:
        return _of_arms(_named_weights(allocation), reading.arms)
    order = (control, *treatments)
    parts: list[str | float] = list(
        allocation.split(":") if isinstance(allocation, str) else allocation
    )
    shown = ":".join(map(str, parts))
    others = tuple(arm for arm in reading.arms if arm not in order)
    by_name = ",".join(f"{arm}=1" for arm in (*order, *others))
    weights = [_weight(part, shown) for part in parts]
    if len(parts) != len(order):
        raise ConfigError(
            f"`allocation` is `{shown}`; expected {len(order)} weights, for {', '.join(order)}",
            hint=f"or name the arms: {by_name}",
        )
    if others:  # without a weight, whoever is in them would count as a leak
        raise ConfigError(
            f"`allocation` is `{shown}`, but the data have other arms, too: " + listed(others),
            hint=f"name the arms: {by_name}",
        )
    return dict(zip(order, weights, strict=True))


def _of_arms(weights: Mapping[str, float], arms: Sequence[str]) -> dict[str, float]:
    """Return the weights by the arms' names in the data; an arm that lost all its rows may be new.

    Raises:
        ConfigError: An arm of the data is misspelt, or named twice.
    """
    found: dict[str, float] = {}
    for name, weight in weights.items():
        lost = nearest(name.casefold(), [arm.casefold() for arm in arms]) is None
        arm = name if lost else _arm_called("allocation", name, arms)
        if arm in found:
            raise ConfigError(f"`allocation` names the arm `{arm}` twice")
        found[arm] = weight
    return found


def _named_weights(text: str) -> dict[str, float]:
    weights = {}
    for entry in text.split(","):
        arm, _, weight = entry.rpartition("=")
        if not arm.strip():
            raise ConfigError(
                f"`allocation` has the entry `{entry}`", hint="write 1:1 or control=1,treatment=1"
            )
        if arm.strip() in weights:
            raise ConfigError(f"`allocation` is `{text}`, which names `{arm.strip()}` twice")
        weights[arm.strip()] = _weight(weight, text)
    return weights


def _weight(part: str | float, shown: str) -> float:
    """Return a weight as a number; whether it can be one, the sample ratio's test checks."""
    if isinstance(part, int | float):
        return float(part)
    if re.fullmatch(r"\s*[0-9]{1,15}(\.[0-9]*)?\s*", part):
        return float(part)
    raise ConfigError(
        f"`allocation` is `{shown}`; expected weights such as 1:1 or 1:2, for control and the "
        "treatments",
        hint="write 1:2 if a third of the units is in control, 1:1:1 with two treatments",
    )
