import re
from pathlib import Path

import pytest

from headwater.config import KNOWN, Config, ConfigError, database_from_url

ROOT = Path(__file__).resolve().parent.parent
SETTING = re.compile(r"\bHEADWATER_TEST_[A-Z_]*[A-Z]\b")
URL = "postgresql://hw:p%40ss@db.example.org:5433/head%20water?sslmode=require"


def config(home: Path, **settings: str) -> Config:
    return Config.from_env({"HEADWATER_HOME": str(home), **{f"HEADWATER_{k.upper()}": v for k, v in settings.items()}})


def test_from_env_defaults(tmp_path):
    found = config(tmp_path)
    assert found == Config(
        home=tmp_path.resolve(),
        database_url="",
        owner_url="",
        keys=tmp_path.resolve() / "keys",
        hosts=["127.0.0.1", "localhost"],
        port=8000,
        web_processes=2,
        region="nmg",
        demo=False,
        debug=False,
        email_url="",
        email_from="headwater@127.0.0.1",
        https=False,
        second_factor=True,
    )


def test_only_the_demo_goes_without_a_second_factor(tmp_path):
    assert config(tmp_path).second_factor
    assert not config(tmp_path, demo="1").second_factor
    assert config(tmp_path, demo="1", second_factor="1").second_factor


def test_from_env_given_values(tmp_path):
    found = config(
        tmp_path,
        database_url=URL,
        hosts=" a.example.org, ,b.example.org",
        port="65535",
        web_processes="1",
        region="/srv/region",
        demo="1",
        debug="0",
        https="",
        email_url="smtp://u:p@mail:25",
    )
    assert (found.hosts, found.port, found.web_processes) == (["a.example.org", "b.example.org"], 65535, 1)
    assert (found.demo, found.debug, found.https) == (True, False, False)
    assert (found.database_url, found.region, found.email_url) == (URL, "/srv/region", "smtp://u:p@mail:25")


def test_from_env_other_names_are_ignored(tmp_path):
    env = {"HEADWATER_HOME": str(tmp_path), "HEADWATERS": "x", "PATH": "/bin", "HEADWATER_DEMO": "1"}
    assert Config.from_env(env).demo is True


def test_from_env_unknown_name_lists_the_known(tmp_path):
    with pytest.raises(ConfigError, match=r"^unknown setting HEADWATER_PROT; known are: HEADWATER_HOME, "):
        config(tmp_path, prot="8000")


def test_every_setting_of_the_tests_is_known_and_read_somewhere():
    """One that is not known ends whatever runs beside the tests with it; one that nobody reads does nothing."""
    files = [ROOT / "run", ROOT / "hatch_build.py", *(ROOT / ".ci").iterdir()]
    files += [file for folder in ("src", "tests", "tools", "bench") for file in (ROOT / folder).rglob("*.py")]
    read = {file: set(SETTING.findall(file.read_text(encoding="utf-8"))) for file in files}
    read.pop(ROOT / "src/headwater/config.py")
    known = {name for name in KNOWN if SETTING.fullmatch(name)}
    unknown = {str(file.relative_to(ROOT)): sorted(names - known) for file, names in read.items() if names - known}
    assert (unknown, known - set().union(*read.values())) == ({}, set())
    assert len(known) > 4


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80.0", "http", " 80", "1e3"])
def test_from_env_bad_port(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, port=text)
    assert str(caught.value) == f"HEADWATER_PORT={text!r}: expected a whole number from 1 to 65535"


@pytest.mark.parametrize("text", ["0", "65", "two"])
def test_from_env_bad_web_processes(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, web_processes=text)
    assert str(caught.value) == f"HEADWATER_WEB_PROCESSES={text!r}: expected a whole number from 1 to 64"


@pytest.mark.parametrize("name", ["demo", "debug", "https"])
@pytest.mark.parametrize("text", ["true", "yes", "2", " 1"])
def test_from_env_bad_flag(tmp_path, name, text):
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, **{name: text})
    assert str(caught.value) == f"HEADWATER_{name.upper()}={text!r}: expected 1 or 0"


def test_from_env_writes_nothing(tmp_path):
    found = config(tmp_path / "home")
    assert (found.keys, list(tmp_path.iterdir())) == (tmp_path.resolve() / "home" / "keys", [])


def test_from_env_keys_may_live_apart(tmp_path):
    assert config(tmp_path / "home", keys=str(tmp_path / "vault")).keys == tmp_path.resolve() / "vault"


@pytest.mark.parametrize("url", ["mysql://u@h/name", "postgresql://u@h:5432", "postgresql://u@h/", "name", "postgresql:/"])
def test_from_env_bad_database_url(tmp_path, url):
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, database_url=url)
    assert str(caught.value) == "HEADWATER_DATABASE_URL: expected postgresql://user:password@host:port/name"


@pytest.mark.parametrize("port", ["http", "99999", "-1"])
def test_from_env_bad_database_port(tmp_path, port):
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, database_url=f"postgresql://u@h:{port}/name")
    assert str(caught.value) == "HEADWATER_DATABASE_URL: the port is not a number"


def test_database_from_url_unclosed_bracket():
    with pytest.raises(ConfigError):
        database_from_url("postgresql://u@[::1/name")


OPTIONS = {"connect_timeout": 10, "server_side_binding": True, "prepare_threshold": 3}
KEPT = {
    "ENGINE": "django.db.backends.postgresql",
    "OPTIONS": OPTIONS,
    "DISABLE_SERVER_SIDE_CURSORS": False,
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
}


def test_prepared_statements_can_be_switched_off() -> None:
    """A pooler in transaction mode hands a connection to somebody else, with statements it does not know."""
    found = database_from_url("postgresql:///name?prepare_threshold=off")
    assert found["OPTIONS"] == {**OPTIONS, "prepare_threshold": None}
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True
    with pytest.raises(ConfigError, match="prepare_threshold is a number or off"):
        database_from_url("postgresql:///name?prepare_threshold=maybe")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            URL,
            {
                "NAME": "head water",
                "USER": "hw",
                "PASSWORD": "p@ss",
                "HOST": "db.example.org",
                "PORT": "5433",
                "OPTIONS": {**OPTIONS, "sslmode": "require"},
            },
        ),
        ("postgres://h/name", {"NAME": "name", "USER": "", "PASSWORD": "", "HOST": "h", "PORT": ""}),
        (
            "postgresql:///name?host=/run/postgresql",
            {"NAME": "name", "USER": "", "PASSWORD": "", "HOST": "/run/postgresql", "PORT": ""},
        ),
        ("postgresql://u@[::1]:5432/n", {"NAME": "n", "USER": "u", "PASSWORD": "", "HOST": "::1", "PORT": "5432"}),
    ],
)
def test_database_from_url_parts(url, parts):
    assert database_from_url(url) == {**KEPT, **parts}
