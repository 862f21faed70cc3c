"""headwater diagrams: states from the tables of transitions, and the house from the contract of its floors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path

import click

WIDTH, EDGE, HEAD, LINE, LETTER = 940, 16, 190, 30, 7.2
"""Pixels: the picture, its edge, the column of names, a line of rooms, and a letter of 12 pixels, at most."""
STYLE = (
    "text{font:12px sans-serif;fill:#1f2a2e}.name{font-weight:bold;font-size:14px}.app{fill:#dcebe7;stroke:#2f6f63}"
    ".plain{fill:#f4f1ea;stroke:#8a7a55}.room{fill:#fff;stroke:#b9c4c6}"
)


@dataclass(frozen=True)
class Package:
    """A package that stands on a floor: what its app is called ("" where it is no app), and the packages within it."""

    name: str
    called: str
    rooms: tuple[str, ...]


def floors(project: Path) -> list[list[Package]]:
    """The packages of each floor, from the top downwards, as the contract of layers in a pyproject.toml says. Apps must be set up."""
    from django.apps import apps

    settings = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(c["layers"] for c in settings["contracts"] if c["type"] == "layers")
    called = {config.name: str(config.verbose_name) for config in apps.get_app_configs()}
    return [
        [Package(n.partition(".")[2], called.get(n, ""), rooms_of(n)) for n in map(str.strip, layer.split("|"))]
        for layer in layers
    ]


def rooms_of(package: str) -> tuple[str, ...]:
    """The packages within a package; migrations are history and no room."""
    spec = find_spec(package)
    folders = [Path(p) for p in (spec.submodule_search_locations if spec else None) or ()]
    found = {child.parent.name for folder in folders for child in folder.glob("*/__init__.py")}
    return tuple(sorted(found - {"migrations"}))


def placed(rooms: Sequence[str], left: float, right: float) -> Iterator[tuple[str, float, int, float]]:
    """Where each room stands: (room, x, line, width); a line that is full goes on below."""
    x, line = left, 0
    for room in rooms:
        width = len(room) * LETTER + 14
        if x + width > right and x > left:
            x, line = left, line + 1
        yield room, x, line, width
        x += width + 6


def drawing(house: Sequence[Sequence[Package]]) -> str:
    """The house as an SVG: one row for each floor, beside each other what may not import each other, in each the rooms."""
    parts, y = [], float(EDGE)
    for floor in house:
        share = (WIDTH - 2 * EDGE - 8 * (len(floor) - 1)) / len(floor)
        lefts = [EDGE + n * (share + 8) for n in range(len(floor))]
        stands = [list(placed(p.rooms, x + HEAD, x + share - 8)) for p, x in zip(floor, lefts, strict=True)]
        height = LINE * max(line + 1 for rooms in stands for _r, _x, line, _w in [*rooms, ("", 0, 0, 0)]) + 8
        for package, x, rooms in zip(floor, lefts, stands, strict=True):
            kind = "app" if package.called else "plain"
            parts.append(f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{share:.0f}" height="{height}" rx="4"/>')
            title = f'<tspan class="name">{escape(package.name)}</tspan> {escape(package.called)}'
            parts.append(f'<text x="{x + 10:.0f}" y="{y + 24:.0f}">{title}</text>')
            for room, left, line, width in rooms:
                top = y + 8 + line * LINE
                parts.append(f'<rect class="room" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="22" rx="3"/>')
                parts.append(f'<text x="{left + 7:.0f}" y="{top + 15:.0f}">{escape(room)}</text>')
        y += height + 6
    size = f'width="{WIDTH}" height="{y + EDGE - 6:.0f}" viewBox="0 0 {WIDTH} {y + EDGE - 6:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="The floors of the house and the rooms on each">'
    )
    return "\n".join([head, f"<style>{STYLE}</style>", '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>\n"])


@click.command()
@click.option(
    "--house",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PYPROJECT",
    help="instead: the floors and rooms of the house (SVG), from the import contract in this pyproject.toml",
)
def diagrams(house: Path | None) -> None:
    """Print the state diagrams (Mermaid) of calls, applications and awards, drawn from the transition tables.

    No database is asked for."""
    from headwater.cli.main import set_apps_up

    set_apps_up()
    if house:
        click.echo(drawing(floors(house)), nl=False)
        return
    from headwater.core.workflow import WORKFLOWS

    for workflow in WORKFLOWS.values():
        click.echo(f"## {workflow.name}\n\n```mermaid\n{workflow.diagram()}\n```\n")


COMMANDS = [diagrams]
