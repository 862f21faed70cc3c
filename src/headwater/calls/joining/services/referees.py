"""Referees (推荐专家): named by the applicant, reached by a link, known by what they say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.joining.services.inviting import make_links, tell_leader, use_links
from headwater.calls.locks import lock_draft
from headwater.calls.models import Application, Referee
from headwater.calls.schemes import scheme_of
from headwater.calls.signatures import documents_for
from headwater.calls.states import State
from headwater.calls.stores import SIGNATURES, ApplicationSigning
from headwater.core import clock
from headwater.core.addresses import is_address, normal
from headwater.core.command import Actor, command
from headwater.core.correspondence import signatures
from headwater.core.errors import Reason, Refused, refuse_if
from headwater.core.names import normal_name, same_name
from headwater.core.services import write_to
from headwater.core.site import site_address
from headwater.forms.signing import Consent, sign, to_sign
from headwater.registry.models import Discipline, Person, records_of
from headwater.schemes import RefereeRules

CONTACT_FIELDS = ("name", "institution", "title", "email", "discipline")
LETTER_FIELDS = ("said_name", "said_institution", "said_title", "tie", "letter")
OPEN = frozenset(State) - {State.WITHDRAWN, State.EXPIRED, State.NOT_ENDORSED, State.NOT_ACCEPTED, State.REJECTED}


def name_referee(*, application: Application, values: Mapping[str, Any], actor: Actor) -> tuple[Referee, str]:
    """Name a referee and send the link. Returns the referee and the key of the link, to be shown once.

    Raises:
        Refused: the scheme asks for no referees, enough are named, somebody is named twice, or it is the applicant or a member.
    """
    with command(actor, "calls.application.edit", application, name="calls.name_referee") as log:
        row = lock_draft(application)
        rules = scheme_of(row.call).referees
        if rules is None:
            raise Refused.because(_("这类项目不需要推荐专家"))
        refuse_if(_problems(row, values, rules))
        email = normal(str(values["email"]))
        referee = Referee.objects.create(
            application=row,
            **{name: str(values[name]).strip() for name in CONTACT_FIELDS if name not in {"name", "discipline", "email"}},
            name=normal_name(str(values["name"])),
            discipline=_field_of(values),
            email=email,
            person=_registered(email, str(values["name"]).strip()),
            invited_at=clock.now(),
        )
        key = _send(referee, row)
        log(referee, after={"application": row.pk, "named": True})
    return referee, key


def _field_of(values: Mapping[str, Any]) -> Discipline:
    return Discipline.objects.get(code=str(values["discipline"]).strip(), level=2)


def _problems(row: Application, values: Mapping[str, Any], rules: RefereeRules) -> list[Reason]:
    reasons = [Reason(_("请填写此项"), field=name) for name in CONTACT_FIELDS if not str(values.get(name, "")).strip()]
    if reasons:
        return reasons
    email, name = normal(str(values["email"])), str(values["name"])
    if not is_address(email):
        reasons.append(Reason(_("不是电子邮箱地址"), field="email"))
    if not Discipline.objects.filter(code=str(values["discipline"]).strip(), level=2).exists():
        reasons.append(Reason(_("没有这个申请代码"), field="discipline"))
    if row.referees.filter(declined_at__isnull=True).count() >= rules.most:
        reasons.append(Reason(_("推荐专家最多 %d 名；谢绝的不计") % rules.most))
    if row.referees.filter(email=email).exists():
        reasons.append(Reason(_("这个电子邮箱的专家已在名单中"), field="email"))
    members = row.participants.values_list("person", flat=True)
    people = list(Person.objects.filter(pk__in=records_of([row.leader_id, *members])).select_related("account", "organisation"))
    addresses = {p.email for p in people if p.email}
    addresses |= {p.account.email for p in people if p.account and p.account.email}
    if email in addresses:
        reasons.append(Reason(_("申请人和参与者不能作为推荐专家"), field="email"))
    where = str(values["institution"])
    same = [p for p in people if same_name(p.name_zh, name) and p.organisation and same_name(p.organisation.name_zh, where)]
    if same:
        reasons.append(Reason(_("申请人和参与者不能作为推荐专家"), field="name"))
    return reasons


def _registered(email: str, name: str) -> Person | None:
    """Return the person of the registry whom address and name identify together; one of the two alone could be somebody else's."""
    person = Person.objects.called(name).filter(email=email).select_related("merged_into").order_by("pk").first()
    return person.survivor if person else None


def _send(referee: Referee, application: Application) -> str:
    key = make_links([referee], application.call.closes_at)[0]
    address, until = site_address(f"/refer/{key}/"), f"{timezone.localtime(application.call.closes_at):%Y-%m-%d %H:%M}"
    leader, host = application.leader.name_zh, application.host.name_zh
    body = (
        f"{referee.name} {referee.title}：您好！\n\n{host} {leader} 申报“{application.title_zh}”（{application.call.title_zh}），请您推荐。"
        f"请在 {until} 前打开以下链接，写推荐意见，或者谢绝；不需要账号：\n\n{address}\n\n链接只供您本人使用，请不要转发。\n\n"
        f"{leader} ({host}) applies for funding and names you as a referee. Please open the link by {until} and write a letter or decline. "
        "No account is needed; the link is for you alone."
    )
    write_to([(referee.email, f"请推荐：{application.title_zh[:60]} / Request for a reference", body)], sign=signatures)
    return key


def send_referee_again(*, referee: Referee, actor: Actor) -> str:
    """Send a referee a new link; the earlier one ends. Returns its key, to be shown once.

    Raises:
        Refused: answered already, or too late.
    """
    with command(actor, "calls.application.edit", referee.application, name="calls.send_referee_again") as log:
        row = (
            Referee.objects.select_for_update(of=("self",))
            .select_related("application__call", "application__leader", "application__host")
            .get(pk=referee.pk)
        )
        refuse_if(_too_late(row))
        key = _send(row, row.application)
        log(row, after={"invited": True})
    return key


def remove_referee(*, referee: Referee, actor: Actor) -> None:
    """Take a referee off the list, while the application is being written. One who has written stays.

    Raises:
        Refused: the letter is there, or the application has left its author.
    """
    with command(actor, "calls.application.edit", referee.application, name="calls.remove_referee") as log:
        lock_draft(referee.application)
        row = Referee.objects.select_for_update(of=("self",)).get(pk=referee.pk)
        if row.written_at:
            raise Refused.because(_("%s 已提交推荐意见，不能移除") % row.name)
        log(row, before={"application": row.application_id})
        if row.declined_at is None:
            title = referee.application.title_zh[:60]
            message = f"“{title}”不再需要您推荐，此前的链接失效。\n\nYour letter is no longer needed; the earlier link has ended."
            write_to([(row.email, f"不再需要推荐“{title}” / No letter needed", message)], sign=signatures)
        row.delete()


def _too_late(row: Referee) -> list[Reason]:
    """Return why no letter is taken any more. A letter may arrive until the call closes, also after the application was
    submitted.
    """
    if row.written_at or row.declined_at:
        return [Reason(_("这项推荐已经答复"))]
    if clock.now() >= row.application.call.closes_at:
        return [Reason(_("已过申报截止时间，不能再提交推荐意见"))]
    if row.application.state not in OPEN:
        return [Reason(_("这份申请已撤回或办结，不需要再推荐"))]
    return []


def open_referee(*, referee: Referee, actor: Actor) -> None:
    """Note once that a referee has opened the link."""
    with command(actor, "calls.invitation.answer", name="calls.open_referee") as log:
        if Referee.objects.filter(pk=referee.pk, opened_at__isnull=True).update(opened_at=clock.now()):
            log(referee, after={"opened": True})


def _answering(referee: Referee) -> Referee:
    row = (
        Referee.objects.select_for_update(of=("self",))
        .select_related("application__call", "application__leader")
        .get(pk=referee.pk)
    )
    refuse_if(_too_late(row))
    return row


def write_letter(*, referee: Referee, values: Mapping[str, Any], agree: Consent, actor: Actor) -> Referee:
    """Save the letter of a referee with who they are, and sign the referees' documents. Only what the bearer of the link states
    is known: title and field are a declaration, and the officer who checks the application sees both.

    Raises:
        Refused: something is missing, the letter is too short or too long, a document is not agreed to, answered before, or late.
    """
    with command(actor, "calls.invitation.answer", name="calls.write_letter") as log:
        row = _answering(referee)
        rules = scheme_of(row.application.call).referees or RefereeRules(most=0)
        answers = {name: str(values.get(name, "")).strip() for name in LETTER_FIELDS}
        refuse_if(_letter_problems(answers, rules))
        documents = to_sign(documents_for([row.application], "referee")[row.application_id], agree)
        now = clock.now()
        for name, value in answers.items():
            setattr(row, name, value)
        row.is_senior, row.same_field, row.written_at = bool(values.get("is_senior")), bool(values.get("same_field")), now
        row.save(update_fields=[*LETTER_FIELDS, "is_senior", "same_field", "written_at"])
        sign(
            SIGNATURES,
            [ApplicationSigning(row.application_id, d, "referee", answers["said_name"], referee=row.pk) for d in documents],
            actor=actor,
            at=now,
        )
        use_links(now, referee=row.pk)
        log(row, after={"written": True, "is_senior": row.is_senior, "same_field": row.same_field, "tie": row.tie})
        tell_leader(row.application, lambda: _("推荐专家 %s 已提交推荐意见") % row.name, "", "referees")
    return row


def _letter_problems(answers: Mapping[str, str], rules: RefereeRules) -> list[Reason]:
    reasons = [Reason(_("请填写此项"), field=name) for name in LETTER_FIELDS if not answers[name]]
    length = len(answers["letter"])
    if length and not rules.min_chars <= length <= rules.max_chars:
        figures = {"length": length, "least": rules.min_chars, "most": rules.max_chars}
        reasons.append(Reason(_("推荐意见 %(length)d 字，应为 %(least)d 至 %(most)d 字") % figures, field="letter"))
    if answers["tie"] and answers["tie"] not in Referee.Tie.values:
        reasons.append(Reason(_("请从列表中选择"), field="tie"))
    return reasons


def decline_referee(*, referee: Referee, reason: str, actor: Actor) -> None:
    """Decline, by the referee. The applicant is told and may name somebody else.

    Raises:
        Refused: no reason, answered before, or late.
    """
    if not reason.strip():
        raise Refused.because(_("请写明谢绝的理由"), field="reason")
    with command(actor, "calls.invitation.answer", name="calls.decline_referee") as log:
        row = _answering(referee)
        now = clock.now()
        Referee.objects.filter(pk=row.pk).update(declined_at=now, decline_reason=reason.strip()[:300])
        use_links(now, referee=row.pk)
        log(row, after={"declined": True})
        tell_leader(row.application, lambda: _("推荐专家 %s 谢绝推荐") % row.name, reason.strip()[:300], "referees")
