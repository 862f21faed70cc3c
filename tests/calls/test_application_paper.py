"""The application as a paper: cover, particulars, numbered sections, headings with their text, signatures and seals."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from pypdf import PdfReader

from headwater.calls.documents import application_data
from headwater.calls.models import Application
from headwater.core.documents import render_pdf
from headwater.review.languages import languages_of, reads
from headwater.review.models import Assignment
from headwater.review.services.assigning import propose_round
from tests.make import actor, client, new_expert, new_person, past_call, placed

pytestmark = pytest.mark.django_db
SENTENCE = "草原生态系统对气候变化的响应是区域可持续发展的基础问题。"


def lines(content: bytes) -> list[list[str]]:
    pages = [p.extract_text().splitlines() for p in PdfReader(BytesIO(content)).pages]
    return [[re.sub(r"\s", "", line) for line in page if line.strip()] for page in pages]


def test_paper_has_cover_particulars_and_a_page_for_seals() -> None:
    leader = new_person("申请人甲", title="副教授", highest_degree="博士", phone="13900000000", sex="f")
    row = placed(past_call(), "received", leader)
    address = f"/applications/{row.pk}/pdf/"
    own = lines(client(leader.account.username).get(address).content)
    assert "申请书" in "".join(own[0])
    assert {"一、基本信息", "二、摘要"} <= {line for page in own for line in page}
    last = "".join(own[-1])
    assert all(said in last for said in ("签字和盖章页", "签字或盖章", f"依托单位：{row.host.name_zh}", "愿接受撤销项目"))
    inside = "".join(line for page in own for line in page)
    assert all(said in inside for said in ("副教授", "博士", "13900000000"))
    officer = "".join(line for page in lines(client("officer").get(address).content) for line in page)
    assert "13900000000" not in officer
    assert "副教授" in officer


def test_no_heading_stands_alone_at_the_foot_of_a_page() -> None:
    row = placed(past_call(), "received")
    data = application_data(Application.objects.get(pk=row.pk))
    found = 0
    for size in range(1, 40, 3):
        fields = [
            {
                "label": f"问题{n}",
                "kind": "text",
                "text": SENTENCE * (size + n),
                "blocks": [],
                "heads": [],
                "numeric": [],
                "rows": [],
                "notes": [],
            }
            for n in range(6)
        ]
        pages = lines(render_pdf("calls/typst/application.typ", data | {"sections": [{"title": "研究内容", "fields": fields}]}))
        feet = [page[-2] if re.fullmatch(r"\d+/\d+", page[-1]) else page[-1] for page in pages if len(page) > 1]
        assert [foot for foot in feet if re.fullmatch(r"问题\d|.{1,3}、研究内容", foot)] == []
        found += len(pages)
    assert found > 60


def test_only_experts_who_read_mongolian_get_an_application_in_it() -> None:
    call = past_call()
    row = placed(call, "accepted", flags=["written_mn"])
    readers = [new_expert(f"读者{n}", languages=["zh", "mn"]) for n in range(3)]
    others = [new_expert(f"他人{n}", languages=["zh"]) for n in range(3)]
    for expert in (*readers, *others):
        expert.disciplines.add(row.discipline)
    assert languages_of(row) == {"mn"}
    assert ([reads(e, {"mn"}) for e in readers], [reads(e, {"mn"}) for e in others]) == ([True] * 3, [False] * 3)
    propose_round(call=call, actor=actor("officer"), seed=1)
    asked = Assignment.objects.filter(application=row).select_related("expert")
    assert asked
    assert all("mn" in a.expert.languages for a in asked)
