"""What the events of bodies say in words, and how its records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.casework.bodies import models
from headwater.core.i18n import named
from headwater.core.sentences import acts, called

called(models.BodyKind, named)
called(models.Body, named, looks=("name_zh", "name_en"), page=lambda b: f"/bodies/{b.pk}/", action="bodies.view")
called(models.BodyMember, lambda m: f"{named(m.body)} · {named(m.person)}", related=("body", "person"))
called(models.Sitting, lambda s: str(s), related=("body",), page=lambda s: f"/sittings/{s.pk}/", action="bodies.minutes")
called(models.SittingItem, lambda i: i.title)
called(models.Attendance, lambda a: f"{a.sitting} · {named(a.member.person)}", related=("sitting__body", "member__person"))
called(models.Recusal, lambda r: f"{r.item.title} · {named(r.member.person)}", related=("item", "member__person"))
called(models.BodyOpinion, lambda o: f"{o.item.title} · {named(o.member.person)}", related=("item", "member__person"))

acts(
    {
        "bodies.convene": _("组建了评议组织"),
        "bodies.change_members": _("调整了评议组织成员"),
        "bodies.dissolve": _("解散了评议组织"),
        "bodies.put_rules": _("上传了议事规则"),
        "bodies.call_sitting": _("召集了会议"),
        "bodies.change_sitting": _("修改了会议安排"),
        "bodies.cancel_sitting": _("取消了会议"),
        "bodies.answer_invitation": _("答复是否参加会议"),
        "bodies.remind": _("提醒了会议"),
        "bodies.hold": _("登记了到会"),
        "bodies.recuse": _("登记了议题回避"),
        "bodies.vote": _("在会议上投了票"),
        "bodies.save_opinion": _("保存了书面意见"),
        "bodies.submit_opinion": _("提交了书面意见"),
        "bodies.close_sitting": _("结束了会议并计票"),
    }
)
