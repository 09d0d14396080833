"""Where a fitted scenario may be written: never over what it was fitted from."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from abkit.core.errors import ConfigError, RunError
from abkit.core.store import check_writable

_OURS: Final = "# Fitted by `abkit fit-scenario`"  # how every fitted file begins


def base_name(base: str | Path, changes: Mapping[str, Any] | None) -> str:
    """Return what a fitted file and its report call the base."""
    return f"{base} with changes" if changes else str(base)


def check_out(out: Path, inputs: Iterable[str | Path]) -> None:
    """Refuse an `out` that is read by the fit, or that holds what abkit did not write.

    Raises:
        ConfigError: Somebody's file would be lost, or `out` has another ending than .toml.
        RunError: `out` cannot be written, or is there and cannot be read.
    """
    check_writable(out)
    if out.suffix != ".toml":
        raise ConfigError(f"`out` is `{out}`; expected a name that ends in .toml")
    if not out.exists():
        return
    if any(Path(name).exists() and out.samefile(name) for name in inputs):
        raise ConfigError(
            f"`out` is `{out}`, which the fit reads", hint="give the fitted scenario another name"
        )
    try:
        with out.open(encoding="utf-8", errors="replace") as file:
            ours = file.read(len(_OURS)) == _OURS
    except OSError as error:
        raise RunError(f"`{out}` exists and cannot be read: {error.strerror}") from None
    if not ours:
        raise ConfigError(
            f"`{out}` exists, and is no fitted scenario", hint="give another name, or remove it"
        )
