"""Reads a region package and reports every mistake with file, key, line and what was expected. Touches no database."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from headwater.core.reading import Reader
from headwater.forms.expressions import ExpressionError, parameters, parse
from headwater.regions.adopting import Place, SchemeFile, adopt
from headwater.regions.needs import unknown_parts
from headwater.regions.outlines import FILE, read_outlines
from headwater.regions.package import Mistake, Package
from headwater.regions.shared import FILE as SHARED
from headwater.regions.shared import Pieces, followed, grouped, read_pieces, sorted_out
from headwater.regions.tables import CHECKS, scheme_code
from headwater.regions.templates import template_problems
from headwater.regions.tour import tour_problems
from headwater.regions.widths import too_long, unknown_keys
from headwater.schemes import Scheme, expressions, parse_scheme
from headwater.schemes.packs import Packs, expanded, of_packs, read_packs, untold
from headwater.schemes.papers import read_papers
from headwater.schemes.rules import parameters_of

HERE = Path(__file__).resolve().parent
PAPERS = "papers.toml"
FILES = ("region", "places", "agencies", "policy", "fields", "organisations", "disciplines", "parameters")


def find_package(name: str) -> Path:
    """Return a folder, or the folder of a package that ships with Headwater, by its code."""
    path = Path(name)
    return path if path.is_dir() else HERE / name


def read_package(path: Path) -> Package:
    """Read and check a package; `mistakes` is empty when it may be loaded."""
    package = Package(path)
    if not path.is_dir():
        package.mistakes.append(Mistake(str(path), "", "expected a folder with region.toml in it"))
        return package
    sha = hashlib.sha256()
    for name in FILES:
        text, table = _read(package, path / f"{name}.toml")
        package.tables[name] = table
        sha.update(text.encode())
    problems: list[tuple[str, str]] = []
    grouped(package.tables["parameters"], problems)
    _note(package, "parameters.toml", "", problems)
    files = _scheme_files(package)
    adopted = adopt(package.tables["parameters"], files)
    _read_schemes(package, files, _packs(package, sha), sha)
    if not package.schemes:
        package.mistakes.append(Mistake("schemes/", "", "expected at least one scheme"))
    _read_outlines(package, sha)
    for name, problem in (*template_problems(path, {scheme_code(s) for s in package.schemes}), *tour_problems(path)):
        _note(package, name, "", [problem])
    package.digest = sha.hexdigest()
    for name, check in CHECKS.items():
        faults: list[tuple[str, str]] = []
        check(package, faults)
        too_long(name, package.tables[name], faults)
        unknown_keys(name, package.tables[name], faults)
        if name == "parameters":
            faults = _in_their_files(package, faults, adopted)
        file = path / f"{name}.toml"
        _note(package, file.name, file.read_text(errors="replace") if file.exists() else "", faults)
    return package


def package_now(path: Path) -> Package:
    """Return a package as `read_package` does. It is read again only when a file of the folder has changed; do not write to it."""
    marks = ((str(f), f.stat()) for f in sorted(path.rglob("*.*")) if f.is_file())
    return _as_of(path, tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in marks))


@lru_cache(maxsize=2)
def _as_of(path: Path, _marks: tuple[tuple[str, int, int], ...]) -> Package:
    return read_package(path)


def _read_outlines(package: Package, sha: Any) -> None:
    """Read the outlines of the places. A package may have none, and then pages show no map."""
    file = package.path / FILE
    if not file.exists():
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    problems: list[tuple[str, str]] = []
    sha.update(text.encode())
    places = package.tables["places"].get("place", [])
    codes = {r.get("code") for r in places if isinstance(r, dict)} if isinstance(places, list) else set()
    package.outlines = read_outlines(text, {code for code in codes if isinstance(code, str)}, problems)
    _note(package, FILE, "", problems)


def _scheme_files(package: Package) -> list[SchemeFile]:
    """Read the files of schemes."""
    files = []
    for file in sorted((package.path / "schemes").glob("*.toml")):
        name = f"schemes/{file.name}"
        text, table = _read(package, file, name)
        files.append(SchemeFile(name, text, table, []))
    return files


def _in_their_files(package: Package, faults: list[tuple[str, str]], adopted: Sequence[Place]) -> list[tuple[str, str]]:
    """Note mistakes of rows that stand in the files of schemes there; return the mistakes of parameters.toml."""
    first, own = len(package.tables["parameters"].get("parameter", [])) - len(adopted), []
    for key, expectation in faults:
        number = re.match(r"parameter\[(\d+)\]", key)
        if number and int(number[1]) >= first:
            file, n = adopted[int(number[1]) - first]
            _note(package, file.name, file.text, [(f"parameter[{n}]{key[number.end() :]}", expectation)])
        else:
            own.append((key, expectation))
    return own


def _read_schemes(package: Package, files: Sequence[SchemeFile], packs: Packs, sha: Any) -> None:
    """Read every scheme with the pieces that it takes, then compare the schemes that have no mistake with each other."""
    identities: set[tuple[str, str]] = set()
    shared, papers = _Shared(package, sha), _papers(package, sha)
    sound: list[tuple[str, str, Scheme]] = []
    for file in files:
        name, text, table = file.name, file.text, file.table
        sha.update(text.encode())
        if not table:
            continue
        definition, places, problems = followed(table, shared.pieces)
        if papers:
            own = definition.get("papers")
            definition = definition | {"papers": papers | (own if isinstance(own, dict) else {})}
        whole, more = expanded(definition, packs)
        package.schemes.append(whole)
        scheme, faults = parse_scheme(whole, parameters_of)
        own = table.get("rule")
        faults, elsewhere = sorted_out(of_packs(faults, whole, len(own) if isinstance(own, list) else 0), places)
        shared.note(elsewhere)
        problems += more + faults + file.problems
        problems += _parameters_named(package, scheme)
        double = [(k, v) for k, v in (("code", scheme_code(table)), ("prefix", scheme.prefix)) if v and (k, v) in identities]
        problems += [(f"scheme.{k}", f"{v!r} is the {k} of another scheme file") for k, v in double[:1]]
        identities |= {("code", scheme_code(table)), ("prefix", scheme.prefix)}
        _note(package, name, text, problems)
        sound += [] if problems or elsewhere else [(name, text, scheme)]
    reasons = untold([scheme for _name, _text, scheme in sound])
    for name, text, scheme in sound:
        _note(package, name, text, [("scheme.limit_group", reasons[scheme.code])] if scheme.code in reasons else [])


class _Shared:
    """Shared holds the pieces that schemes share. It reports a mistake in one once, however many schemes take it."""

    def __init__(self, package: Package, sha: Any) -> None:
        self.package, self.text, self.reports = package, "", set[tuple[str, str]]()
        self.pieces: Pieces = {}
        if not (package.path / SHARED).exists():
            return
        self.text, table = _read(package, package.path / SHARED)
        sha.update(self.text.encode())
        problems: list[tuple[str, str]] = []
        self.pieces = read_pieces(table, problems)
        self.note(problems)

    def note(self, problems: Sequence[tuple[str, str]]) -> None:
        fresh = [p for p in problems if p not in self.reports]
        self.reports |= set(fresh)
        _note(self.package, SHARED, self.text, fresh)


def _papers(package: Package, sha: Any) -> dict[str, Any]:
    """Read what the region's papers say otherwise than usual; each scheme takes it over, so that a version keeps its texts."""
    if not (package.path / PAPERS).exists():
        return {}
    text, table = _read(package, package.path / PAPERS)
    sha.update(text.encode())
    problems: list[tuple[str, str]] = []
    read = read_papers(Reader(table, problems))
    _note(package, PAPERS, text, problems)
    return {key: table[key] for key in read}


def _packs(package: Package, sha: Any) -> Packs:
    """Read the packs of rules that the schemes of the region share; a region may have none."""
    if not (package.path / "packs.toml").exists():
        return {}
    text, table = _read(package, package.path / "packs.toml")
    sha.update(text.encode())
    problems: list[tuple[str, str]] = []
    packs = read_packs(table, parameters_of, problems) if table else {}
    _note(package, "packs.toml", text, problems)
    return packs


def _parameters_named(package: Package, scheme: Scheme) -> list[tuple[str, str]]:
    """List the parameters that an expression reads and that no record gives to the scheme."""
    rows = package.tables.get("parameters", {}).get("parameter", [])
    rows = [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []
    if not rows:
        return []  # the file itself is the mistake
    keys = {r.get("key") for r in rows if not (to := r.get("applies_to")) or (isinstance(to, list) and scheme.code in to)}
    problems = []
    for key, text in expressions(scheme):
        try:
            names = parameters(parse(text))
        except ExpressionError:
            continue
        for name, position in names:
            if name.partition(".")[0] not in keys:
                problem = f"at character {position + 1}: no parameter {name.partition('.')[0]!r} is given for {scheme.code!r}"
                problems.append((key, problem))
    return problems + unknown_parts(scheme, rows)


def _read(package: Package, file: Path, name: str = "") -> tuple[str, dict[str, Any]]:
    name = name or file.name
    try:
        text = file.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        package.mistakes.append(Mistake(name, "", "this file is missing"))
    except UnicodeDecodeError as error:
        package.mistakes.append(Mistake(name, "", f"expected UTF-8 text ({error.reason} at byte {error.start})"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        at = int(line.group(1)) if line else 0
        package.mistakes.append(Mistake(name, "", _unreadable(text, at) or f"not valid TOML: {error}", at))
    return "", {}


TYPOGRAPHIC = re.compile("[“”‘’„‚＂]")
BYTE_ORDER_MARK = "\ufeff"


def _unreadable(text: str, line: int) -> str:
    """Name the characters that editors insert and that make a text no TOML."""
    if text.startswith(BYTE_ORDER_MARK):
        return "begins with a byte order mark: save it as UTF-8 without one"
    lines = text.splitlines()
    mark = TYPOGRAPHIC.search(lines[line - 1]) if 0 < line <= len(lines) else None
    return f'not valid TOML: {mark.group()} is a typographic quotation mark, expected "' if mark else ""


def _note(package: Package, file: str, text: str, problems: Sequence[tuple[str, str]]) -> None:
    for key, expected in problems:
        package.mistakes.append(Mistake(file, key, expected, line_of(text, key)))


HEADING = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")


def line_of(text: str, key: str) -> int:
    """The line of a key such as "article[3].measure[1].code": the table is found by counting, then the key within it.

    A key that is missing from its table gives the line of the table's heading; 0 when there is no such table.
    """
    heads = [(n, m.group(1), m.group(2)) for n, line in enumerate(text.splitlines()) if (m := HEADING.match(line))]
    lines = text.splitlines()
    line, start, end, prefix = 0, 0, len(lines), ""
    for part in key.split("."):
        name, _bracket, number = part.partition("[")
        prefix = f"{prefix}.{name}" if prefix else name
        own = [n for n, kind, head in heads if head == prefix and start <= n < end and kind == ("[[" if number else "[")]
        at = int(number.rstrip("]")) if number else 0
        if at < len(own):
            start = own[at]
            line = start + 1
            later = [n for n, _kind, head in heads if n > start and not head.startswith(prefix + ".")]
            end = min([end, *later])
        else:
            stop = min([end, *(n for n, _kind, _head in heads if n > start)]) if line else end
            for n in range(start, stop):
                if re.match(rf"\s*{re.escape(name)}\s*=", lines[n]):
                    return n + 1
    return line
