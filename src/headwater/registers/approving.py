"""What is shown of a verb that waits for its chain, and what follows from the end of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.casework.notices.services.publishing import kind_named
from headwater.core import clock
from headwater.core.approvals import CHAINS, Chain
from headwater.core.command import Log
from headwater.core.errors import Reason, refuse_if
from headwater.core.i18n import Bilingual
from headwater.core.models import ApprovalAnswer, ApprovalCase
from headwater.core.seen import Sight
from headwater.core.services import notify
from headwater.forms.answers.showing import sections
from headwater.registers.contexts import RELATED, answers_of
from headwater.registers.declared import REGISTERS, Doing, RegisterOf, effects_of
from headwater.registers.doors import page_of
from headwater.registers.kinds import kind_of
from headwater.registers.models import Proposal
from headwater.registers.services.acting import end_proposal, locked, take_effect, weigh
from headwater.registers.services.publicity import put_up_proposal
from headwater.registry.queries import region_code


def entry_of(proposal: Proposal) -> Any:
    return proposal.entry_rows().select_related(*RELATED).get()


def register_of(proposal: Proposal) -> RegisterOf:
    return REGISTERS[proposal.register]


def weighing_of(proposal: Proposal, entry: Any) -> Doing:
    """Return what guards are told now of a proposed verb, in the version of the kind that the entry follows."""
    kind = kind_of(entry)
    return Doing(kind=kind, verb=kind.verb[proposal.verb], on=clock.today(), values=proposal.values)


def name(proposal: Proposal) -> Bilingual:
    entry = entry_of(proposal)
    label = kind_of(entry).verb[proposal.verb].label
    return Bilingual(f"{entry.name_zh}：{label.zh}", f"{entry.name_en or entry.name_zh}: {label.en}")


def url(proposal: Proposal) -> str:
    return page_of(register_of(proposal), entry_of(proposal))


def sight(proposal: Proposal) -> Sight:
    """The entry with its state, the verb, the answers and the reason: they stay as they are while the chain runs."""
    entry = entry_of(proposal)
    lines = {
        "entry": [entry.number, entry.name_zh, entry.state],
        "verb": proposal.verb,
        "values": proposal.values,
        "reason": proposal.reason,
    }
    words = {"entry": _("条目及其状态"), "verb": _("办理事项"), "values": _("填写内容"), "reason": _("理由")}
    return Sight(lines, words)


def show(request: HttpRequest, proposal: Proposal) -> SafeString:
    entry = entry_of(proposal)
    kind, register = kind_of(entry), register_of(proposal)
    verb = kind.verb[proposal.verb]
    context = {
        "proposal": proposal,
        "entry": entry,
        "kind": kind,
        "verb": verb,
        "url": page_of(register, entry),
        "before": kind.state[entry.state].label,
        "after": kind.state[verb.target].label,
        "sections": sections(answers_of(entry, verb.asks, proposal.values)),
    }
    return render_to_string("registers/proposal.html", context, request)


def effect(proposal: Proposal) -> Sequence[str]:
    entry = entry_of(proposal)
    return effects_in_words(register_of(proposal), weighing_of(proposal, entry), [entry])


def effects_in_words(register: RegisterOf, weighing: Doing, entries: Sequence[Any]) -> list[str]:
    """Say what a verb does to entries when it takes effect."""

    verb, kind = weighing.verb, weighing.kind
    states = {"n": len(entries), "state": kind.state[verb.target].label}
    lines = [_("%(n)d 项条目进入“%(state)s”") % states]
    if kind.state[verb.target].public and kind.public and not all(e.is_public for e in entries):
        lines.append(_("条目向社会公开"))
    if not (kind.state[verb.target].public and kind.public) and any(e.is_public for e in entries):
        lines.append(_("条目不再向社会公开"))
    if verb.notice:
        lines.insert(0, _("先行公示：%s；期满没有成立的异议即生效") % kind_named(verb.notice, region_code()).rule.name)
    effects = effects_of(register)
    return lines + [str(effects[name].label) for name in verb.effects]


def against(proposal: Proposal) -> Iterable[Reason]:
    """Return why a verb cannot be done with its entry now: its state and its guards."""
    entry = entry_of(proposal)
    return [r for p in weigh(register_of(proposal), [entry], weighing_of(proposal, entry)) for r in p.reasons]


def approved(proposal: Proposal, case: ApprovalCase, given: ApprovalAnswer, log: Log) -> None:
    """Do what was proposed, or publish it where the public hears of it first; weighed once more under the lock.

    Raises:
        Refused: a guard that does not hold any more.
    """
    register = register_of(proposal)
    rows = locked(register, [proposal.subject_id])
    weighing = weighing_of(proposal, rows[0])
    refuse_if(r for p in weigh(register, rows, weighing) for r in p.reasons)
    if weighing.verb.notice:
        put_up_proposal(register, rows[0], weighing, proposal, log)
    else:
        take_effect(register, rows, weighing, proposal.reason, log, proposal)
        end_proposal(proposal, Proposal.State.DONE, log)
    _tell_proposer(proposal, given)


def refused(proposal: Proposal, case: ApprovalCase, given: ApprovalAnswer, log: Log) -> None:
    end_proposal(proposal, Proposal.State.REFUSED, log)
    _tell_proposer(proposal, given)


def sent_back(proposal: Proposal, case: ApprovalCase, given: ApprovalAnswer, log: Log) -> None:
    end_proposal(proposal, Proposal.State.SENT_BACK, log)
    _tell_proposer(proposal, given)


def _tell_proposer(proposal: Proposal, given: ApprovalAnswer) -> None:
    if proposal.proposed_by:
        words = {"name": name(proposal), "state": Proposal.State(proposal.state).label}
        notify([proposal.proposed_by], title=lambda: _("%(name)s：%(state)s") % words, body=given.note, url=url(proposal))


CHAINS.add(
    "registers.proposal",
    Chain(
        label=gettext_lazy("登记事项"),
        name=name,
        url=url,
        sight=sight,
        approved=approved,
        refused=refused,
        sent_back=sent_back,
        show=show,
        effect=effect,
        against=against,
    ),
)
