"""headwater migrate, region, import, export, verify."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from headwater.regions.package import Mistake, Package

T = TypeVar("T")


@click.command()
def migrate() -> None:
    """Bring the tables up to date."""
    from headwater.cli.main import setup

    setup(migrate=True)
    click.echo("the tables are up to date")


@click.group()
def region() -> None:
    """Region packages: check one, begin one, load one."""


@region.command("check")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True)
def region_check(path: str, as_json: bool) -> None:
    """Check a package (a folder, or the code of one that ships with Headwater); every mistake with file, key and expectation."""
    from headwater.demo.plan import checked_plan
    from headwater.regions.check import find_package, read_package

    package = read_package(find_package(path))
    mistakes = [*package.mistakes, *checked_plan(package)[1]] or _undeclared(package)
    if as_json:
        click.echo(json.dumps({"path": str(package.path), "mistakes": [m.__dict__ for m in mistakes]}, ensure_ascii=False))
    else:
        for mistake in mistakes:
            click.echo(str(mistake))
        if not mistakes:
            click.echo(f"{package.path.name}: no mistakes")
    sys.exit(1 if mistakes else 0)


@region.command("rules")
@click.argument("path", required=False)
@click.option("--json", "as_json", is_flag=True)
def region_rules(path: str | None, as_json: bool) -> None:
    """List every rule: code, titles, settings, the parameters it reads with their values today, and the schemes that name it.

    PATH is a package (a folder or a code); without it the one that this house serves is read. No database is asked for."""
    from headwater.cli.main import set_apps_up
    from headwater.config import Config
    from headwater.core import clock
    from headwater.regions.check import find_package, read_package

    package = read_package(find_package(path or Config.from_env().region))
    if package.mistakes:
        raise click.ClickException(
            f"{package.path.name} has mistakes, see: headwater region check; the first is {package.mistakes[0]}"
        )
    set_apps_up()
    from headwater.regions.rules import described

    rules = described(package, clock.today())
    if as_json:
        told = {"region": package.path.name, "on": str(clock.today()), "rules": [r.as_json() for r in rules]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo("\n".join(line for rule in rules for line in rule.lines()))


def _undeclared(package: Package) -> list[Mistake]:
    """List what the package names and no app declares. This sets the apps up but does not ask the database."""
    from headwater.cli.main import set_apps_up

    set_apps_up()
    from headwater.regions.declared import undeclared

    return undeclared(package)


@region.command("new")
@click.argument("code")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="folder in which the package's folder is made",
)
@click.option("--name-zh", default="新区域", help="name of the region in Chinese")
@click.option("--name-en", default="New Region", help="name of the region in English")
def region_new(code: str, into: Path, name_zh: str, name_en: str) -> None:
    """Write a package to start from into a new folder CODE: it has no mistake, can be loaded, and says what stands where."""
    from headwater.regions.starting import StartError, write_package

    try:
        files = write_package(code, into / code, name_zh, name_en)
    except StartError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(map(str, files)))


@region.command("load")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True)
def region_load(path: str, as_json: bool) -> None:
    """Load a package; loading it again changes nothing, a changed scheme becomes a new version."""
    from headwater.cli.main import setup

    setup(migrate=True)
    from headwater.core.command import system
    from headwater.regions.check import find_package, read_package
    from headwater.regions.load import load_region

    counts = load_region(package=read_package(find_package(path)), actor=system("cli"))
    if as_json:
        click.echo(json.dumps(counts))
    else:
        click.echo("; ".join(f"{k}: {v} new or changed" for k, v in counts.items()))


def entry_of(register: Mapping[str, T], code: str) -> T:
    """Return the entry under `code`.

    Raises:
        BadParameter: there is none; the message names those there are.
    """
    try:
        return register[code]
    except LookupError as error:
        raise click.BadParameter(str(error)) from error


@click.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="list every bad row and change nothing")
@click.option("--skip-bad", is_flag=True, help="import the good rows and leave the bad ones out")
@click.option("--json", "as_json", is_flag=True)
def import_(kind: str, file: Path, dry_run: bool, skip_bad: bool, as_json: bool) -> None:
    """Import a table from xlsx or csv; nothing changes unless all rows are good or --skip-bad is given.

    KIND is people, organisations or another table; one that does not exist is answered with those that do."""
    from headwater.cli.main import setup

    setup(migrate=True)
    from headwater.core.command import system
    from headwater.registry.tables import IMPORTS

    work = entry_of(IMPORTS, kind).work
    result = work(name=file.name, content=file.read_bytes(), actor=system("cli"), dry_run=dry_run, skip_bad=skip_bad)
    if as_json:
        click.echo(json.dumps({**result.__dict__, "errors": [e.__dict__ for e in result.errors]}, ensure_ascii=False))
    else:
        for note in result.notes:
            click.echo(f"{file.name}: {note}")
        for heading, nearest in result.unused:
            click.echo(f"{file.name}: column {heading!r} is not used" + (f"; the nearest is {nearest!r}" if nearest else ""))
        for e in result.errors:
            click.echo(f"{file.name}:{e.row}: {e.column}: {e.value!r}: {e.message}")
        click.echo(
            f"{result.rows} rows: {result.added} new, {result.changed} known, {result.skipped} bad"
            + (" (dry run)" if dry_run else "")
        )
    sys.exit(1 if result.errors and not skip_bad else 0)


@click.command()
@click.argument("register")
@click.option("--format", "form", type=click.Choice(["csv", "xlsx", "json"]), default="csv")
@click.option("--out", "file", type=click.Path(dir_okay=False, path_type=Path), help="file (default: standard output)")
def export(register: str, form: str, file: Path | None) -> None:
    """Export a public REGISTER (calls, projects or another; one that does not exist is answered with those that do)."""
    from headwater.cli.main import setup

    setup(tables=True)
    from headwater.core.open_data import OPEN_DATA, write

    entry_of(OPEN_DATA, register)
    content = write(register, form)
    if file:
        file.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)


@click.command()
@click.option(
    "--anchor", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="compare with this copy of the anchors too"
)
@click.option(
    "--new",
    "only_new",
    is_flag=True,
    help="look at the rows that were written since the last clean run, and a sample of the rest",
)
@click.option("--json", "as_json", is_flag=True)
def verify(anchor: Path | None, only_new: bool, as_json: bool) -> None:
    """Look at the chain, its anchors, the guards and every named invariant, then seal what is new; exit 1 on any breach, naming the rows."""
    from headwater.cli.main import setup

    setup(tables=True)
    from headwater.core.invariants import INVARIANTS
    from headwater.core.models import Event, EventSeal
    from headwater.core.sealing import seal_events
    from headwater.core.verifying import look

    started = time.perf_counter()
    breaches = look(anchor=anchor, only_new=only_new)
    if all(b.invariant.name != "seals_signed" for b in breaches):
        seal_events()
    report = {
        "invariants": len(INVARIANTS),
        "failed": len(breaches),
        "events": Event.objects.count(),
        "sealed": EventSeal.objects.count(),
        "seconds": round(time.perf_counter() - started, 2),
        "breaches": [{"name": b.invariant.name, "count": b.count, "rows": b.rows} for b in breaches],
    }
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for b in breaches:
            click.echo(f"BROKEN {b.invariant.name}: {b.invariant.sentence} ({b.count})")
            for row in b.rows:
                click.echo(f"    {row}")
        click.echo(
            f"{report['invariants']} invariants, {report['failed']} broken; {report['sealed']} of {report['events']} events sealed; {report['seconds']} s"
        )
    sys.exit(1 if breaches else 0)


COMMANDS = [migrate, region, import_, export, verify]
