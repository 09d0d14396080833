"""What torch computes with: threads, seed, device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from abkit.core.errors import ConfigError, unknown_choice
from abkit.model.presets import DEVICES, Device

REQUESTS: Final = ("auto", *DEVICES)


def choose_device(request: str) -> Device:
    """Return the device to train on; `auto` is the GPU where torch can use one, else the CPU.

    Raises:
        ConfigError: The word is unknown, or `cuda` is asked for and torch cannot use it.
    """
    if request not in REQUESTS:
        raise unknown_choice("device", request, REQUESTS)
    usable = torch.cuda.is_available()
    if request == "cuda" and not usable:
        build = "finds no such GPU" if torch.version.cuda else "was built without CUDA"
        raise ConfigError(
            f"`device` is `cuda`, but torch {torch.__version__} {build}",
            hint="`auto` takes the GPU where there is one, and the CPU elsewhere",
        )
    return "cuda" if usable and request != "cpu" else "cpu"


def device_name(device: Device) -> str:
    """Return the device and, of a GPU, its model."""
    return f"cuda ({torch.cuda.get_device_name()})" if device == "cuda" else "cpu"


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Compute on `n` threads inside the block, and restore the caller's number after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def torch_seed(seed: int, device: Device = "cpu") -> Iterator[None]:
    """Draw from torch's generators seeded with `seed`, and restore the caller's state after.

    The CPU's generator, and with `cuda` the current GPU's too.
    """
    gpu = [torch.cuda.current_device()] if device == "cuda" else []
    with torch.random.fork_rng(devices=gpu):
        torch.default_generator.manual_seed(seed)
        if gpu:
            torch.cuda.manual_seed(seed)
        yield
