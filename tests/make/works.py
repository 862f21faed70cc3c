"""Works that nobody else knows, made behind the commands for tests of what is read from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.registry.models import Person, Work, WorkAuthor, WorkIdentifier


def new_work(title: str = "碳汇", people: Iterable[Person] = (), *, year: int | None = 2024, doi: str = "", **more: Any) -> Work:
    issued = {"issued": str(year), "year": year} if year and "issued" not in more else {}
    row = Work.objects.create(**{"kind": "paper", "title_zh": title, **issued, **more})
    WorkAuthor.objects.bulk_create(
        [WorkAuthor(work=row, person=p, name=p.name_zh or p.name_en, position=n) for n, p in enumerate(people, start=1)]
    )
    if doi:
        WorkIdentifier.objects.create(work=row, scheme="doi", value=doi)
    return row
