"""What the events of calls say in words, and how their records are called."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from headwater.calls import models
from headwater.calls.models.calls import OPEN_TO_ALL
from headwater.core.i18n import named
from headwater.core.sentences import acts, called


def application_name(application: Any) -> str:
    """Return the number and title of an application."""
    title = named(application, "title")
    return f"{application.number} “{title}”".strip() if title else str(application)


called(
    models.Application,
    application_name,
    looks=("number", "title_zh"),
    page=lambda a: f"/applications/{a.pk}/",
    action="calls.application.view",
)
called(
    models.Call,
    lambda c: named(c, "title"),
    looks=("title_zh", "code"),
    page=lambda c: f"/calls/{c.code}/" if c.state in OPEN_TO_ALL else "",
    action="public",
)
called(models.CallChange, lambda c: named(c.call, "title"), related=("call",))
called(models.Notice, lambda n: named(n, "title"), looks=("title_zh",), page=lambda n: f"/notices/{n.pk}/", action="public")
called(models.HostQuota, lambda q: f"{named(q.call, 'title')} · {named(q.organisation)}", related=("call", "organisation"))
called(models.SchemeVersion, named)
called(models.PaperTemplate, lambda t: str(t.label))
called(models.DocumentText, lambda d: named(d, "title"))
called(
    models.Link,
    lambda link: application_name((link.participant or link.referee).application),
    related=("participant__application", "referee__application"),
)

acts(
    {
        "calls.save_call": _("保存了申报批次"),
        "calls.ask_call_approval": _("提请核准申报批次"),
        "calls.send_call_back": _("退回申报批次修改"),
        "calls.publish_call": _("核准发布了申报批次"),
        "calls.take_new_words": _("为申报批次采用了新的签署文本"),
        "calls.propose_change": _("提出了批次变更"),
        "calls.drop_change": _("撤回了批次变更"),
        "calls.amend_call": _("核准了批次变更"),
        "calls.cancel_call": _("核准取消了申报批次"),
        "calls.invite": _("决定邀请正式申报"),
        "calls.create_draft": _("新建了申请书"),
        "calls.save_application": _("保存了申请书"),
        "calls.decide_clash": _("处理了申请书中的同改一处"),
        "calls.add_members": _("添加了参与者"),
        "calls.remove_member": _("移除了参与者"),
        "calls.allow_editing": _("调整了参与者的编辑权"),
        "calls.change_host": _("更换了依托单位"),
        "calls.attach": _("上传了附件"),
        "calls.detach": _("删除了附件"),
        "calls.start_upload": _("开始上传附件"),
        "calls.drop_upload": _("取消了上传"),
        "calls.invite_outside_member": _("邀请了系统外的参与者"),
        "calls.send_invitation_again": _("重新发送了邀请"),
        "calls.end_link": _("撤销了邀请链接"),
        "calls.claim_account": _("凭邀请链接开通了账号"),
        "calls.name_referee": _("提名了推荐专家"),
        "calls.send_referee_again": _("重新邀请了推荐专家"),
        "calls.remove_referee": _("移除了推荐专家"),
        "calls.open_referee": _("打开了推荐链接"),
        "calls.decline_referee": _("谢绝了推荐"),
        "calls.write_letter": _("提交了推荐意见"),
        "calls.confirm_participation": _("确认了参与"),
        "calls.decline_participation": _("谢绝了参与"),
        "calls.sign_as_partner": _("代表合作单位签署了申请"),
        "calls.submit_application": _("提交了申请"),
        "calls.withdraw_application": _("撤回了申请"),
        "calls.reopen_application": _("重新编辑已撤回的申请"),
        "calls.endorse": _("报送了申请"),
        "calls.rank": _("调整了本单位的推荐排序"),
        "calls.return_to_author": _("退回申请修改"),
        "calls.not_endorse": _("不予报送申请"),
        "calls.recommend": _("推荐了申请"),
        "calls.return_to_host": _("退回依托单位"),
        "calls.expire_late": _("因逾期关闭了申请"),
        "calls.change_quota": _("调整了单位限额"),
        "calls.run_formal_check": _("进行了自动形式审查"),
        "calls.find_likenesses": _("比对了相似文本"),
        "calls.decide_check": _("办理了形式审查"),
        "calls.ask_recheck": _("申请复审"),
        "calls.answer_recheck": _("答复了复审"),
        "calls.propose_decisions": _("提出了决定"),
        "calls.reconsider": _("撤回了拟定的决定"),
        "calls.approve_decisions": _("核准了决定"),
        "calls.send_back_decision": _("退回了一项决定"),
        "calls.publish_notice": _("发布了公示"),
        "calls.release": _("公布了结果"),
        "calls.finish_call": _("办结了申报批次"),
        "calls.ask_objection": _("提交了待确认的异议"),
        "calls.file_objection": _("确认提出了异议"),
        "calls.reply_to_objection": _("就异议作了说明"),
        "calls.answer_objection": _("对异议提出了处理意见"),
        "calls.settle_objection": _("对异议作出了决定"),
        "calls.correct_words": _("更正了通知书或理由的文字"),
        "calls.put_template": _("上传了公文模板"),
        "calls.use_template": _("启用了公文模板"),
    }
)
