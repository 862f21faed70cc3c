"""The differences that the second officer reads before a call is opened: from the call it was made from, and from the region's
figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.calls.comparing import folded
from headwater.calls.dates import DATE_LABELS, DATES
from headwater.calls.models import Call
from headwater.calls.publishing.services.cloning import figure_text, term_label
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import call_terms, region_terms, region_words
from headwater.core.money import wan
from headwater.core.text import clean_text
from headwater.forms.answers.differences import Piece, pieces
from headwater.forms.shapes import Field
from headwater.schemes import Scheme
from headwater.schemes.rules import RULES

Row = tuple[str, str, str]
"""(what, before, now)"""


def differences(call: Call) -> list[Row]:
    """Return how a call differs from the one it was made from; nothing where there is none. Long texts are in `text_changes`."""
    last = call.cloned_from
    if last is None:
        return []
    rows = [(DATE_LABELS[n](), _moment(getattr(last, n)), _moment(getattr(call, n))) for n in DATES]
    rows.append((_("预算（万元）"), wan(last.budget_fen), wan(call.budget_fen)))
    plain = {"title_zh": _("名称"), "title_en": _("英文名称"), "contact": _("联系方式")}
    rows += [(label, getattr(last, name), getattr(call, name)) for name, label in plain.items()]
    rows.append((_("阶段"), str(last.get_stage_display()), str(call.get_stage_display())))
    rows.append((_("项目类型版本"), str(last.scheme.version), str(call.scheme.version)))
    before, now = ({(t.key, t.part): t for t in call_terms(c)} for c in (last, call))
    for key in {**before, **now}:
        texts = [figure_text(t.value, t.is_money) if t else "" for t in (before.get(key), now.get(key))]
        rows.append((term_label(*key, (now.get(key) or before[key]).words), texts[0], texts[1]))
    rows += _by_code(
        _("指南方向 %s"), *({t["code"]: " | ".join(x for x in (t["zh"], t["en"]) if x) for t in c.topics} for c in (last, call))
    )
    if (last.scheme_id, last.stage) != (call.scheme_id, call.stage):
        rows += form_changes(scheme_of(last), scheme_of(call))
    return [row for row in rows if row[1] != row[2]]


def own_terms(call: Call) -> list[Row]:
    """Return every figure that was set for this call alone, against the region's value: also one that the call before had
    already.
    """
    usual, words, rows = region_terms(call), region_words(call), []
    for key, own in (call.overrides or {}).items():
        base = usual(key)
        for part, value in own.items() if isinstance(own, dict) else [("", own)]:
            had = base.get(part) if part and isinstance(base, dict) else base
            rows.append((term_label(key, part, words(key)), _figure(key, had), _figure(key, value)))
    return rows


def text_changes(call: Call) -> list[tuple[str, list[Piece]]]:
    """Return the guide in both languages, piece by piece. Long parts that stay are folded; line ends and blanks around a text, which a
    form does not keep, are no change.
    """
    last = call.cloned_from
    labels = {"guide_zh": _("申报指南"), "guide_en": _("英文指南")}
    pairs = [(label, *(clean_text(getattr(c, n)).strip() for c in (last, call))) for n, label in labels.items()] if last else []
    return [(label, folded(pieces(old, new))) for label, old, new in pairs if old != new]


def form_changes(old: Scheme, new: Scheme) -> list[Row]:
    """Return what another version of the scheme asks: questions added, changed and removed; files, documents, rules and checks."""
    rows: list[Row] = []
    before, now = ({f.code: (s.title_zh, f) for s in scheme.sections for f in s.fields} for scheme in (old, new))
    for code in {**before, **now}:
        a, b = before.get(code), now.get(code)
        if a and b:
            name = _("问题“%s”") % b[1].label_zh
            rows.append((f"{name}：{_('所在部分')}", a[0], b[0]))
            rows += [
                (f"{name}：{label()}", _attribute_text(a[1], part), _attribute_text(b[1], part))
                for part, label in QUESTION_PARTS.items()
            ]
        elif b:
            rows.append((_("增加的问题"), "", b[1].label_zh))
        elif a:
            rows.append((_("取消的问题"), a[1].label_zh, ""))
    rows.append((_("参与者最多（人）"), str(old.members_max), str(new.members_max)))
    rows.append((_("基本信息所问"), "、".join(sorted(old.asks)), "、".join(sorted(new.asks))))
    for title, read in PARTS.items():
        rows += _by_code(f"{title()} %s", read(old), read(new))
    return [row for row in rows if row[1] != row[2]]


def _by_code(title: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Row]:
    return [(title % code, old.get(code, ""), new.get(code, "")) for code in sorted({*old, *new})]


QUESTION_PARTS: dict[str, Callable[[], str]] = {
    "label_zh": lambda: _("名称"),
    "label_en": lambda: _("英文名称"),
    "type": lambda: _("类型"),
    "required": lambda: _("必填"),
    "min_chars": lambda: _("最少字数"),
    "max_chars": lambda: _("最多字数"),
    "minimum": lambda: _("最小值"),
    "maximum": lambda: _("最大值"),
    "min_rows": lambda: _("最少行数"),
    "max_rows": lambda: _("最多行数"),
    "choices": lambda: _("选项"),
    "columns": lambda: _("各列"),
    "help_zh": lambda: _("填写说明"),
    "help_en": lambda: _("英文填写说明"),
    "when": lambda: _("显示条件"),
    "value": lambda: _("计算"),
    "prefill": lambda: _("预填"),
    "regime": lambda: _("预算方式"),
    "kind": lambda: _("附件类型"),
    "restricted": lambda: _("评审专家不可见"),
}
PARTS: dict[Callable[[], str], Callable[[Scheme], dict[str, str]]] = {
    lambda: _("声明"): lambda s: {code: words.zh for code, words in s.flags},
    lambda: _("附件"): lambda s: {a.kind: a.label_zh for a in s.attachments},
    lambda: _("签署文件"): lambda s: {
        d.code: f"{d.title_zh} · SHA-256 {d.digest[:12]} · {'、'.join(d.signs)} {d.when}" for d in s.documents
    },
    lambda: _("规则"): lambda s: {
        f"{u.name} {u.params.get('parameter', '')}".strip(): _rule(u.name, u.blocks, u.params) for u in s.rules
    },
    lambda: _("核对"): lambda s: {c.code: f"{c.message_zh}（{c.when + ' → ' if c.when else ''}{c.expr}）" for c in s.checks},
}


def _rule(name: str, blocks: bool, params: dict[str, Any]) -> str:
    parameters = "，".join(f"{k} = {v}" for k, v in params.items())
    title = RULES[name].title if name in RULES else name
    return f"{title}（{_('不通过不能提交') if blocks else _('只提示')}{'；' + parameters if parameters else ''}）"


def _attribute_text(f: Field, part: str) -> str:
    value = getattr(f, part)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if part == "choices":
        return "、".join(f"{words.zh} / {words.en}" for _code, words in value)
    if part == "columns":
        return "、".join(f"{c.label_zh}{'*' if c.required else ''}{' = ' + c.value if c.value else ''}" for c in value)
    return "" if value is None else str(value)


def _figure(key: str, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return figure_text(value, key.endswith("_fen"))
    return "" if value is None else str(value)


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
