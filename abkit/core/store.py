"""Files that are whole or absent: atomic writes, hashes, JSON without NaN."""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from abkit.core.errors import RunError


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that replaces `path` only when the block ends without an error.

    The bytes go to a uniquely named file in the same folder, are flushed to disk and renamed;
    after an error, or a kill, the old file is untouched.

    Raises:
        RunError: The place cannot be written.
    """
    check_writable(path)
    name = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())  # mkstemp makes it private
        os.replace(name, path)
    except BaseException as error:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk, a folder that only looks writable
            raise RunError(f"`{path}` cannot be written: {error.strerror}") from error
        raise


def check_writable(path: Path) -> None:
    """Raise `RunError` when a file `path` cannot be written: to be asked before any long work."""
    if path.is_dir():
        raise RunError(f"`{path}` is a folder; expected the name of a file")
    check_folder(path.parent)


def check_folder(folder: Path) -> None:
    """Raise `RunError` when nothing can be written below `folder`, which need not exist yet."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise RunError(f"`{place}` is a file; nothing can be written below it")
    if not os.access(place, os.W_OK | os.X_OK):
        raise RunError(f"`{place}` is not writable")


def share_folder(folder: Path) -> None:
    """Give a private temporary folder the permissions that a new folder would have."""
    folder.chmod(0o777 & ~_umask())


def _umask() -> int:
    """Return the process's file mode creation mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def finite(value: Any) -> Any:
    """Return `value` with every non-finite float, at any depth, replaced by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def to_json(value: Any) -> str:
    """Return `value` as indented JSON; a non-finite number is null, since JSON has none."""
    return json.dumps(finite(value), indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as JSON, atomically."""
    text = to_json(value)  # before the file is opened: a value that is no JSON leaves no trace
    with atomic_write(path) as file:
        file.write(text.encode())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(value: Any) -> str:
    """Return the SHA-256, in hex, of `value` written as canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
