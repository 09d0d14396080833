"""A training's state after an epoch, as one file: no code in it, whole or absent.

The file is in the safetensors format: tensors by name, and one JSON text with everything else.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors
from torch import Tensor, contiguous_format

from abkit.core.errors import ConfigError, RunError
from abkit.core.store import atomic_write, check_writable

FORMAT: Final = 1
_FACTS: Final = "abkit_training"  # the key under which the header holds the JSON text

Facts = dict[str, Any]
Tensors = dict[str, Tensor]


def write_checkpoint(
    path: Path, *, identity: Mapping[str, str], facts: Facts, tensors: Tensors
) -> None:
    """Replace `path` atomically: after a kill it holds this state or the one before.

    Args:
        path: A file; its folder is made if need be.
        identity: What the training is of, as digests by name; `read_checkpoint` compares them.
        facts: JSON-able; integers of any size and floats come back exactly.
        tensors: By name, of any device.

    Raises:
        RunError: The place cannot be written.
    """
    text = json.dumps(
        {"format": FORMAT, "identity": dict(identity), "facts": facts}, allow_nan=False
    )
    apart = {  # the format refuses tensors that share memory, as best and last may
        name: value.cpu().clone(memory_format=contiguous_format) for name, value in tensors.items()
    }
    content = safetensors.save(apart, metadata={_FACTS: text})
    with atomic_write(path) as file:
        file.write(content)


def read_checkpoint(path: Path, *, identity: Mapping[str, str]) -> tuple[Facts, Tensors] | None:
    """Return facts and tensors (on the CPU) of `path`, or None where there is no such file.

    Raises:
        ConfigError: It is the checkpoint of another training; the fact names what differs.
        RunError: It is no checkpoint, is damaged, or the place could not be written later.
    """
    check_writable(path)
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_FACTS])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        found, facts = dict(header["identity"]), dict(header["facts"])
        if header["format"] != FORMAT:
            raise ValueError(f"its format is {header['format']!r}; this version reads {FORMAT}")
    except (SafetensorError, ValueError, KeyError, TypeError, OSError) as error:
        raise RunError(
            f"`{path}` cannot be used as a checkpoint: {error}",
            hint="delete it to train from the start, or name another file",
        ) from error
    if differs := [name for name, value in identity.items() if found.get(name) != value]:
        raise ConfigError(
            f"the checkpoint `{path}` is of another training: other {' and '.join(differs)}",
            hint="delete it to train from the start, or name another file",
        )
    return facts, tensors
