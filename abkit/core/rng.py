"""Random numbers keyed by purpose: what is drawn depends on its key, never on when it is drawn."""

import hashlib

import numpy as np
import numpy.typing as npt


def rng_for(seed: int, *key: int | str) -> np.random.Generator:
    """Return a Philox generator that depends on the arguments alone.

    `rng_for(seed, "arrivals", replication)` gives the same stream whatever else was drawn before,
    so a new draw elsewhere changes nothing here. The 128-bit Philox key is a BLAKE2b hash of the
    arguments; counters start at 0.
    """
    words = "\x1f".join((str(int(seed)), *map(str, key)))
    digest = hashlib.blake2b(words.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def uniforms(
    seed: int, replication: int, purpose: str, attempt: int, n: int
) -> npt.NDArray[np.float64]:
    """Return `n` uniforms in the open interval (0, 1); element i belongs to customer i.

    One counter-based stream per (seed, replication, purpose, attempt). Element i is the same for
    any `n` > i, so customers share their draws over arms, policies and event orders.
    """
    u = rng_for(seed, replication, purpose, attempt).random(n)
    return np.maximum(u, 2.0**-54)  # [0, 1) becomes (0, 1): inverse normals stay finite
