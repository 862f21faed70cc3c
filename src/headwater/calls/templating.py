"""An office's own templates of papers: given, looked into, taken into use, and gone back from."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from headwater.calls.models import PaperTemplate, SchemeVersion
from headwater.calls.models.papers import PaperTemplateQuerySet
from headwater.core import clock
from headwater.core.command import Actor, command
from headwater.core.docx import DOCX, Fault, template_faults
from headwater.core.errors import Reason, Refused
from headwater.core.files import check_upload
from headwater.core.inspection import PROBLEMS, inspected
from headwater.core.services import store_file
from headwater.registry.models import Region
from headwater.registry.queries import department_of, region_code, region_of
from headwater.schemes.placeholders import PAPERS, example_of, placeholders_of

ACTION = "calls.paper.manage"


def templates(paper: str) -> PaperTemplateQuerySet:
    """Return every template of a paper that was given here, with those that were taken into use again."""
    return PaperTemplate.objects.filter(region=region_code(), paper=paper)


def schemes_here() -> list[tuple[str, SchemeVersion]]:
    """Return the schemes of the region by their codes, the newest version of each."""
    rows = SchemeVersion.objects.filter(region=region_code()).order_by("code", "-version").distinct("code").defer("definition")
    return [(row.code, row) for row in rows]


def example(paper: str, region: Region) -> dict[str, Any]:
    """Return an example of a paper as this office would issue it."""
    own = {"issuer": department_of(region), "letter_number": f"{region.letter_mark}〔{clock.today().year}〕1号"}
    data = example_of(paper)
    return data | {name: value for name, value in own.items() if name in data}


def put_template(*, paper: str, scheme: str, name: str, content: bytes, actor: Actor) -> PaperTemplate:
    """Keep a template of a paper for all schemes (an empty `scheme`) or for one. It is not in use yet.

    Raises:
        Refused: no DOCX, a file that may not be kept, a placeholder that the paper does not have, or one that cannot be filled in.
    """
    if check_upload(name, content) != DOCX:
        raise Refused.because(_("公文模板应为 DOCX 文件"), field="file")
    problem, content = inspected(name, content)
    if problem:
        raise Refused.because(str(PROBLEMS[problem]), field="file")
    if faults := template_faults(content, example_of(paper)):
        raise Refused([Reason(fault_in_words(fault, paper), "file") for fault in faults])
    region = region_of(region_code())
    with command(actor, ACTION, name="calls.put_template") as log:
        file = store_file(
            owner=region, kind=f"template.{paper}", name=name, content=content, content_type=DOCX, account=actor.account
        )
        now = clock.now()
        row = PaperTemplate.objects.create(
            region=region.code, paper=paper, scheme=scheme, file=file, put_by=actor.account, put_at=now
        )
        log(row, after={"paper": paper, "scheme": scheme, "sha256": file.sha256})
    return row


def use_template(*, paper: str, scheme: str, template: PaperTemplate | None, actor: Actor) -> PaperTemplate:
    """Take a template into use for a paper of all schemes or of one; None goes back to what the region package has.

    Raises:
        Refused: it is in use already.
    """
    with command(actor, ACTION, name="calls.use_template") as log:
        rows = templates(paper).filter(scheme=scheme)
        list(rows.select_for_update())
        now, file = clock.now(), template.file if template else None
        last = rows.in_force().first()
        if (last.file_id if last else None) == (file.pk if file else None):
            raise Refused.because(_("现在用的就是这一份"))
        if template is not None and template.used_at is None and template.scheme == scheme:
            row, template.used_at = template, now
            template.save(update_fields=["used_at"])
        else:
            row = PaperTemplate.objects.create(
                region=region_code(), paper=paper, scheme=scheme, file=file, put_by=actor.account, put_at=now, used_at=now
            )
        before = {"sha256": last.file.sha256} if last and last.file else {}
        log(row, before=before, after={"paper": paper, "scheme": scheme, "sha256": file.sha256 if file else ""})
    return row


def fault_in_words(fault: Fault, paper: str) -> str:
    """Say what is wrong with a template, and what would be right."""
    if fault.line:
        return _("这一行的花括号没有成对：%s") % fault.line
    if not fault.placeholder:
        return _("占位符的写法有误，不能填入示例数据：%s") % fault.said
    values = {
        "name": fault.placeholder,
        "paper": PAPERS[paper],
        "known": str(_("、")).join(f"{{{{ {name} }}}}" for name in placeholders_of(paper)),
    }
    return _("“{{ %(name)s }}”不是%(paper)s的占位符；可用的有：%(known)s") % values
