"""What each policy believes, as sentences, and laws between policies."""

from typing import get_args

import numpy as np
import pytest

from abkit.core.reasons import REASONS
from abkit.simulations.policies import FLAGGED, NO_TEXT, UNFLAGGED, Policy, beliefs

DEFECTIVE, MISSING, OTHERS = (REASONS.index(name) for name in ("defective", "missing", "others"))


@pytest.mark.parametrize(
    ("policy", "menu", "text", "believed"),
    [
        ("menu", DEFECTIVE, UNFLAGGED, DEFECTIVE),
        ("menu", MISSING, FLAGGED, MISSING),
        ("menu_or_text", MISSING, FLAGGED, DEFECTIVE),
        ("menu_or_text", DEFECTIVE, UNFLAGGED, DEFECTIVE),
        ("menu_or_text", MISSING, UNFLAGGED, MISSING),
        ("text_over_menu", MISSING, FLAGGED, DEFECTIVE),
        ("text_over_menu", DEFECTIVE, UNFLAGGED, OTHERS),
        ("text_over_menu", DEFECTIVE, NO_TEXT, DEFECTIVE),
        ("text_over_menu", MISSING, UNFLAGGED, MISSING),
        ("menu_and_text", DEFECTIVE, FLAGGED, DEFECTIVE),
        ("menu_and_text", DEFECTIVE, UNFLAGGED, OTHERS),
        ("menu_and_text", DEFECTIVE, NO_TEXT, DEFECTIVE),
        ("menu_and_text", MISSING, FLAGGED, MISSING),
    ],
)
def test_what_is_believed(policy: Policy, menu: int, text: int, believed: int) -> None:
    assert beliefs(policy)[text, menu] == believed


@pytest.mark.parametrize("policy", get_args(Policy))
def test_without_text_everybody_believes_the_menu(policy: Policy) -> None:
    assert beliefs(policy)[NO_TEXT].tolist() == list(range(5))


def test_more_evidence_is_asked_for_from_or_to_and() -> None:
    """Whoever believes LABEL 0 under `and` does under `over`, and then under `or`."""
    names: tuple[Policy, ...] = ("menu_and_text", "text_over_menu", "menu_or_text")
    least, middle, most = ((beliefs(name) == DEFECTIVE).astype(int) for name in names)
    assert (least <= middle).all()
    assert (middle <= most).all()
    assert np.count_nonzero(least) < np.count_nonzero(middle) < np.count_nonzero(most)
