"""What the health page looks at: each check has words, a state, and what to do when it is not well."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateWorker

from headwater.core import clock
from headwater.core.invariants import INVARIANTS, Breach
from headwater.core.mails import failed_mails, waiting_mails
from headwater.core.models import Event, EventSeal, Job
from headwater.core.verifying import CLEAN, TOLD

LATE = timedelta(minutes=10)
"""Whatever waits longer is not being worked on."""
SILENT = timedelta(minutes=2)
"""A worker that has not been heard of for so long is gone."""
UNSEALED = timedelta(minutes=10)
STALE = timedelta(days=2)
"""A nightly look that is older has been missed."""
RECENT = timedelta(days=7)
LOW, TOO_LOW = 0.10, 0.03
"""Free share of the disk."""


class Standing(TextChoices):
    WELL = "well", gettext_lazy("正常")
    ATTENTION = "attention", gettext_lazy("须留意")
    BROKEN = "broken", gettext_lazy("异常")
    UNKNOWN = "unchecked", gettext_lazy("未核对")


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do unless it is well."""

    name: str
    standing: Standing
    found: str
    todo: str = ""


def checks() -> list[Check]:
    """Return what can be told at once, without looking through the records."""
    return [look() for look in LOOKS]


def _judged(name: str, found: str, *, broken: bool = False, attention: bool = False, todo: str = "") -> Check:
    standing = Standing.BROKEN if broken else Standing.ATTENTION if attention else Standing.WELL
    return Check(name, standing, found, todo if standing != Standing.WELL else "")


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    words = _("PostgreSQL %(version)s，%(size)s MB；Python %(python)s")
    found = words % {"version": version, "size": f"{size / 1e6:,.0f}", "python": platform.python_version()}
    return _judged(_("数据库"), found)


def _disk() -> Check:
    usage = shutil.disk_usage(settings.CONFIG.home)
    share = usage.free / usage.total
    found = _("剩余 %(free)s GB，占 %(share)d%%") % {"free": f"{usage.free / 1e9:,.1f}", "share": round(share * 100)}
    todo = _("清理旧备份或扩充磁盘；写满后系统将停止办理。")
    return _judged(_("磁盘空间"), found, broken=share < TOO_LOW, attention=share < LOW, todo=todo)


def _worker() -> Check:
    seen = ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True).first()
    gone = seen is None or timezone.now() - seen > SILENT
    found = _("没有运行") if gone else _("正在运行")
    return _judged(_("后台进程"), found, broken=gone, todo=_("由系统管理员重新启动服务；在此之前邮件、导出和审查不会进行。"))


def _sealing() -> Check:
    sealed = EventSeal.objects.order_by("-event_id").values_list("event_id", flat=True).first() or 0
    loose = Event.objects.filter(pk__gt=sealed)
    oldest = loose.order_by("pk").values_list("recorded_at", flat=True).first()
    late = oldest is not None and timezone.now() - oldest > UNSEALED
    found = _("等待封签的事件 %d 个") % loose.count()
    return _judged(_("事件封签"), found, broken=late, todo=_("后台进程可能没有运行：先恢复后台进程，再核对。"))


def _jobs() -> Check:
    waiting = Job.objects.filter(state=Job.State.WAITING)
    failed = Job.objects.filter(state=Job.State.FAILED, ended_at__gte=clock.now() - RECENT).count()
    late = waiting.filter(asked_at__lt=clock.now() - LATE).exists()
    found = _("等待 %(waiting)d 项，近 7 日失败 %(failed)d 项") % {"waiting": waiting.count(), "failed": failed}
    todo = _("在“后台任务”中查看失败的原因，缩小范围或排除故障后请提出人重新提出。")
    return _judged(_("后台任务"), found, broken=late, attention=bool(failed), todo=todo)


def _mails() -> Check:
    waiting, failed = waiting_mails(), failed_mails().count()
    late = waiting.filter(created_at__lt=clock.now() - LATE).exists()
    found = _("待发 %(waiting)d 封，发送失败 %(failed)d 封") % {"waiting": waiting.count(), "failed": failed}
    todo = _("在“邮件”中查看原因；邮件服务器恢复后重新发送。")
    return _judged(_("邮件"), found, attention=late or bool(failed), todo=todo)


def _nightly() -> Check:
    last = Event.objects.filter(command__in=[CLEAN, TOLD]).order_by("-id").first()
    if last is None:
        return Check(_("夜间核对"), Standing.UNKNOWN, _("还没有进行过"), _("后台进程每夜核对一次；也可以在本页立即核对。"))
    at = f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}"
    if last.command == TOLD:
        names = [str(INVARIANTS[n].sentence) for n in (last.after or {}).get("breaches", {}) if n in INVARIANTS]
        found = _("%(at)s 发现异常：%(names)s") % {"at": at, "names": "；".join(names)}
        return Check(_("夜间核对"), Standing.BROKEN, found, _("在本页重新核对，按下表所列办法处理。"))
    found = _("%s 全部相符") % at
    return _judged(_("夜间核对"), found, attention=clock.now() - last.at > STALE, todo=_("近日没有核对过：请在本页立即核对。"))


LOOKS: tuple[Callable[[], Check], ...] = (_database, _disk, _worker, _sealing, _nightly, _jobs, _mails)


def invariant_checks(breaches: list[Breach] | None) -> list[tuple[Check, list[str]]]:
    """Return each invariant with the rows that break it; unknown where nobody has looked (`breaches` is None)."""
    broken = {b.invariant.name: b for b in breaches or ()}
    rows: list[tuple[Check, list[str]]] = []
    for name, invariant in INVARIANTS.items():
        if breaches is None:
            rows.append((Check(str(invariant.sentence), Standing.UNKNOWN, ""), []))
        elif name in broken:
            found = _("%d 处不符") % broken[name].count
            rows.append((Check(str(invariant.sentence), Standing.BROKEN, found, str(invariant.remedy)), broken[name].rows))
        else:
            rows.append((Check(str(invariant.sentence), Standing.WELL, _("相符")), []))
    return sorted(rows, key=lambda row: row[0].standing != Standing.BROKEN)
