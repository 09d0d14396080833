"""What a process that shares the work of another one needs."""

import os
import threading
from multiprocessing import parent_process


def end_with_parent() -> None:
    """End this process with its parent, even if that was killed."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)
