"""headwater doctor, account."""

from __future__ import annotations

import shutil
import sys
from email.utils import parseaddr
from itertools import islice

import click

from headwater.config import Config

Line = tuple[bool, str]
"""Whether something is as it should be, and what to say of it."""


@click.command()
def doctor() -> None:
    """Look at settings, disk, database, fonts and assets, and say what is wrong."""
    from headwater.cli.main import setup

    config = setup()
    lines = [*_of_files(config), *_of_database(config), *_of_house(config)]
    for good, line in lines:
        click.echo(f"{'ok  ' if good else 'BAD '} {line}")
    sys.exit(0 if all(good for good, _line in lines) else 1)


def _of_files(config: Config) -> list[Line]:
    """Look at the disk, who may read the files, and what is built."""
    from headwater.core.documents import FONTS
    from headwater.home import open_to_others

    free = shutil.disk_usage(config.home).free / 1e9
    opened = [str(x) for x in islice(open_to_others(config), 10)]
    assets = (FONTS.parent / "static/build/app.js").exists()
    closed = "files are closed to other accounts"
    return [
        (free > 1, f"disk: {free:.1f} GB free in {config.home}"),
        (not opened, closed if not opened else f"open to other accounts (chmod -R go= each): {', '.join(opened)}"),
        (len(list(FONTS.glob("*.ttf"))) >= 4, f"fonts in {FONTS}"),
        (assets, "front-end assets are built" if assets else "front-end assets are missing: run ./run help"),
    ]


def _of_database(config: Config) -> list[Line]:
    """Look at the server, the role that the application connects as, and the tables."""
    from django.conf import settings
    from django.db import connection

    from headwater.core.guards import rights_too_many
    from headwater.core.prepare import waiting_migrations
    from headwater.database import programs_in_use

    programs, many, waiting = programs_in_use(config), rights_too_many(), waiting_migrations()
    return [
        (True, f"database: PostgreSQL {connection.cursor().connection.info.server_version // 10000}"),
        (True, f"programs of the embedded server: {programs}" if programs else "the database is that of HEADWATER_DATABASE_URL"),
        (not many, "; ".join(many) or f"the application connects as {settings.DATABASE_ROLE}, which owns no table"),
        (not waiting, "tables are up to date" if not waiting else f"{len(waiting)} migrations wait: run headwater migrate"),
    ]


def _of_house(config: Config) -> list[Line]:
    """Look at the calendar of working days, and at the address that mails come from."""
    from django.conf import settings

    from headwater.core import clock

    year = clock.today().year
    known, next_known = clock.has_calendar(year), clock.has_calendar(year + 1)
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    reachable = not config.email_url.startswith("smtp") or "." in address.rpartition("@")[2].strip("0123456789.")
    later = "known" if next_known else "not published yet: periods into it are provisional"
    return [
        (known, f"working days of {year} are known" if known else f"no calendar of {year}: update chinesecalendar"),
        (True, f"working days of {year + 1} are {later}"),
        (reachable, f"mails come from {address}" + ("" if reachable else ": set HEADWATER_EMAIL_FROM to an address people know")),
    ]


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
