"""What the events of review say in words, and how its records are called."""

from django.utils.translation import gettext_lazy as _

from headwater.core.i18n import named
from headwater.core.sentences import acts, called
from headwater.review import models

called(models.Expert, lambda e: named(e.person), related=("person",))
called(models.Round, lambda r: named(r.call, "title"), related=("call",))
called(models.Panel, lambda p: p.name, looks=("name",), page=lambda p: f"/panels/{p.pk}/", action="review.panel.view")
called(models.PanelMember, lambda m: f"{m.panel} · {named(m.expert.person)}", related=("panel", "expert__person"))
called(models.Draw, lambda d: named(d.call, "title"), related=("call",))

acts(
    {
        "review.register_experts": _("登记了专家"),
        "review.import_experts": _("导入了专家"),
        "review.change_experts": _("修改了专家信息"),
        "review.retire_expert": _("将专家移出专家库"),
        "review.restore_expert": _("将专家恢复入库"),
        "review.change_own": _("更新了本人的专家信息"),
        "review.find_conflicts": _("查找了回避关系"),
        "review.declare_conflict": _("登记了回避"),
        "review.propose_round": _("生成了指派方案"),
        "review.publish_round": _("发布了指派方案"),
        "review.assign_by_hand": _("单独指派了评审"),
        "review.release_assignment": _("收回了评审任务"),
        "review.expire_invitations": _("将逾期未答复的邀请视为谢绝"),
        "review.remind": _("提醒了专家"),
        "review.answer_invitations": _("答复了评审邀请"),
        "review.save_opinions": _("保存了评审意见"),
        "review.submit_opinions": _("提交了评审意见"),
        "review.close_reviews": _("结束了评审并排序"),
        "review.make_panel": _("建立了会评组"),
        "review.change_panel": _("修改了会评组"),
        "review.dissolve_panel": _("解散了会评组"),
        "review.restore_panel": _("恢复了会评组"),
        "review.open_voting": _("登记到会并开始投票"),
        "review.cast_ballot": _("投了票"),
        "review.close_voting": _("结束投票并计票"),
        "review.vote_again": _("安排重新投票"),
        "review.draw_equals": _("进行了抽签"),
        "review.sign_revival": _("联名提请表决"),
    }
)
