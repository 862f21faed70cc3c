"""What the apps declare fits together: roles, limits, navigation and colours name only what there is."""

from __future__ import annotations

import ast
from pathlib import Path

import click
import pytest
import rules
from django.apps import apps
from django.db import models
from django.urls import reverse

import headwater
from headwater.cli.data import entry_of
from headwater.core.apps import DECLARATIONS, house
from headwater.core.colours import COLOURS, colours
from headwater.core.navigation import NAVIGATION
from headwater.core.open_data import OPEN_DATA
from headwater.core.roles import LIMITS, ROLES, Scope
from headwater.registry.tables import IMPORTS

SOURCE = Path(headwater.__file__).parent
PREDICATES, METHODS = {"role", "scoped", "everywhere"}, {"has_role", "holds_everywhere", "scopes"}


def roles_named(tree: ast.AST) -> set[str]:
    """Codes of roles that a module asks about, by a predicate or on an account."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        asks = (isinstance(node.func, ast.Name) and name in PREDICATES) or (
            isinstance(node.func, ast.Attribute) and name in METHODS
        )
        some = node.args if name in {"role", "has_role"} else node.args[:1]
        if asks:
            found |= {a.value for a in some if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return found


def test_every_role_that_is_asked_for_is_declared() -> None:
    """A misspelt code would be a rule that nobody fulfils, and say nothing."""
    asked = {code for path in SOURCE.rglob("*.py") for code in roles_named(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(asked) > 8
    assert asked - set(ROLES) == set()
    assert roles_named(ast.parse("role('a', 'b') | scoped('c', 'call', f)\nuser.scopes('d', 'x')\nother.role('e')")) == {*"abcd"}


def test_roles_exclude_and_are_limited_to_what_there_is() -> None:
    kinds = {m._meta.label_lower for m in apps.get_models()}
    assert {code for role in ROLES.values() for code in role.excludes} - set(ROLES) == set()
    assert {scope for role in ROLES.values() for scope in role.scopes} - set(Scope.values) - set(LIMITS) == set()
    assert set(LIMITS) - set(Scope.values) - kinds == set()
    assert [code for code, role in ROLES.items() if code != role.code] == []


def test_every_module_of_the_workbench_leads_to_a_page_and_has_its_own_place() -> None:
    for module in NAVIGATION.values():
        assert reverse(module.route).startswith("/")
        assert rules.perm_exists(module.action)
    places = [m.place for m in NAVIGATION.values()]
    assert len(places) == len(set(places)) > 20


def test_every_state_has_a_colour() -> None:
    coded = {
        (model._meta.label, code)
        for model in apps.get_models()
        if any(model._meta.app_config is config for config in house())
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and field.name in {"state", "result", "verdict"}
        for code, _label in field.choices or ()
    }
    assert len(coded) > 40
    assert {(label, code) for label, code in coded if code and code not in COLOURS} == set()


def test_a_state_has_one_colour_in_all_apps() -> None:
    with COLOURS.reopened():
        colours(draft=COLOURS["draft"])
        COLOURS.frozen = False
        with pytest.raises(ValueError, match="registered twice"):
            colours(draft="red")
        with pytest.raises(ValueError, match="is none of"):
            colours(odd="pink")


def test_every_app_of_the_house_declares_in_modules_of_known_names() -> None:
    named = [config.name for config in house()]
    assert named == [c.name for c in apps.get_app_configs() if c.name.startswith("headwater.")]
    for config in house():
        strange = [part for part in config.also if part in DECLARATIONS]
        assert strange == [], f"{config.name}: found by their names already"


def test_the_command_line_names_the_known_kinds() -> None:
    assert entry_of(IMPORTS, "people") is IMPORTS["people"]
    with pytest.raises(click.BadParameter, match=r"unknown kind of table 'peple'; known are: people, organisations"):
        entry_of(IMPORTS, "peple")
    with pytest.raises(click.BadParameter, match=r"unknown public register 'cals'; known are: calls"):
        entry_of(OPEN_DATA, "cals")
