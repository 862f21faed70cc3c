"""A new domain is added by what it declares: `INSTALLED_APPS`, the root addresses and (for a real one) the contract of the floors and the words.

`tests/stations` is such a domain. A process of its own installs it over the product, on a database of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIONS = ROOT / "tests/stations"


def test_a_domain_that_only_declares_is_part_of_the_house() -> None:
    worker = f"stations_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.stations.settings", "PYTEST_XDIST_WORKER": worker}
    words = ["-p", "no:cacheprovider", "-n0", "--ds", "tests.stations.settings", str(STATIONS / "checks.py")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    checks = re.findall(r"^def test_", (STATIONS / "checks.py").read_text(encoding="utf-8"), re.MULTILINE)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= len(checks) > 9


def test_nothing_of_the_product_knows_the_domain() -> None:
    named = [
        p
        for p in sorted((ROOT / "src").rglob("*"))
        if p.suffix in {".py", ".html"} and "stations.station" in p.read_text("utf-8")
    ]
    assert named == []
