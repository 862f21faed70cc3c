"""What is new in a register, as Atom and RSS: entries that are at work since lately, and those that ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import F, Min
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.translation import gettext as _

from headwater.core import clock
from headwater.core.i18n import named
from headwater.core.site import site_address
from headwater.registers.columns import standing
from headwater.registers.declared import RegisterOf
from headwater.registers.entries import entries_of
from headwater.registers.finding import address_of
from headwater.registers.kinds import kind_of
from headwater.registers.models import KindVersion


class Dated:
    """A feed that changes when what it tells does; one that tells nothing yet is as old as its register."""

    items: list[dict[str, Any]]
    began: datetime

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=self.began)


class Atom(Dated, Atom1Feed):
    pass


class Rss(Dated, Rss201rev2Feed):
    pass


FEEDS = {"atom": Atom, "rss": Rss}
FEED_TYPES = {form: f"application/{form}+xml; charset=utf-8" for form in FEEDS}
MOST = 50


def feed_of(register: RegisterOf, form: str) -> tuple[str, str]:
    """Return the content type and the text of the feed of a register: real public entries, the latest first (3 queries)."""
    rows = entries_of(register).public().real().annotate(day=Coalesce("until", "since")).filter(day__isnull=False)
    address = site_address(f"/registers/{register.code}/")
    feed = FEEDS[form](
        title=str(register.label),
        link=address,
        description=_("%s：新运行的和已终止的") % register.label,
        language=translation.get_language(),
        feed_url=site_address(f"/registers/{register.code}/feed.{form}"),
    )
    loaded = KindVersion.objects.filter(register=register.code).aggregate(first=Min("loaded_at"))
    feed.began = loaded["first"] or clock.local(date(2000, 1, 1))
    for entry in rows.select_related("host").order_by(F("day").desc(), "-pk")[:MOST]:
        _add(feed, register, entry)
    return FEED_TYPES[form], feed.writeString("utf-8")


def _add(feed: Any, register: RegisterOf, entry: Any) -> None:
    kind, host = kind_of(entry), named(entry.host) if entry.host and "host" in kind_of(entry).public else ""
    moment = _moment(entry.day)
    feed.add_item(
        title=f"{named(entry)}：{standing(entry)}",
        link=site_address(address_of(register, entry)),
        description=" · ".join(filter(None, (str(kind.label), str(standing(entry)), host))),
        unique_id=f"{site_address(address_of(register, entry))}#{entry.group}-{entry.day}",
        pubdate=moment,
        updateddate=moment,
    )


def _moment(day: date) -> Any:
    return clock.local(day, 12)
