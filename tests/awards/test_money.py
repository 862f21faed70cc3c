"""The money of an agreement: the application's budget brought down to what was decided."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.awards.services.agreements import agreement_pdf
from headwater.awards.services.money import in_proportion
from headwater.calls.deciding.services.decisions import propose_decisions
from headwater.calls.documents import application_data
from headwater.calls.models import Application, Letter
from headwater.core.documents import render_pdf
from headwater.core.money import capital, wan
from tests.approvals import approve_decisions, publish_notice
from tests.awards.test_agreements import awarded
from tests.calls.test_decisions import Proposal, close
from tests.calls.test_words import Walk, pdf_text
from tests.make import actor, client


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20), st.integers(1, 10**12))
def test_parts_add_up_and_keep_their_proportion(parts: list[int], total: int) -> None:
    found = in_proportion(parts, total)
    whole = sum(parts)
    assert sum(found) == (total if whole else 0)
    for part, share in zip(parts, found, strict=True):
        exact = Fraction(part * total, whole) if whole else 0
        assert exact - 1 < share < exact + 1


def test_what_fits_already_is_left_alone() -> None:
    assert in_proportion([5, 7, 0], 12) == [5, 7, 0]
    assert in_proportion([1, 1, 1], 2) == [1, 1, 0]


@pytest.mark.django_db
def test_an_agreement_states_the_budget_at_the_amount_decided() -> None:
    walk = Walk("im-bounty")
    walk.close()
    Application.objects.filter(pk=walk.row.pk).update(state="panel", number="T999001")
    half = walk.row.amount_fen // 2
    row = Application.objects.get(pk=walk.row.pk)
    propose_decisions(call=walk.call, proposals=[Proposal(row, half)], actor=actor("officer"))
    approve_decisions(call=walk.call, actor=actor("committee"))
    close(publish_notice(call=walk.call, actor=actor("officer")))
    award = Application.objects.get(pk=row.pk).award
    money = award.agreement.content["money"]
    assert (award.amount_fen, money["regime"], money["asked_fen"]) == (half, "budget3", 2 * half)
    assert sum(line[-1] for line in money["lines"]) + money["indirect_fen"] == half
    assert sum(step[-1] for step in money["steps"]) == half
    assert [line[0] for line in money["lines"]] == ["设备费：购置", "业务费", "劳务费"]
    labels = [f["label"] for s in award.agreement.content["sections"] for f in s["fields"]]
    assert "经费预算" not in "".join(labels)
    printed = "".join(pdf_text(agreement_pdf(award.agreement)).split())
    assert f"合计{wan(half)}万元" in printed
    assert f"人民币{capital(half)}" in printed
    assert f"{wan(2 * half)}万元" not in printed  # a contract names the final sums only
    assert re.search(r"\.\d*0万", printed) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "sources", "total"),
    [
        ("im-jf", [("内蒙古自治区科学技术厅", "科技厅资助", 2_400_000), ("内蒙古大学", "联合资助方出资", 5_600_000)], "8"),
        ("im-bounty", [("内蒙古自治区科学技术厅", "揭榜经费", 240_000_000), ("", "自筹经费", 10_000_000)], "250"),
        ("im-gen", [("内蒙古自治区科学技术厅", "资助金额", 8_000_000)], "8"),
    ],
)
def test_an_agreement_says_who_pays_what(code: str, sources: list[tuple[str, str, int]], total: str) -> None:
    """Shares of the amount are brought down with it; what comes on top of it stays as it was promised."""
    walk = Walk(code)
    walk.close()
    Application.objects.filter(pk=walk.row.pk).update(state="panel", number="T999001")
    row = Application.objects.get(pk=walk.row.pk)
    propose_decisions(call=walk.call, proposals=[Proposal(row, row.amount_fen * 8 // 10)], actor=actor("officer"))
    approve_decisions(call=walk.call, actor=actor("committee"))
    close(publish_notice(call=walk.call, actor=actor("officer")))
    award = Application.objects.get(pk=row.pk).award
    found = award.agreement.content["money"]["sources"]
    assert [tuple(line) for line in found] == [(name or row.host.name_zh, label, fen) for name, label, fen in sources]
    printed = "".join(pdf_text(agreement_pdf(award.agreement)).split())
    assert f"经费来源用途金额（万元）{''.join(f'{line[0]}{line[1]}{wan(line[2])}' for line in found)}合计{total}" in printed
    told = [f["label"] for s in award.agreement.content["sections"] for f in s["fields"]]
    assert [label for label in told if "出资（" in label or "自筹" in label or "科技厅资助" in label] == []
    page = client(walk.leader.account.username).get(f"/my/projects/{award.number}/").content.decode()
    assert ("经费来源" in page) == (len(found) > 1)


@pytest.mark.django_db
def test_letter_agreement_and_application_say_ten_and_not_ten_with_zeros() -> None:
    award = awarded()[0]
    letter = Letter.objects.get(application=award.application, kind=Letter.Kind.APPROVED)
    assert "资助金额 10 万元" in letter.body["said"]
    application = pdf_text(render_pdf("calls/typst/application.typ", application_data(award.application)))
    for text in (pdf_text(agreement_pdf(award.agreement)), application):
        assert re.search(r"金额\s*10\s*万元", text)
        assert "10.0" not in text
