"""From a fresh clone to a result with one command: `python3.11 -m abkit.bootstrap demo`.

Uses the standard library only. Makes `.venv` in the project's root, installs the project into it
with the tested versions of `constraints.txt`, and runs the verb. When nothing changed since the
last time the installation is left alone, so that both verbs also work offline.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
VENV: Final = ROOT / ".venv"
BIN: Final = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON: Final = BIN / "python"
FOLDERS: Final = ("model", "simulations", "analysis")  # installed as abkit.model, and so on


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code of the first step that failed, else 0."""
    arguments = sys.argv[1:] if arguments is None else arguments
    verbs = {"demo": demo, "test": test, "links": links, "install": install}
    if len(arguments) != 1 or arguments[0] not in verbs:
        sys.stderr.write(f"usage: python -m abkit.bootstrap {{{','.join(verbs)}}}\n")
        return 2
    if not (ROOT / "pyproject.toml").is_file():
        sys.stderr.write("error: run this from a clone of the project, not from an installed one\n")
        return 1
    try:
        verbs[arguments[0]]()
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


def demo() -> None:
    """Simulate two weeks with a trained classifier in the loop, then audit 485 contacts."""
    install()
    run("-m", "abkit", "simulate", "--weeks", "2")
    run("-m", "abkit", "audit", "--sample", "485")


def test() -> None:
    """Lint, check the types, run the quick tests."""
    install()
    links()
    run("-m", "ruff", "check", ".")
    run("-m", "ruff", "format", "--check", ".")
    run("-m", "mypy")
    run("-m", "pytest")


def install() -> None:
    """Install the project and its tools into `.venv`, unless the same was installed before."""
    stamp, wanted = VENV / "installed", fingerprint()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say("installing into .venv (several minutes the first time: PyTorch is large)")
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    run("-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--constraint", "constraints.txt", "--editable", ".[dev]")  # fmt: skip
    stamp.write_text(wanted)


def fingerprint() -> str:
    """Return a hash of all that decides what is installed: two files, the place, the Python."""
    files = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    return hashlib.sha256(files + f"{ROOT}{sys.version}".encode()).hexdigest()


def links() -> None:
    """Make `.links/abkit`, the four folders as one package: what mypy reads."""
    folder = ROOT / ".links" / "abkit"
    folder.mkdir(parents=True, exist_ok=True)
    targets = [*(ROOT / "abkit").iterdir(), *(ROOT / name for name in FOLDERS)]
    for old in folder.iterdir():
        old.unlink()
    for target in targets:
        (folder / target.name).symlink_to(target)


def run(*arguments: str) -> None:
    """Run the environment's Python in the project's root, showing the command."""
    say("python " + " ".join(arguments))
    subprocess.run([str(PYTHON), *arguments], check=True, cwd=ROOT)


def say(line: str) -> None:
    """Write one line to stderr, at once."""
    sys.stderr.write(f"\n> {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
