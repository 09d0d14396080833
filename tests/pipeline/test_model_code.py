"""What a cached model's key covers: the code of `model`, and the core modules it builds on."""

import ast
from pathlib import Path

import abkit.core
import abkit.model
from abkit.pipeline.history import CORE_CODE

SAYS_NOTHING = {"errors", "progress"}  # messages and bars: no weight depends on them


def test_the_key_covers_the_core_modules_that_a_model_is_made_with() -> None:
    core = Path(abkit.core.__path__[0])
    used: set[str] = set()
    todo = list(Path(abkit.model.__path__[0]).glob("*.py"))
    while todo:
        for name in _core_modules(todo.pop()) - used:
            used.add(name)
            todo.append(core / f"{name}.py")
    shown = used - SAYS_NOTHING - {"results"}  # a mixin that renders
    assert {f"{name}.py" for name in shown} == set(CORE_CODE)


def _core_modules(path: Path) -> set[str]:
    """Return the modules of `abkit.core` that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "abkit.core":
                found |= {alias.name for alias in node.names}
            elif node.module.startswith("abkit.core."):
                found.add(node.module.split(".")[2])
    return found
