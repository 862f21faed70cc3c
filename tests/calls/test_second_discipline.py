"""A second discipline: asked, kept, sealed, shown, and looked for among experts."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.db import connection
from pypdf import PdfReader

from headwater.calls.applying.services.applications import save_application
from headwater.calls.contents import content_of
from headwater.calls.models import Application, Call
from headwater.calls.schemes import scheme_of
from headwater.core.errors import Refused
from headwater.registry.models import Discipline
from headwater.review.models import Expert
from headwater.review.services.assigning import propose_round
from headwater.schemes.shapes import USUAL_ASKS
from tests.make import actor, as_, client, draft_of, new_call, new_expert, new_host, new_person, placed, refusal
from tests.review.variants import call_of, version

pytestmark = pytest.mark.django_db
HEAD = {"asks": [*USUAL_ASKS, "second_discipline"]}


def two() -> tuple[Discipline, Discipline]:
    """Disciplines of different branches."""
    rows = Discipline.objects.filter(level=2).order_by("code")
    first, last = rows.first(), rows.last()
    assert first
    assert last
    assert first.code[0] != last.code[0]
    return first, last


def asking() -> Call:
    version(head=HEAD)
    return new_call()


def sql_content(row: Application) -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT calls_content(%s), calls_digest(calls_content(%s))", [row.pk, row.pk])
        return dict(zip(("content", "digest"), cursor.fetchone(), strict=True))


def test_it_is_saved_and_part_of_the_content() -> None:
    _first, second = two()
    row = draft_of(asking(), new_person())
    before = sql_content(row)
    row = save_application(application=row, values={"second_discipline": second.code}, actor=as_(row.leader))
    row = Application.objects.get(pk=row.pk)
    after = sql_content(row)
    assert (row.second_discipline, content_of(row)["second_discipline"]) == (second, second.code)
    assert '"second_discipline"' in str(after["content"]).replace("'", '"')
    assert before["digest"] != after["digest"]
    row = save_application(application=row, values={"second_discipline": ""}, actor=as_(row.leader))
    assert sql_content(row)["digest"] == before["digest"]


def test_a_scheme_that_does_not_ask_refuses_it() -> None:
    row = draft_of(new_call(), new_person())
    with pytest.raises(Refused) as error:
        save_application(application=row, values={"second_discipline": two()[1].code}, actor=as_(row.leader))
    assert refusal(error) == [("second_discipline", "")]
    assert "second_discipline" not in scheme_of(row.call).asks


def test_the_editor_asks_for_it_and_the_page_and_the_pdf_show_it() -> None:
    _first, second = two()
    row = draft_of(asking(), new_person())
    who = client(row.leader.account.username)
    page = who.get(f"/applications/{row.pk}/edit/info/").content.decode()
    assert 'name="second_discipline"' in page
    save_application(application=row, values={"second_discipline": second.code}, actor=as_(row.leader))
    assert f'value="{second.code} ' in who.get(f"/applications/{row.pk}/edit/info/").content.decode()
    text = "".join(p.extract_text() for p in PdfReader(BytesIO(who.get(f"/applications/{row.pk}/pdf/").content)).pages)
    assert "第二申请代码" in text
    assert second.code in text


def test_experts_of_both_disciplines_are_sought() -> None:
    first, second = two()
    Expert.objects.update(is_active=False)
    call = call_of(head=HEAD)
    row = placed(call, "accepted", discipline=first, second_discipline=second, review_group="x")
    experts: dict[str, list[int]] = {}
    for discipline in (first, second):
        for n in range(6):
            expert = new_expert(f"专家{discipline.code}{n}", new_host("外校"), is_external=True)
            expert.disciplines.add(discipline)
            experts.setdefault(discipline.code, []).append(expert.pk)
    round_ = propose_round(call=call, actor=actor("officer"), seed=1)
    found = set(round_.assignments.filter(application=row).values_list("expert", flat=True))
    counts = {code: len(found & set(ids)) for code, ids in experts.items()}
    assert counts == {first.code: 3, second.code: 2}
    assert (len(found), round_.record["applications"]) == (5, 1)


def test_the_two_rows_of_an_application_share_no_institution() -> None:
    first, second = two()
    Expert.objects.update(is_active=False)
    call = call_of(head=HEAD)
    row = placed(call, "accepted", discipline=first, second_discipline=second, review_group="x")
    host = new_host("同一外校")
    for discipline in (first, second):
        expert = new_expert(f"专家{discipline.code}", host, is_external=True)
        expert.disciplines.add(discipline)
    round_ = propose_round(call=call, actor=actor("officer"), seed=1)
    assert round_.assignments.filter(application=row).count() == 1


def test_no_more_than_the_share_of_the_region_reviews_one_application() -> None:
    """min_external_share: of five experts three come from other regions."""
    Expert.objects.update(is_active=False)
    call = call_of()
    row = placed(call, "accepted", review_group="x")
    for n in range(10):
        expert = new_expert(f"专家{n}", new_host("校"), is_external=n >= 7)
        expert.disciplines.add(row.discipline)
    round_ = propose_round(call=call, actor=actor("officer"), seed=1)
    found = round_.assignments.values_list("expert__is_external", flat=True)
    assert (sorted(found), round_.record["unfilled"]) == ([False, False, True, True, True], 0)


def test_two_experts_of_an_institution_where_the_region_allows_two() -> None:
    """max_same_host_reviewers."""
    from headwater.core.models import Parameter
    from headwater.core.parameters import forget_parameters

    Expert.objects.update(is_active=False)
    call = call_of()
    row = placed(call, "accepted", review_group="x")
    host = new_host("外校")
    for n in range(4):
        new_expert(f"专家{n}", host, is_external=True).disciplines.add(row.discipline)
    for most in (1, 2):
        Parameter.objects.filter(key="max_same_host_reviewers", applies_to=call.scheme.code).update(value=most)
        forget_parameters()
        round_ = propose_round(call=call, actor=actor("officer"), seed=1)
        assert round_.assignments.count() == most


def test_an_empty_round_is_an_error() -> None:
    Expert.objects.update(is_active=False)
    call = call_of()
    row = placed(call, "accepted", review_group="x")
    new_expert("专家", row.host)
    with pytest.raises(Refused) as error:
        propose_round(call=call, actor=actor("officer"), seed=1)
    assert refusal(error) == [("", "empty")]
