"""Where code may stand: a module of pages takes nothing from a sibling; what several pages share has a module without pages."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"


def trees() -> dict[str, ast.Module]:
    """The parsed modules of the product by their dotted names."""
    files = [f for f in SOURCE.rglob("*.py") if "migrations" not in f.parts]
    return {".".join(f.relative_to(SOURCE).with_suffix("").parts): ast.parse(f.read_text(encoding="utf-8")) for f in files}


def has_pages(tree: ast.Module) -> bool:
    decorators = [d for node in tree.body if isinstance(node, ast.FunctionDef) for d in node.decorator_list]
    return any(isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == "page" for d in decorators)


def imported(tree: ast.Module) -> set[str]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {str(n.module) for n in nodes} | {f"{n.module}.{a.name}" for n in nodes for a in n.names}


def test_no_module_of_pages_takes_anything_from_another() -> None:
    modules = trees()
    pages = {name for name, tree in modules.items() if has_pages(tree) and not name.endswith("urls")}
    assert len(pages) > 30
    crossings = {(name, other) for name in pages for other in imported(modules[name]) & pages - {name}}
    assert crossings == set()
