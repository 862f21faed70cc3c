"""The `headwater` command. Each word exits non-zero on failure and says in one line what is wrong and how to mend it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from headwater.config import Config, ConfigError


class House(click.Group):
    """Turns foreseeable failures into one clear line and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        try:
            super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Abort:
            fail("stopped", 130)
        except click.exceptions.Exit as end:
            sys.exit(end.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except ConfigError as error:
            fail(str(error), 2)
        except Exception as error:
            fail(explain(error), 1)
        sys.exit(0)


def fail(line: str, code: int) -> NoReturn:
    click.echo(f"headwater: {line}", err=True)
    sys.exit(code)


def explain(error: Exception) -> str:
    """Return one line for a failure that is not a bug; anything else keeps its traceback."""
    from django.db import InterfaceError, OperationalError

    from headwater.core.errors import Refused
    from headwater.database import WAL_SEGMENT, room_left
    from headwater.demo.plan import DemoError

    if isinstance(error, (Refused, DemoError)):
        return str(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        text = str(error).splitlines()[0]
        if room_left(Path(os.environ.get("HEADWATER_HOME", "."))) < WAL_SEGMENT:
            text = f"the disk is full ({text})"
        return f"the database does not answer or refused: {text}; nothing was half done, run the command again"
    if isinstance(error, OSError) and error.errno == 28:
        return f"the disk is full ({error.filename or 'no file named'}); free some space and run the command again"
    if os.environ.get("HEADWATER_DEBUG") == "1":
        raise error
    import traceback

    traceback.print_exception(error)
    return f"unexpected {type(error).__name__}: please report the lines above"


def setup(*, migrate: bool = False, tables: bool = False) -> Config:
    """Read the settings, start the database, set Django up; bring the tables up to date, or ask that they are.

    Raises:
        ConfigError: `tables` are asked for and migrations wait.
    """
    from headwater.database import check_version, ensure_database
    from headwater.home import prepare_home

    config = Config.from_env()
    prepare_home(config)
    url = ensure_database(config)
    check_version(url)
    os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.settings"
    os.environ["HEADWATER_DATABASE_URL"] = url
    os.environ["HEADWATER_HOME"] = str(config.home)
    import django

    django.setup()
    if migrate:
        from headwater.core.prepare import bring_up_to_date

        bring_up_to_date()
    elif tables:
        from headwater.core.prepare import require_tables

        require_tables()
    return config


def set_apps_up() -> None:
    """Set the apps up, so that they have declared what they bring; the database is not asked for."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ.setdefault("HEADWATER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.settings"
        django.setup()


@click.group(cls=House, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="headwater")
def main() -> None:
    """Headwater (源头): runs public basic-research policy, from the article to its evidence."""


def register() -> None:
    from headwater.cli import data, demo, diagrams, keys, serve, work

    for module in (demo, serve, data, work, keys, diagrams):
        for command in module.COMMANDS:
            main.add_command(command)


register()
