"""The fuzzer's own record of every answer that was acknowledged, compared with the database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from bench.fuzz.values import Pairs, raw

COLUMNS = (
    "title_zh", "title_en", "abstract_zh", "abstract_en", "keywords_zh", "keywords_en", "research_class", "priority_field",
    "topic", "amount_fen", "months", "starts_on", "discipline__code", "flags", "unsuitable", "state", "revision",
)  # fmt: skip
TEXT_COLUMNS = COLUMNS[:6]
STORED_AS = {"amount_wan": "amount_fen", "discipline": "discipline__code"}
ANY = object()
"""Acknowledged, but what it becomes is not told by the text alone (a person, an institution)."""


def stored(pks: Iterable[int] | None = None) -> dict[int, dict[str, Any]]:
    """Columns and answers of applications as the database has them, answers under `a.<code>`."""
    from headwater.calls.models import Application

    rows = Application.objects.all() if pks is None else Application.objects.filter(pk__in=pks)
    out = {}
    for pk, answers, *columns in rows.values_list("pk", "answers", *COLUMNS):
        out[pk] = dict(zip(COLUMNS, columns, strict=True)) | {f"a.{k}": v for k, v in answers.items()}
    return out


class Kept:
    """What must be in the database, by application."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}

    def load(self) -> None:
        self.rows = stored()

    def compare_all(self) -> list[str]:
        """Answers that are not what was last acknowledged. States and revisions move by other doors and are taken over."""
        found = stored()
        out = []
        for pk, row in self.rows.items():
            have = found.get(pk)
            if have is None:
                out.append(f"application {pk} is gone")
                continue
            out += [
                f"{name}: application {pk} has {have.get(name)!r:.200}, kept was {row.get(name)!r:.200}"
                for name in _differ(row, have)
            ]
        self.rows = found
        return out

    def after_save(self, pk: int, acknowledged: dict[str, Any], refused: set[str], unsure: set[str]) -> list[str]:
        """Compare one application with what its save said: acknowledged names hold what was typed, all others what they held."""
        have, row = stored([pk])[pk], self.rows.get(pk, {})
        out = []
        for name in sorted({*have, *row} - {"state", "revision"}):
            old, new = row.get(name), have.get(name)
            if name in acknowledged and name not in refused:
                wanted = acknowledged[name]
                if wanted is not ANY and not same(wanted, new) and not (name in unsure and new == old):
                    out.append(f"lost {name}: typed {wanted!r:.200}, stored {new!r:.200}, before {old!r:.200}")
            elif new != old and not same(old, new):
                out.append(f"changed {name}: was {old!r:.200}, is {new!r:.200}, although refused or not sent")
        for name in acknowledged.keys() - have.keys() - refused - unsure:
            if acknowledged[name] is not ANY and not same(acknowledged[name], None):
                out.append(f"lost {name}: typed {acknowledged[name]!r:.200}, nothing stored")
        self.rows[pk] = have
        return out


def _differ(row: dict[str, Any], have: dict[str, Any]) -> list[str]:
    return [n for n in sorted({*row, *have} - {"state", "revision"}) if row.get(n) != have.get(n)]


def same(wanted: Any, new: Any) -> bool:
    if isinstance(wanted, (Rows, Named)):
        return wanted.fits(new)
    if isinstance(wanted, Decimal):
        return isinstance(new, (int, float)) and abs(Decimal(str(new)) - wanted) < Decimal("1e-9")
    if wanted in ("", None, []):
        return new in ("", None, [])
    return bool(wanted == new)


class Rows:
    """What the cells of a table that take plain text must hold, in order; rows in which nothing was typed are dropped."""

    def __init__(self, rows: list[dict[str, str]], texts: set[str]) -> None:
        self.rows, self.texts = [r for r in rows if any(v.strip() for v in r.values())], texts

    def __repr__(self) -> str:
        return f"{len(self.rows)} rows {self.rows!r:.150}"

    def fits(self, new: Any) -> bool:
        have = new.get("rows") if isinstance(new, dict) else new
        have = have or []
        typed = [[(c, v) for c, v in sorted(r.items()) if c in self.texts and v.strip()] for r in self.rows]
        kept = [[(c, v) for c, v in sorted(r.items()) if c in self.texts] for r in have]
        blank: list[Any] = []
        return [t for t in typed if t != blank] == [k for k in kept if k != blank]


class Named:
    """A person or an institution: what is stored is registered, or is named as it was typed, a person in the normal form."""

    def __init__(self, text: str) -> None:
        from headwater.core.names import read_name

        self.text = "".join(text.split())
        self.person = read_name(text)

    def __repr__(self) -> str:
        return f"somebody called {self.text!r:.150}"

    def fits(self, new: Any) -> bool:
        if not new or new.get("id") or new.get("code"):
            return bool(new) or not self.text
        if "organisation" in new:
            return (new["name"], new["organisation"]) == (self.person.name, self.person.institution)
        return self.text == "".join(new["name"].split())


def received(pairs: Pairs, how: str) -> dict[str, list[str]]:
    """The fields as a server decodes and cleans them; blanks of ASCII around a name are lost in a multipart body, others are part of it."""
    from headwater.core.text import clean_text

    out: dict[str, list[str]] = {}
    for name, value in pairs:
        if isinstance(value, (str, bytes)):
            known = raw(name).strip() if how == "multipart" else raw(name)
            out.setdefault(known.decode(errors="replace"), []).append(clean_text(raw(value).decode(errors="replace")))
    return out


def expected(scheme: Any, got: dict[str, list[str]], names: Iterable[str]) -> dict[str, Any]:
    """What acknowledging the named fields promises, by the name under which it is stored."""
    from headwater.core.names import split_names

    questions = {f.code: f for f in scheme.fields if not f.value and f.type != "file"}
    out: dict[str, Any] = {}
    for code in {n.partition(".")[0] for n in names}:
        text = (got.get(code) or [""])[-1].replace("\r\n", "\n")
        if code in questions:
            out[f"a.{code}"] = _answer(questions[code], text, got)
        elif code in TEXT_COLUMNS or code in {"research_class", "priority_field", "topic"}:
            out[code] = text
        elif code == "months":
            out[code] = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else ANY
        elif code == "starts_on":
            out[code] = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) and _is_day(text) else ANY
        elif code == "unsuitable":
            out[code] = [str(one) for one in split_names(text)]
        elif code in {"flags", "amount_wan", "discipline"}:
            out[STORED_AS.get(code, code)] = ANY
    return out


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _answer(f: Any, text: str, got: dict[str, list[str]]) -> Any:
    if f.type in {"text", "rich"}:
        return text
    if f.type == "line":
        return " ".join(text.split("\n"))
    if f.type == "number" and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", text):
        return Decimal(text)
    if f.type == "date" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return text
    if f.type == "choice":
        return text if text.strip() else ""
    if f.type == "choices":
        sent = set(got.get(f.code, [])) - {""}
        return [c[0] for c in f.choices if c[0] in sent]
    if f.type in {"person", "organisation"}:
        return Named(text)
    if f.has_rows and f.regime != "lump" and "_row" not in got:
        return _rows(f, got)
    return ANY


def _rows(f: Any, got: dict[str, list[str]]) -> Rows:
    """Cells by their row: any whole number that a control could have."""
    columns = {c.code: c for c in f.columns if not c.value}
    found: dict[int, dict[str, str]] = {}
    for name, values in got.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == f.code and parts[1].isdecimal() and len(parts[1]) < 20 and parts[2] in columns:
            text = values[-1].replace("\r\n", "\n")
            kind = columns[parts[2]].type
            found.setdefault(int(parts[1]), {})[parts[2]] = " ".join(text.split("\n")) if kind == "line" else text
    return Rows([found[n] for n in sorted(found)], {c.code for c in columns.values() if c.type in {"text", "line", "rich"}})
