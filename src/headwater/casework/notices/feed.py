"""The newest public notices as an Atom feed."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from headwater.casework.notices.published import Published
from headwater.core import clock
from headwater.core.correspondence import office
from headwater.core.site import site_address

MOST_IN_FEED = 50


def feed_of(rows: Iterable[Published]) -> str:
    """Return a feed of notices in the reader's language: each with its period and the digest of exactly what it lists."""
    who = office()
    feed = Atom1Feed(
        title=_("公示：%s") % who.name if who.name else _("公示"),
        link=site_address("/notices/"),
        description=_("公示期内可对名单中任一项实名提出异议。"),
        language=get_language(),
        author_name=who.name or None,
        feed_url=site_address("/notices/feed.atom"),
    )
    for row in rows:
        values = {
            "n": row.count,
            "start": clock.local_day(row.starts_at),
            "end": clock.last_day(row.ends_at),
            "digest": row.digest,
        }
        feed.add_item(
            title=str(row.title),
            link=site_address(row.url),
            unique_id=site_address(row.url),
            pubdate=row.starts_at,
            updateddate=row.starts_at,
            description=_("共 %(n)d 项；公示期 %(start)s 至 %(end)s；SHA-256 %(digest)s") % values,
        )
    return str(feed.writeString("utf-8"))
