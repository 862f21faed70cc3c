"""Reads that are asked thousands of times a minute: the ORM works the statement out once, not at every request.

A queryset costs about half a millisecond of Python before its statement is sent; at the deadline that is most of a submission.
The rows become the same model instances, with what `select_related` and `defer` said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
HOLES = tuple(range(-4_801_200, -4_801_190))
"""Numbers that stand for the arguments while the statement is worked out; no key is negative."""


class Prepared(Generic[M]):
    """`build` makes the queryset from whole numbers (or lists of them, where it is given lists); calling this fills them in.

    `build` must not look at its arguments: the statement of the first call is kept for the thread.
    """

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self.build = build
        self.local = threading.local()

    def __call__(self, *arguments: int | list[int]) -> list[M]:
        plan = self.local.__dict__
        if "statement" not in plan:
            self._work_out(arguments)
        with connection.cursor() as cursor:
            cursor.execute(plan["statement"], [arguments[p] if isinstance(p, _Place) else p for p in plan["parameters"]])
            rows = cursor.fetchall()
        compiler, (start, end), names, model = plan["compiler"], plan["span"], plan["names"], plan["model"]
        records = []
        for row in compiler.apply_converters(rows, plan["converters"]) if plan["converters"] else rows:
            record = model.from_db(connection.alias, names, row[start:end])
            for populator in plan["populators"]:
                populator.populate(row, record)
            records.append(record)
        return records

    def one(self, *arguments: int | list[int]) -> M | None:
        records = self(*arguments)
        return records[0] if records else None

    def _work_out(self, arguments: tuple[int | list[int], ...]) -> None:
        holes = [[hole] if isinstance(a, list) else hole for a, hole in zip(arguments, HOLES, strict=False)]
        compiler = self.build(*holes).query.get_compiler(connection.alias)
        statement, parameters = compiler.as_sql()
        info, select = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        self.local.__dict__.update(
            compiler=compiler,
            parameters=[_Place(holes.index(p)) if p in holes else p for p in parameters],
            span=(fields[0], fields[-1] + 1),
            names=[s[0].target.attname for s in select[fields[0] : fields[-1] + 1]],
            model=info["model"],
            converters=compiler.get_converters([s[0] for s in select[: compiler.col_count]]),
            populators=get_related_populators(info, select, connection.alias),  # type: ignore[call-arg] # the stubs are of Django 6
            statement=statement,
        )


def write(
    model: type[Model], keys: Sequence[int], values: Mapping[str, Any], *, merged: Mapping[str, dict[str, Any]] | None = None
) -> None:
    """Set plain values (no expressions) of rows by key, in one statement; `merged` are put over what a JSON column holds."""
    parts, parameters = [], []
    for name, value in {**values, **(merged or {})}.items():
        field: Any = model._meta.get_field(name)
        parts.append(f'"{field.column}" = "{field.column}" || %s' if merged and name in merged else f'"{field.column}" = %s')
        parameters.append(field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connection))
    columns = ", ".join(parts)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" SET {columns} WHERE "{model._meta.pk.column}" = ANY(%s)',  # noqa: S608 -- names of our own models
            [*parameters, list(keys)],
        )


class _Place(int):
    """The number of an argument among the parameters of a statement."""
