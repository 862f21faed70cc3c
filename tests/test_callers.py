"""What only the demo calls does not exist: every command has a caller in the product, outside of the demo and the tests."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import headwater

SOURCE = Path(headwater.__file__).parent
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def opens_a_command(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Name)
        and item.context_expr.func.id == "command"
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
    )


def named(tree: ast.AST) -> Counter[str]:
    """Names that some code uses, apart from what it imports and what it defines."""
    return Counter(
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, (ast.Name, ast.Attribute))
    )


COMMANDS = {
    node.name: node
    for path, tree in TREES.items()
    if "demo" not in path.relative_to(SOURCE).parts
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef) and opens_a_command(node)
}
USED: Counter[str] = sum((named(tree) for path, tree in TREES.items() if "demo" not in path.relative_to(SOURCE).parts), Counter())


def has_caller(function: ast.FunctionDef, used: Counter[str]) -> bool:
    """Whether something beside the command itself names it, or a decorator has registered it."""
    return used[function.name] > named(function)[function.name] or bool(function.decorator_list)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_caller(name: str) -> None:
    assert has_caller(COMMANDS[name], USED), f"{name} is called by the demo or by tests alone"


def test_the_test_knows_commands_and_would_tell() -> None:
    assert len(COMMANDS) > 90
    lonely = ast.parse("def save(actor):\n    with command(actor, 'save') as log:\n        save(log)").body[0]
    assert isinstance(lonely, ast.FunctionDef)
    assert opens_a_command(lonely)
    assert not has_caller(lonely, named(lonely))
    assert has_caller(lonely, named(lonely) + Counter(["save"]))
    assert {"register_experts", "add_publications", "add_relations", "record_employment", "merge_records"} <= COMMANDS.keys()
