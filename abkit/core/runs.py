"""Run folders: `runs/<id>/`, whole or absent, newest found by name."""

import datetime
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from abkit.core.errors import RunError
from abkit.core.store import check_folder, sha256_of, share_folder, write_json

MANIFEST: Final = "manifest.json"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Manifest(BaseModel):
    """What made a run: enough to repeat it. Holds no wall-clock time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...]
    arguments: dict[str, Any]
    seed: int
    digests: dict[str, str]  # of the scenario, the model, the supply of texts
    versions: dict[str, str]
    files: dict[str, str]  # SHA-256 by name, of every file beside the manifest


def new_id(digest: str) -> str:
    """Return a run's name: the UTC time, so that names sort by age, and six digits of `digest`."""
    now = datetime.datetime.now(datetime.UTC)
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}-{digest[:6]}"


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder` only when the block ends without an error."""
    check_folder(folder.parent)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield draft
        share_folder(draft)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def seal(draft: Path, **facts: Any) -> None:
    """Write the manifest of a finished draft, last: it lists the hash of every other file."""
    files = {path.name: sha256_of(path) for path in sorted(draft.iterdir()) if path.is_file()}
    files.pop("run.log", None)  # wall-clock times live there: outside what must repeat
    write_json(draft / MANIFEST, Manifest(files=files, **facts).model_dump(mode="json"))


def find_run(root: Path, run: str | None = None) -> Path:
    """Return the folder of the run named `run`, or of the newest one.

    Raises:
        RunError: There is no such run, or none at all.
    """
    if run is not None and Path(run).parent.resolve() == root.resolve():
        run = Path(run).name  # as `runs/<id>`, which is how it is printed
    if run is not None and not _NAME.fullmatch(run):
        hint = "give the name of a folder in `--runs`, not a path"
        raise RunError(f"`{run}` is no run's name", hint=hint)
    found = sorted(path.parent for path in root.glob(f"[!.]*/{MANIFEST}"))
    if run is None and found:
        return found[-1]
    if run is not None and root / run in found:
        return root / run
    named = f"`{root}` has no run" + (f" `{run}`" if run else "")
    newest = f"the newest is `{found[-1].name}`" if found else "make one with `abkit simulate`"
    raise RunError(named, hint=newest)


def open_run(folder: Path) -> Manifest:
    """Return the manifest of a run whose files are all there and unchanged.

    Raises:
        RunError: The manifest cannot be read, or a file is missing or was changed.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its contents make no manifest"
        raise RunError(
            f"run `{folder.name}` has no readable manifest: {reason}", hint="simulate it again"
        ) from None
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise RunError(f"run `{folder.name}` lacks its file `{name}`", hint=_REPEAT)
        if sha256_of(path) != digest:
            raise RunError(f"run `{folder.name}`: `{name}` was changed or damaged", hint=_REPEAT)
    return manifest


_REPEAT: Final = "the manifest names the command that made it: run it again"
