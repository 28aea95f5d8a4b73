"""The rules of who may import whom, held against the source text."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gru_toolkit"
LAYERS = ["errors", "config", "sequences", "networks", "tasks", "runs", "jobs", "chess", "cli"]
KERAS_HOMES = ("networks", "runs")
BACKENDS = {"tensorflow", "jax", "torch"}
BACKEND_HOMES = {"runs/backends.py", "runs/litert.py", "runs/multiworker.py"}
TERMINAL = {"typer", "rich", "textual"}


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, top_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_the_list_of_layers(path: Path) -> None:
    layer = layer_of(path)
    if layer == "__init__":
        return
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    for name in imports(path):
        if name.startswith("gru_toolkit."):
            assert name.split(".")[1] in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_stays_in_its_home(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    top = {name.split(".")[0] for name in imports(path, top_only=True)}
    place = path.relative_to(PACKAGE).as_posix()
    if layer_of(path) not in KERAS_HOMES:
        assert "keras" not in top, f"{place} imports keras at its top"
    if place not in BACKEND_HOMES:
        assert not roots & BACKENDS, f"{place} names a backend"
    if layer_of(path) != "cli":
        assert not roots & TERMINAL, f"{place} uses a terminal library"
    if layer_of(path) not in ("chess", "cli"):
        assert "chess" not in roots, f"{place} uses the chess library"
    assert "click" not in roots, f"{place} imports click, which Typer carries its own copy of"
    assert "pickle" not in roots, f"{place} uses pickle"


def test_no_module_is_named_after_having_no_subject() -> None:
    nameless = {"utils", "helpers", "common", "misc", "manager", "handler"}
    assert not [path for path in sources() if path.stem in nameless]
