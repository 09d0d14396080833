"""`validate`: the intervals against exact coverage."""

import re
from collections.abc import Sequence
from typing import Final

from abkit.analysis.coverage import exact_coverage
from abkit.core.coverage_report import DEFAULT_SETTINGS, ArmSetting, CoverageReport, Setting
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress

_ARM: Final = r"\s*(\d{1,18})\s*:\s*(\d*\.?\d+(?:e-?\d{1,3})?)\s*"
_SETTING: Final = re.compile(f"{_ARM}/{_ARM}", re.ASCII | re.IGNORECASE)


def validate_coverage(
    at: Sequence[str] = (), *, confidence_level: float = 0.95, progress: Progress = SILENT
) -> CoverageReport:
    """Return the exact coverage of intervals and size of tests at a user's own arms.

    Args:
        at: Settings written as `4500:.02/500:.04`, control's trials and rate before treatment's;
            none: `DEFAULT_SETTINGS`.
        confidence_level: Nominal coverage, in (0, 1).
        progress: Shown by block of tables.

    Raises:
        ConfigError: A setting cannot be read, lies outside its domain, or is too large.
    """
    settings = tuple(map(read_setting, at)) or DEFAULT_SETTINGS
    return exact_coverage(settings, confidence_level=confidence_level, progress=progress)


def read_setting(text: str) -> Setting:
    """Return the setting that `text` writes as N:RATE/N:RATE, control first.

    Raises:
        ConfigError: It is written otherwise.
    """
    found = _SETTING.fullmatch(text)
    if not found:
        raise ConfigError(
            f"`--at` is `{text}`; expected control's trials and rate, then treatment's",
            hint="for example: --at 4500:.02/500:.04",
        )
    n0, p0, n1, p1 = found.groups()
    return Setting(
        control=ArmSetting(trials=int(n0), rate=float(p0)),
        treatment=ArmSetting(trials=int(n1), rate=float(p1)),
    )
