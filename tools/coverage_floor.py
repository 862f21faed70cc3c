"""Hold rules and services to a floor of branch coverage: `coverage_floor.py coverage.json`.

A group is a package or module called `rules` or `services`. Its coverage is (lines run + branches taken) / (lines + branches), as
coverage.py counts them, summed over its files. The floors are in pyproject.toml under [tool.headwater.coverage]; `floor` is for groups
without one of their own. With `--raise`, print floors as the report would have them: the measured percent, rounded down.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HELD = ("rules", "services")


def group_of(file: str) -> str:
    """The dotted name of the package of rules or services that a file belongs to, or an empty string."""
    parts = PurePosixPath(file.replace("\\\\", "/")).with_suffix("").parts
    parts = parts[parts.index("headwater") :] if "headwater" in parts else ()
    at = next((n for n, part in enumerate(parts) if part in HELD), -1)
    return ".".join(parts[: at + 1]) if at >= 0 else ""


def measured(report: dict[str, Any]) -> dict[str, float]:
    """The percent of each group; one without a line to run counts as covered."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, told in report["files"].items():
        group, summary = group_of(file), told["summary"]
        if group:
            sums[group][0] += summary["covered_lines"] + summary["covered_branches"]
            sums[group][1] += summary["num_statements"] + summary["num_branches"]
    return {group: 100 * done / whole if whole else 100.0 for group, (done, whole) in sorted(sums.items())}


def below(found: dict[str, float], floors: dict[str, float]) -> list[str]:
    """What is wrong: groups under their floor, and floors of groups that are gone."""
    default = floors["floor"]
    low = [f"{g}: {p:.1f} %, floor {floors.get(g, default)} %" for g, p in found.items() if p < floors.get(g, default)]
    return low + [f"{group}: has a floor and no files" for group in floors if group != "floor" and group not in found]


def main() -> int:
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if not report["meta"]["branch_coverage"]:
        print("the report has no branches; run with --cov-branch", file=sys.stderr)
        return 2
    floors = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["headwater"]["coverage"]
    found = measured(report)
    if "--raise" in sys.argv:
        print("\n".join(f'"{group}" = {int(percent)}' for group, percent in found.items()))
        return 0
    for group, percent in found.items():
        print(f"{percent:6.1f} %  (floor {floors.get(group, floors['floor'])})  {group}")
    wrong = below(found, floors)
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
