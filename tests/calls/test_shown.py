"""What is declared in an application is seen by all who judge it, on the page and on paper."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from headwater.calls.applying.services.attachments import attach
from headwater.calls.contents import BASIC, PRIVATE
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.calls.states import ResearchClass
from headwater.registry.models import Discipline, PriorityField
from headwater.schemes.shapes import ASKS
from tests.core.test_inspection import pdf
from tests.make import as_, client, draft_of, new_call, new_person
from tests.review.variants import version

pytestmark = pytest.mark.django_db
FLAGS = {"human": "涉及人的研究参与者", "overseas": "境外"}


def declared_draft() -> tuple[Application, dict[str, str]]:
    """An application with every basic field filled in, and how each field reads."""
    version(head={"asks": list(ASKS)})
    call = new_call(topics=[{"code": "01", "zh": "稀土功能材料", "en": "Rare-earth materials"}])
    field = PriorityField.objects.order_by("pk")[0]
    code, second = Discipline.objects.filter(level=2).order_by("code")[1:3]
    values: dict[str, Any] = {
        "title_zh": "草原土壤碳汇的形成",
        "topic": "01",
        "title_en": "Carbon sinks of the steppe",
        "research_class": "goal",
        "discipline": code.code,
        "second_discipline": second.code,
        "priority_field": field.code,
        "amount_fen": 9_870_000,
        "starts_on": date(call.year, 9, 1),
        "months": 35,
        "abstract_zh": "研究草原土壤怎样固碳。",
        "abstract_en": "How steppe soils keep carbon.",
        "keywords_zh": "草原；土壤",
        "keywords_en": "steppe; soil",
        "flags": list(FLAGS),
        "unsuitable": ["某某教授"],
    }
    row = draft_of(call, new_person(), **values)
    assert values.keys() == BASIC.keys()
    assert {f for f in BASIC if not getattr(row, f)} == set()
    reads = {n: str(v) for n, v in values.items() if isinstance(v, str)}
    reads |= {"topic": "稀土功能材料", "research_class": str(ResearchClass.GOAL.label), "discipline": code.name_zh}
    reads["second_discipline"] = second.name_zh
    reads |= {"priority_field": field.name_zh, "amount_fen": "9.87", "starts_on": f"{call.year}-09-01", "months": "35"}
    return row, reads


def packed(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def test_every_basic_field_is_on_the_page_and_on_paper_but_the_experts_to_avoid() -> None:
    row, reads = declared_draft()
    content = pdf()
    attachment = attach(application=row, kind="ethics", name="意见.pdf", content=content, actor=as_(row.leader))
    Application.objects.filter(pk=row.pk).update(state="received", number="T2028001")
    page = packed(client("officer").get(f"/office/applications/{row.pk}/").content.decode())
    paper = client(row.leader.account.username).get(f"/applications/{row.pk}/pdf/").content  # type: ignore[union-attr]
    printed = packed("".join(p.extract_text() for p in PdfReader(BytesIO(paper)).pages))
    expected = {n: packed(text) for n, text in reads.items()} | {f"flag {f}": text for f, text in FLAGS.items()}
    expected |= {"file": "意见.pdf", "size": "字节" if len(content) < 1024 else "KB", "sha256": attachment.file.sha256}
    assert {n for n, text in expected.items() if text not in page} == set()
    expected["starts_on"] = f"{row.call.year}年9月—"
    assert {n for n, text in expected.items() if text not in printed} == set()
    assert {n for n in BASIC if n not in reads and n != "flags"} == PRIVATE
    assert ("某某教授" in page, "某某教授" in printed) == (False, False)


def test_what_is_not_declared_is_said_too() -> None:
    row = draft_of(new_call(), new_person())
    Application.objects.filter(pk=row.pk).update(state="received", number="T2028002")
    page = packed(client("officer").get(f"/office/applications/{row.pk}/").content.decode())
    assert all(f"{words.zh}：否" in page for _code, words in scheme_of(row.call).flags)
