"""The register of what apps declare: filled once, closed after that, and clear about what it does not know."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

import headwater
from headwater.core.register import Register, UnknownCode

SOURCE = Path(headwater.__file__).parent


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> Register[str]:
    """A register that `Register.instances` forgets again."""
    monkeypatch.setattr(Register, "instances", [])
    found: Register[str] = Register("colour")
    found.add("sky", "blue")
    found.add("grass", "green")
    return found


def test_entries_come_in_the_order_in_which_they_were_added(colours: Register[str]) -> None:
    assert list(colours.items()) == [("sky", "blue"), ("grass", "green")]
    assert ("sky" in colours, "sea" in colours, len(colours), colours.get("sea", "none")) == (True, False, 2, "none")


def test_what_is_no_code_is_not_simply_absent(colours: Register[str]) -> None:
    with pytest.raises(TypeError, match="colour: expected a code, found <class 'int'>"):
        assert int in colours


def test_a_code_is_used_once(colours: Register[str]) -> None:
    with pytest.raises(ValueError, match="colour 'sky' is registered twice"):
        colours.add("sky", "grey")
    with pytest.raises(ValueError, match="expected a code"):
        colours.add("", "grey")
    assert colours["sky"] == "blue"


def test_an_unknown_code_names_the_known_ones(colours: Register[str]) -> None:
    with pytest.raises(LookupError) as caught:
        colours["sea"]
    assert str(caught.value) == "unknown colour 'sea'; known are: sky, grass"
    empty: Register[int] = Register("number")
    with pytest.raises(UnknownCode, match="known are: none"):
        empty["one"]


@pytest.mark.parametrize(
    "look", [lambda r: r["sky"], list, len, lambda r: "sky" in r, lambda r: r.get("sea"), lambda r: r.freeze()]
)
def test_the_first_look_closes_a_register(colours: Register[str], look: Callable[[Register[str]], object]) -> None:
    assert not colours.frozen
    look(colours)
    assert colours.frozen
    with pytest.raises(RuntimeError, match="colour 'sea' comes too late"):
        colours.add("sea", "grey")


def test_a_function_registers_itself(colours: Register[str]) -> None:
    doubled: Register[Callable[[int], int]] = Register("function")

    @doubled.under("double")
    def double(n: int) -> int:
        return 2 * n

    assert doubled["double"] is double
    assert doubled["double"](4) == 8


def test_a_reopened_register_forgets_what_came_meanwhile(colours: Register[str]) -> None:
    colours.freeze()
    with colours.reopened() as more:
        more.add("sea", "grey")
        assert more["sea"] == "grey"
    assert list(colours) == ["sky", "grass"]
    with pytest.raises(RuntimeError):
        colours.add("sea", "grey")


FILLED_LATER = {"operation of the API", "router of the API", "example of an argument"}
"""Of modules that are loaded where they are asked for (`core.apps.LATER`)."""


def test_every_register_is_closed_once_the_apps_have_loaded() -> None:
    """What is read at import, before all apps have spoken, would close a register too early and fail the next app's start."""
    loaded = [r for r in Register.instances if r.kind not in FILLED_LATER]
    assert len(loaded) > 20
    assert [r.kind for r in loaded if not r.frozen] == []
    kinds = [r.kind for r in Register.instances]
    assert [kind for kind in kinds if kinds.count(kind) > 1] == []


CACHES = {"core/parameters.py": {"_cache"}, "demo/applying.py": {"_scan"}}
"""What is kept between calls, and no register."""


def empty_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and not value.args:
        return value.func.id in {"dict", "list", "set", "defaultdict"}
    return (isinstance(value, ast.Dict) and not value.keys) or (isinstance(value, ast.List) and not value.elts)


def containers(tree: ast.Module) -> set[str]:
    """Names of a module that begin as an empty container, to be filled by others."""
    found = {
        n.target.id
        for n in tree.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name) and empty_container(n.value)
    }
    plain = [n for n in tree.body if isinstance(n, ast.Assign) and empty_container(n.value)]
    return found | {target.id for n in plain for target in n.targets if isinstance(target, ast.Name)}


def test_no_module_keeps_a_register_of_its_own_making() -> None:
    made = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if found := containers(ast.parse(path.read_text(encoding="utf-8"))) - CACHES.get(name, set()):
            made[name] = found
    assert made == {}
    assert containers(ast.parse("A: dict[str, int] = {}\nB = []\nC = dict()\nD = {1: 2}\nE: int")) == {"A", "B", "C"}
