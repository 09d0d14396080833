"""Processes that share work say nothing on the terminal when the program is killed."""

import os
from multiprocessing import resource_tracker
from typing import Final

_WARNINGS: Final = "PYTHONWARNINGS"


def quiet_tracker() -> None:
    """Start multiprocessing's tracker of semaphores so that it cleans up without a word.

    It outlives a killed program, frees what that had no time to free, and would warn of it. To be
    called before the first pool of processes: a tracker that runs already stays as it is.
    """
    before = os.environ.get(_WARNINGS)
    os.environ[_WARNINGS] = "ignore:resource_tracker" + (f",{before}" if before else "")
    try:
        resource_tracker.ensure_running()
    finally:
        del os.environ[_WARNINGS]
        if before is not None:
            os.environ[_WARNINGS] = before
