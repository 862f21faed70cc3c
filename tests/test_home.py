"""The home belongs to one account: closed to others, refused in one line when it is another's."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from headwater import home
from headwater.config import Config, ConfigError

OTHER = 12  # an account that is not ours


def config(folder: Path) -> Config:
    return Config.from_env({"HEADWATER_HOME": str(folder)})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_closed_and_so_is_what_is_written_in_it(tmp_path):
    before = os.umask(0o022)
    try:
        home.prepare_home(config(tmp_path / "new"))
        (tmp_path / "new/files/ab").mkdir(parents=True)
        (tmp_path / "new/files/ab/x").write_text("")
    finally:
        os.umask(before)
    assert {mode(p) & home.OTHERS for p in (tmp_path / "new").rglob("*")} == {0}
    assert mode(tmp_path / "new") == 0o700


def test_a_home_that_was_open_is_closed(tmp_path):
    tmp_path.chmod(0o755)
    home.prepare_home(config(tmp_path))
    assert mode(tmp_path) == 0o700


def test_what_is_open_is_named_and_nothing_else(tmp_path):
    for name in ("mail", "keys/session", "postgres"):
        (tmp_path / name).mkdir(parents=True, mode=0o700)
    for name, bits in (("mail/letter", 0o644), ("mail/closed", 0o600), ("keys/session/0001", 0o640), ("postgres/theirs", 0o644)):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(bits)
    for folder in (tmp_path / "keys", tmp_path, tmp_path / "keys/session", tmp_path / "mail"):
        folder.chmod(0o700)
    assert {str(p.relative_to(tmp_path)) for p in home.open_to_others(config(tmp_path))} == {"mail/letter", "keys/session/0001"}
    tmp_path.chmod(0o755)
    assert tmp_path in set(home.open_to_others(config(tmp_path)))


def test_the_home_of_another_account_is_refused_with_the_mend(tmp_path, monkeypatch):
    monkeypatch.setattr(home, "_account", lambda: OTHER + tmp_path.stat().st_uid)
    with pytest.raises(ConfigError, match=rf"^HEADWATER_HOME={tmp_path}: belongs to .+; run as .+: chown -R .+ {tmp_path}$"):
        home.prepare_home(config(tmp_path))


def test_a_database_of_another_account_is_refused_and_left_alone(tmp_path, monkeypatch):
    (tmp_path / "PG_VERSION").write_text("18")
    before = tmp_path.stat()
    monkeypatch.setattr(home, "_account", lambda: OTHER + tmp_path.stat().st_uid)
    with pytest.raises(ConfigError, match=rf"^{tmp_path} belongs to .+; run as .+, or hand it over .+: chown -R .+ {tmp_path}$"):
        home.check_server_folder(tmp_path)
    assert (tmp_path.stat().st_uid, tmp_path.stat().st_mode) == (before.st_uid, before.st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="root runs the server as an account of its own")
def test_under_root_the_folders_above_are_passed_through_and_not_opened(tmp_path):
    """The server's account reaches its folder; others still list neither the home nor what is above, nor reach the socket."""
    above = tmp_path / "above"
    place = above / ("long-" * 25)
    place.mkdir(parents=True)
    above.chmod(0o700)
    ask = """
import os
from headwater.config import Config
from headwater.database import ensure_database
config = Config.from_env()
socket = ensure_database(config).split("host=")[1]
print(*(oct(os.stat(x).st_mode)[-3:] for x in (config.home, socket)))
"""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", ask], env={**keep, "HEADWATER_HOME": str(place)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["710", "700"]
    assert mode(above) == 0o711
