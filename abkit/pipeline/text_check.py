"""What the flags were worth, by the truth in a simulated log."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.simulated import TextCheck
from abkit.simulations.retraced import codes
from abkit.simulations.scenario import Scenario

Counts = npt.NDArray[np.int64]

_NO_TEXT: Final = 2  # beside 0, not flagged, and 1, flagged
_REASONS: Final = ("menu_reason", "assigned_reason", "true_reason")


def text_checks(log: pa.Table, scenario: Scenario) -> tuple[TextCheck, ...]:
    """Return the flags' worth per use-case, then over all, for each arm that reads texts."""
    counts, cases = _joint_counts(log, scenario), list(scenario.use_cases)
    found = []
    for own, (name, arm) in zip(counts, scenario.arms.items(), strict=True):
        if arm.policy == "menu" or not arm.weight:
            continue
        found += [_check(name, case, of) for case, of in zip(cases, own, strict=True)]
        if len(cases) > 1:
            found.append(_check(name, "all", own.sum(axis=0)))
    return tuple(found)


def _joint_counts(log: pa.Table, scenario: Scenario) -> Counts:
    """Return counted contacts by arm, use-case, flag, and whether each reason is LABEL 0.

    Shape (arms, use-cases, 3, 2, 2, 2); the last three are menu, believed, truth.
    """
    arms, cases = list(scenario.arms), list(scenario.use_cases)
    flag = pc.fill_null(pc.cast(log["flagged"], pa.int8()), _NO_TEXT).to_numpy()
    shape = (len(arms), len(cases), 3, 2, 2, 2)
    cell = codes(log, "arm", arms)
    for size, code in zip(
        shape[1:],
        (codes(log, "use_case", cases), flag, *(_is_label_0(log, name) for name in _REASONS)),
        strict=True,
    ):
        cell = cell * size + code
    counted = log["counted"].to_numpy()
    return np.bincount(cell[counted], minlength=int(np.prod(shape))).reshape(shape)


def _is_label_0(log: pa.Table, column: str) -> npt.NDArray[np.bool_]:
    label_0: npt.NDArray[np.bool_] = codes(log, column, REASONS) == DEFECTIVE
    return label_0


def _check(arm: str, use_case: str, counts: Counts) -> TextCheck:
    """Return the facts of one use-case from counts by flag, menu, believed, truth."""
    texts = counts[:_NO_TEXT]
    unflagged, flagged = texts
    changed, overruled = flagged[0, 1], unflagged[1, 0]  # by truth
    return TextCheck(
        arm=arm,
        use_case=use_case,
        contacts=int(counts.sum()),
        texts=int(texts.sum()),
        flagged=int(flagged.sum()),
        true_flagged=int(flagged[..., 1].sum()),
        label_0_texts=int(texts[..., 1].sum()),
        changed=int(changed.sum()),
        true_changed=int(changed[1]),
        missed_menu=int(texts[:, 0, :, 1].sum()),
        overruled=int(overruled.sum()),
        true_overruled=int(overruled[0]),
    )
