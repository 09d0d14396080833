"""What decides a training's logits, as a key: a comment or a docstring in its code does not."""

import ast
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import abkit.core
import abkit.model
import abkit.pipeline
from abkit.core.paper import GOLDEN_SIZES
from abkit.core.store import digest_of
from abkit.pipeline.language_study import prior_with
from abkit.pipeline.reproduce_data import NAMES, SHARES
from abkit.simulations.language.sets import LANGUAGE_VERSION

# The files that decide a training's logits, and what is kept of them.
CODE: Final = {
    abkit.core: ("checks.py", "rng.py"),
    abkit.model: (
        "batches.py", "bilstm.py", "checkpoint.py", "epochs.py", "losses.py", "network.py",
        "presets.py", "text.py", "threads.py", "tokenizer.py", "training.py",
    ),
    abkit.pipeline: ("reproduce_data.py", "reproduce_job.py"),
}  # fmt: skip
LIBRARIES: Final = ("torch", "tokenizers", "numpy")


def key_of(facts: dict[str, Any]) -> str:
    """Return the key of one training: `facts`, its texts, the code and the libraries."""
    texts = {
        "language": LANGUAGE_VERSION,
        "priors": {name: list(prior_with(one)) for name, one in SHARES.items()},
        "sizes": list(GOLDEN_SIZES.values()),
        "names": list(map(list, NAMES.values())),
    }
    return digest_of({**facts, "texts": texts, "code": _code()})[:32]


@cache  # as it is when the process starts, not as it is edited while the study runs
def _code() -> list[str]:
    meanings = [
        meaning_of((Path(package.__path__[0]) / name).read_text(encoding="utf-8"))
        for package, names in CODE.items()
        for name in names
    ]
    return [*meanings, *map(version, LIBRARIES)]


def meaning_of(source: str) -> str:
    """Return a hash of Python source that comments, docstrings and layout leave as it is."""
    tree = _WithoutDocstrings().visit(ast.parse(source))
    return sha256(ast.dump(tree).encode()).hexdigest()


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Drop a statement that is nothing but a string: it does nothing."""
        value = node.value
        return None if isinstance(value, ast.Constant) and isinstance(value.value, str) else node
