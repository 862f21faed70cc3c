"""The commands as a newcomer runs them: their own processes, an embedded database of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = {
    "calls", "applications", "refused", "reviews", "conflict_violations", "load_violations", "awards", "committed_fen", "budget_fen",
    "articles", "articles_with_evidence", "events", "chain_ok", "invariants_failed", "seconds",
}  # fmt: skip


def run(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "headwater.cli", *words],
        env={**keep, "HEADWATER_HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        umask=0o022,  # as a newcomer's shell has it
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headwater")
    os.chmod(folder.parent, 0o755)
    return folder


@pytest.fixture(scope="module")
def demo(home: Path) -> dict[str, object]:
    """The tiny demo's summary; the database stays for the tests that follow."""
    done = run(home, "demo", "--no-serve", "--json", "--scale", "tiny", "--seed", "3")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_demo_tells_what_it_made(demo: dict[str, object]) -> None:
    assert set(demo) >= KEYS
    assert (int(str(demo["calls"])) >= 14, demo["articles"]) == (True, 19)
    assert (demo["conflict_violations"], demo["load_violations"], demo["invariants_failed"]) == (0, 0, 0)
    assert demo["chain_ok"] is True
    assert 0 < int(str(demo["committed_fen"])) <= int(str(demo["budget_fen"]))


def test_demo_is_found_again_and_not_built_twice(home: Path, demo: dict[str, object]) -> None:
    again = json.loads(run(home, "demo", "--no-serve", "--json", "--scale", "tiny").stdout)
    assert {k: again[k] for k in ("applications", "reviews", "events")} == {
        k: demo[k] for k in ("applications", "reviews", "events")
    }


def test_a_played_year_leaves_nothing_open_to_others(home: Path, demo: dict[str, object]) -> None:
    """Uploads, the index of likeness, a letter, an export: all that the commands wrote is for this account alone."""
    assert run(home, "export", "calls", "--out", str(home / "calls.csv")).returncode == 0
    write = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.settings"
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from headwater.calls.checking.services.likeness import take_in
from headwater.core.web import scratch_folder
send_mail("s", "b", None, ["a@b.example"])
default_storage.save("shown.bin", ContentFile(b"x"))
take_in()
with scratch_folder() as folder:
    print(oct(os.stat(folder).st_mode)[-3:])
"""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    env = {**keep, "HEADWATER_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", write], env=env, check=True, timeout=120, umask=0o022, capture_output=True, text=True
    )
    assert done.stdout.strip() == "700"
    assert {p.name for p in home.iterdir()} >= {"calls.csv", "files", "keys", "mail", "postgres", "similar", "tmp"}
    ours = [p for top in home.iterdir() if top.name != "postgres" for p in [top, *top.rglob("*")]]
    assert len(ours) > 20
    assert [str(p) for p in ours if p.stat().st_mode & 0o077] == []
    doctor = run(home, "doctor")
    assert "ok   files are closed to other accounts" in doctor.stdout
    (home / "calls.csv").chmod(0o644)
    found = run(home, "doctor")
    assert (found.returncode, f"open to other accounts (chmod -R go= each): {home / 'calls.csv'}" in found.stdout) == (1, True)


def test_keys_are_listed_rotated_and_retired(home: Path, demo: dict[str, object]) -> None:
    assert "session: 1 accepted" in run(home, "keys", "list").stdout
    assert "a new secret is in use" in run(home, "keys", "rotate", "session").stdout
    assert "session: 2 accepted" in run(home, "keys", "list").stdout
    assert "session: 1 removed" in run(home, "keys", "retire", "session").stdout
    unknown, fixed = run(home, "keys", "rotate", "sesion"), run(home, "keys", "rotate", "identity")
    assert (unknown.returncode, "no secret is called sesion; there are: " in unknown.stderr, "identity" in unknown.stderr) == (
        1,
        True,
        True,
    )
    assert (fixed.returncode, "identity: cannot be rotated" in fixed.stderr) == (2, True)


def test_verify_is_clean_and_then_names_planted_damage(home: Path, demo: dict[str, object]) -> None:
    clean = run(home, "verify", "--json")
    assert (clean.returncode, json.loads(clean.stdout)["failed"]) == (0, 0)
    plant = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.settings"
django.setup()
from django.db import connection, transaction
from headwater.core.prepare import as_owner
with as_owner(), transaction.atomic(), connection.cursor() as c:
    c.execute("SET LOCAL session_replication_role = replica")
    c.execute("UPDATE core_event SET actor_label = 'nobody' WHERE id = (SELECT min(id) FROM core_event)")
    c.execute("UPDATE calls_decision SET amount_fen = amount_fen + (SELECT budget_fen FROM calls_call WHERE id = call_id) "
              "WHERE id = (SELECT min(id) FROM calls_decision WHERE outcome = 'fund')")
    c.execute("INSERT INTO review_assignment (round_id, application_id, expert_id, state, score, explanation, decline_reason) "
              "SELECT (SELECT min(id) FROM review_round), application_id, expert_id, 'invited', 0, '{}', '' FROM review_conflict "
              "WHERE kind = 'same_entity' ORDER BY id LIMIT 1")
"""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("HEADWATER_", "DJANGO_"))}
    subprocess.run([sys.executable, "-c", plant], env={**keep, "HEADWATER_HOME": str(home)}, check=True, timeout=120)
    broken = run(home, "verify", "--json")
    names = {b["name"] for b in json.loads(broken.stdout)["breaches"]}
    assert broken.returncode == 1
    assert names >= {"event_unchanged", "call_within_budget", "no_conflicted_assignment", "no_assignment_in_own_entity"}
    assert "event 1 was changed" in run(home, "verify").stdout


def test_unknown_setting_is_one_clear_line(home: Path) -> None:
    done = run(home, "verify", HEADWATER_PROT="8000")
    assert done.returncode == 2
    assert done.stderr.startswith("headwater: unknown setting HEADWATER_PROT; known are:")
    assert done.stderr.count("\n") == 1


def test_taken_port_is_one_clear_line(home: Path, demo: dict[str, object]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(home, "demo", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "is taken or not allowed" in done.stderr.splitlines()[-1]


def test_unreachable_database_is_one_clear_line(home: Path) -> None:
    done = run(home, "verify", HEADWATER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 2
    assert done.stderr.startswith("headwater: the database does not answer")


def test_demo_does_not_touch_other_data(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    run(tmp_path, "region", "load", "nmg")
    done = run(tmp_path, "demo", "--no-serve")
    assert done.returncode == 1
    assert "holds data that is not the demo's" in done.stderr


def test_region_load_twice_changes_nothing(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    first = json.loads(run(tmp_path, "region", "load", "nmg", "--json").stdout)
    second = json.loads(run(tmp_path, "region", "load", "nmg", "--json").stdout)
    assert (first["articles"], first["schemes"]) == (19, 19)
    assert set(second.values()) == {0}


def test_import_dry_run_lists_bad_rows_and_changes_nothing(tmp_path: Path) -> None:
    os.chmod(tmp_path.parent, 0o755)
    run(tmp_path, "region", "load", "nmg")
    table = tmp_path / "people.csv"
    table.write_text(
        "姓名,单位,ORCID,电子邮箱\n甲,内蒙古大学,0000-0002-1825-0097,a@b.cn\n乙,没有这个单位,0000-0002-1825-0098,乙\n",
        encoding="utf-8",
    )
    dry = run(tmp_path, "import", "people", str(table), "--dry-run")
    assert dry.returncode == 1
    assert [line.split(":")[1:3] for line in dry.stdout.splitlines()[:3]] == [["3", " 单位"], ["3", " 电子邮箱"], ["3", " ORCID"]]
    assert run(tmp_path, "import", "people", str(table)).returncode == 1
    done = run(tmp_path, "import", "people", str(table), "--skip-bad", "--json")
    assert {k: json.loads(done.stdout)[k] for k in ("added", "changed", "skipped")} == {"added": 1, "changed": 0, "skipped": 1}
    again = run(tmp_path, "import", "people", str(table), "--skip-bad", "--json")
    assert {k: json.loads(again.stdout)[k] for k in ("added", "changed")} == {"added": 0, "changed": 1}
