"""headwater doctor, account."""

from __future__ import annotations

import shutil
import sys
from email.utils import parseaddr
from itertools import islice

import click


@click.command()
def doctor() -> None:
    """Look at settings, disk, database, fonts and assets, and say what is wrong."""
    from headwater.cli.main import setup

    config = setup()
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from headwater.core import clock
    from headwater.core.documents import FONTS
    from headwater.core.guards import rights_too_many
    from headwater.database import programs_in_use
    from headwater.home import open_to_others

    programs = programs_in_use(config)
    free = shutil.disk_usage(config.home).free / 1e9
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    year = clock.today().year
    calendar = clock.has_calendar(year)
    opened = [str(x) for x in islice(open_to_others(config), 10)]
    closed = "files are closed to other accounts"
    assets = (FONTS.parent / "static/build/app.js").exists()
    many = rights_too_many()
    from_address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    reachable = not config.email_url.startswith("smtp") or "." in from_address.rpartition("@")[2].strip("0123456789.")
    lines = [
        (free > 1, f"disk: {free:.1f} GB free in {config.home}"),
        (not opened, closed if not opened else f"open to other accounts (chmod -R go= each): {', '.join(opened)}"),
        (True, f"database: PostgreSQL {connection.cursor().connection.info.server_version // 10000}"),
        (True, f"programs of the embedded server: {programs}" if programs else "the database is that of HEADWATER_DATABASE_URL"),
        (not many, "; ".join(many) or f"the application connects as {settings.DATABASE_ROLE}, which owns no table"),
        (not waiting, "tables are up to date" if not waiting else f"{len(waiting)} migrations wait: run headwater migrate"),
        (len(list(FONTS.glob("*.ttf"))) >= 4, f"fonts in {FONTS}"),
        (
            calendar,
            f"working days of {year} are known" if calendar else f"no working-day calendar of {year}: update chinesecalendar",
        ),
        (
            True,
            f"working days of {year + 1} are {'known' if clock.has_calendar(year + 1) else 'not published yet: periods into it are provisional'}",
        ),
        (
            reachable,
            f"mails come from {from_address}" + ("" if reachable else ": set HEADWATER_EMAIL_FROM to an address people know"),
        ),
        (assets, "front-end assets are built" if assets else "front-end assets are missing: run ./run help"),
    ]
    for good, line in lines:
        click.echo(f"{'ok  ' if good else 'BAD '} {line}")
    sys.exit(0 if all(good for good, _line in lines) else 1)


@click.command()
@click.argument("username")
@click.argument("name")
@click.option("--email", default="")
@click.option("--role", "roles", multiple=True, help="role without a scope, e.g. system_admin (may be repeated)")
@click.password_option()
def account(username: str, name: str, email: str, roles: tuple[str, ...], password: str) -> None:
    """Create an account from the command line: the first administrators of a new installation, where nobody could be the second
    person who approves a role; the event says that the role was granted alone."""
    from headwater.cli.main import setup

    setup(migrate=True)
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from headwater.core.command import system
    from headwater.core.errors import Refused
    from headwater.core.models import Account, RoleGrant
    from headwater.core.services import create_accounts, grant_roles

    row = Account(username=username, name_zh=name, email=email)
    try:
        validate_password(password, row)
        row.set_password(password)
        with transaction.atomic():
            create_accounts(accounts=[row], actor=system("cli"))
            if roles:
                grant_roles(grants=[RoleGrant(account=row, role=r) for r in roles], actor=system("cli"))
    except (ValidationError, Refused) as error:
        raise click.ClickException("; ".join(getattr(error, "messages", [])) or str(error)) from error
    click.echo(f"account {username} created")


COMMANDS = [doctor, account]
