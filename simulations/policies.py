"""What the bot believes by the arm's policy: what the menu says, what the text says, or both."""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from abkit.core.reasons import DEFECTIVE, REASONS

Policy = Literal["menu", "menu_or_text", "text_over_menu", "menu_and_text"]
Beliefs = npt.NDArray[np.int8]

NO_TEXT, UNFLAGGED, FLAGGED = range(3)  # what the text says: rows of `beliefs`

_OTHERS: Final = REASONS.index("others")  # believed where the text overrules a menu's LABEL 0
_MENU: Final = tuple(range(len(REASONS)))
_ALWAYS: Final = (DEFECTIVE,) * len(REASONS)
_OVERRULED: Final = tuple(_OTHERS if reason == DEFECTIVE else reason for reason in _MENU)
_BELIEFS: Final[dict[Policy, tuple[tuple[int, ...], ...]]] = {
    # no text, text not flagged, text flagged
    "menu": (_MENU, _MENU, _MENU),
    "menu_or_text": (_MENU, _MENU, _ALWAYS),
    "text_over_menu": (_MENU, _OVERRULED, _ALWAYS),
    "menu_and_text": (_MENU, _OVERRULED, _MENU),
}


def beliefs(policy: Policy) -> Beliefs:
    """Return the believed reason by what the text says and by menu reason, shape (3, 5).

    - `menu`: the menu's reason.
    - `menu_or_text`: LABEL 0 if either says so, else the menu's reason.
    - `text_over_menu`: with text, LABEL 0 if and only if it is flagged; else the menu's reason.
    - `menu_and_text`: LABEL 0 only if the menu says so and no text contradicts.

    Where the menu's LABEL 0 is overruled the bot believes `others`.
    """
    return np.array(_BELIEFS[policy], dtype=np.int8)
