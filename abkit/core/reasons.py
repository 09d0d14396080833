"""The five return reasons of the paper (section 3), in its order: LABEL 0 to LABEL 4."""

from typing import Final

REASONS: Final = ("defective", "missing", "quality", "preference", "others")
DEFECTIVE: Final = 0  # LABEL 0, the one reason that the deployed binary model detects
