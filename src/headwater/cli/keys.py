"""headwater keys: list, rotate and retire the secrets of the house."""

from __future__ import annotations

import click


@click.group("keys")
def keys_() -> None:
    """Secrets: the files outside the database that seals, sessions and second factors depend on."""


@keys_.command("list")
def list_() -> None:
    """Name the secrets, and how many of each are accepted."""
    from headwater.cli.main import setup

    folder = setup().keys
    from headwater.core.keys import KeyFolder

    secrets = KeyFolder(folder)
    click.echo(f"in {folder}; back it up apart from the database and the files")
    for name in secrets.names():
        click.echo(f"{name}: {secrets.count(name)} accepted")


@keys_.command("rotate")
@click.argument("name")
def rotate(name: str) -> None:
    """Make a new secret of this name; what it encrypts is encrypted anew, older ones are accepted until they are retired."""
    from headwater.cli.main import setup

    setup(tables=True)
    from headwater.core import keys

    _require_name(name)
    keys.rotate(name)
    rewritten = keys.REWRITERS[name]() if name in keys.REWRITERS else 0
    click.echo(f"{name}: a new secret is in use, {rewritten} stored values encrypted anew; restart what is running")


@keys_.command("retire")
@click.argument("name")
def retire(name: str) -> None:
    """Remove the older secrets of this name: sessions and links that they signed end, public halves of seals stay."""
    from headwater.cli.main import setup

    setup(tables=True)
    from headwater.core import keys

    _require_name(name)
    if name in keys.REWRITERS:
        keys.REWRITERS[name]()
    click.echo(f"{name}: {keys.retire(name)} removed; restart what is running")


def _require_name(name: str) -> None:
    """Refuse a name that nothing uses: a misspelled one would make a secret of its own."""
    from django.conf import settings

    names = settings.KEYS.names()
    if name not in names:
        raise click.ClickException(f"no secret is called {name}; there are: {', '.join(names)}")


COMMANDS = [keys_]
