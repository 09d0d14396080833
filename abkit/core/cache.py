"""Where trained models and scores are kept between runs."""

import hashlib
import os
from pathlib import Path

import platformdirs


def cache_folder(kind: str) -> Path:
    """Return the folder for cached things of one kind: `$ABKIT_CACHE`, else the user's cache."""
    root = os.environ.get("ABKIT_CACHE")
    base = Path(root) if root else platformdirs.user_cache_path("abkit", appauthor=False)
    return base / kind


def sources_digest(folder: Path) -> str:
    """Return a hash of the source files of a package: part of the key of all that it makes."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()
