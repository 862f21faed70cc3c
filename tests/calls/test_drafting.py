"""Calls as officers make them: cloned, changed, previewed, approved by a second officer; and in two stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from headwater.calls.applying.services.applications import create_draft, save_application
from headwater.calls.facts import check_applications
from headwater.calls.forms import TopicsField
from headwater.calls.loading import answers_of
from headwater.calls.models import Application, Call, HostQuota, Letter, SchemeVersion
from headwater.calls.publishing.services.approving import differences, own_terms, text_changes
from headwater.calls.publishing.services.calls import draft_from_scheme, save_call, set_host_quotas
from headwater.calls.publishing.services.cloning import clone_call, full_call, last_call, term_label
from headwater.calls.publishing.services.stages import invite
from headwater.calls.schemes import scheme_of
from headwater.calls.terms import call_terms, keys_of, overrides_from, terms_of
from headwater.core import clock
from headwater.core.errors import NotAllowed, Refused
from headwater.core.models import Parameter, RoleGrant
from headwater.core.parameters import forget_parameters
from headwater.schemes import RuleUse
from tests.approvals import confirmed, seen_on
from tests.make import actor, as_, client, draft_of, end_period, new_call, new_host, new_person, placed, refusal, roles
from tests.pages import elements

pytestmark = pytest.mark.django_db
TOPICS = [{"code": "01", "zh": "稀土功能材料", "en": "Rare earths"}, {"code": "02", "zh": "草原碳汇", "en": ""}]


def scheme(code: str) -> SchemeVersion:
    return SchemeVersion.objects.filter(code=code).order_by("-version")[0]


def cloned(code: str = "im-talent", **more: Any) -> Call:
    last = new_call(code, published_at=clock.now() - timedelta(days=300), topics=TOPICS, contact="0471-0000000", **more)
    call = clone_call(scheme=scheme(code), year=last.year + 1, last=last_call(scheme(code)))
    call.code = f"clone-{last.pk}"
    return call


def test_clone_carries_everything_and_moves_the_dates() -> None:
    call = cloned(overrides={"term_months": {"max": 48}})
    last = call.cloned_from
    assert last is not None
    assert (call.topics, call.overrides, call.contact, call.budget_fen) == (TOPICS, last.overrides, last.contact, last.budget_fen)
    assert call.closes_at > last.closes_at + timedelta(days=360)
    assert (call.closes_at - call.opens_at).days in {30, 29, 31}
    assert call.pk is None


def test_clone_without_an_earlier_call_opens_after_the_lead_time() -> None:
    call = clone_call(scheme=scheme("im-dys"), year=2040, last=None)
    assert (call.opens_at.date() - clock.today()).days >= 36


def test_differences_name_what_the_second_officer_must_see() -> None:
    call = save_call(call=cloned(), actor=actor("officer"))
    call.topics = [*TOPICS[:1], {"code": "03", "zh": "水资源", "en": ""}]
    call.overrides = {"amount_fen": {"max": 150_000_000}}
    found = {what: (before, now) for what, before, now in differences(save_call(call=call, actor=actor("officer")))}
    assert found["指南方向 02"] == ("草原碳汇", "")
    assert found["指南方向 03"] == ("", "水资源")
    assert found["申请金额（万元） · 最高"] == ("200", "150")
    assert "申报截止" in found
    assert "联系方式" not in found


def test_differences_name_titles_english_topics_and_stay_silent_of_what_stayed() -> None:
    call = cloned()
    call.topics, call.title_en = [{**TOPICS[0], "en": "Lanthanides"}, TOPICS[1]], "Another title"
    found = {what: (before, now) for what, before, now in differences(save_call(call=call, actor=actor("officer")))}
    assert found["指南方向 01"] == ("稀土功能材料 | Rare earths", "稀土功能材料 | Lanthanides")
    assert found["英文名称"] == (call.cloned_from.title_en if call.cloned_from else "", "Another title")
    assert "指南方向 02" not in found


def test_figures_of_a_call_are_listed_against_the_region_even_when_last_year_had_them() -> None:
    call = save_call(call=cloned(overrides={"amount_fen": {"max": 150_000_000}}), actor=actor("officer"))
    assert own_terms(call) == [("申请金额（万元） · 最高", "200", "150")]
    alone = new_call("im-share", overrides={"share_subsidy_rate": 0}, state="approval")
    assert (alone.cloned_from, own_terms(alone)) == (None, [("补助比例", "0.2", "0")])
    page = client("officer2").get(f"/office/calls/{alone.pk}/").content.decode()
    assert "只对本批次设定的参数" in page
    assert "没有上一批次可比" in page


def test_a_figure_of_nothing_is_shown_and_survives_the_next_save() -> None:
    call = new_call("im-talent", overrides={"amount_fen": {"min": 0}})
    terms = call_terms(call)
    low = next(t for t in terms if t.name == "p-amount_fen-min")
    assert (low.usual, low.value) == (10_000, 0)
    share = call_terms(new_call("im-share", overrides={"share_subsidy_fen": {"cap": 0}}))
    assert overrides_from(share, {t.name: t.value for t in share}) == {"share_subsidy_fen": {"cap": 0}}


def test_a_changed_guide_is_read_piece_by_piece() -> None:
    call = cloned()
    call.guide_zh, call.guide_en = "指南。另须提交合作协议。", "A guide"
    call = save_call(call=call, actor=actor("officer"))
    assert text_changes(call) == [("申报指南", [("=", "指南"), ("+", "。另须提交合作协议。")]), ("英文指南", [("+", "A guide")])]
    page = client("officer2").get(f"/office/calls/{call.pk}/").content.decode()
    assert "另须提交合作协议。</ins>" in page


GUIDE = "## 资助范围\n围绕优先领域选题。\n\n## 申报要求\n1. 同一年度只能申报一项。\n2. 分别评审。\n"


@pytest.mark.parametrize("stored", [GUIDE, GUIDE.replace("\n", "\r\n")])
def test_a_guide_saved_as_it_was_shown_is_not_shown_as_changed(stored: str) -> None:
    """Browsers send a text with line ends of their own, and without the last one."""
    call = cloned()
    last = call.cloned_from
    assert last is not None
    last.guide_zh = last.guide_en = call.guide_zh = call.guide_en = stored
    last.save()
    call = save_call(call=call, actor=actor("officer"))
    browser, address = client("officer"), f"/office/calls/{call.pk}/edit/"
    form = browser.get(address).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent |= {name: f"{value:%Y-%m-%dT%H:%M}" for name, value in sent.items() if hasattr(value, "strftime")}
    sent |= {
        "budget_fen": "100",
        "topics": "\r\n".join(str(form["topics"].value()).split("\n")),
        "guide_zh": as_a_browser(stored),
        "guide_en": as_a_browser(stored),
    }
    answer = browser.post(address, {k: "" if v is None else v for k, v in sent.items()})
    assert answer.status_code == 302, answer.context["form"].errors
    call.refresh_from_db()
    assert "\r" not in call.guide_zh
    assert text_changes(call) == []


def as_a_browser(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def test_questions_of_another_version_are_listed() -> None:
    last = new_call("im-need", published_at=clock.now() - timedelta(days=300))
    old = last.scheme
    sections = [dict(s) for s in old.definition["section"]]
    first = [dict(f) for f in sections[0]["field"]]
    gone, changed = first[-1]["label_zh"], first[0]["label_zh"]
    first[0]["help_zh"] = "写明数据来源"
    sections[0]["field"] = [*first[:-1], {"code": "fresh", "type": "line", "label_zh": "新问题", "label_en": "New"}]
    version = SchemeVersion.objects.create(
        region=old.region,
        code=old.code,
        version=old.version + 1,
        name_zh=old.name_zh,
        name_en="",
        definition={**old.definition, "section": sections},
        digest="y",
    )
    rows = differences(clone_call(scheme=version, year=last.year + 1, last=last))
    assert ("增加的问题", "", "新问题") in rows
    assert ("取消的问题", gone, "") in rows
    assert [now for what, _before, now in rows if what == f"问题“{changed}”：填写说明"] == ["写明数据来源"]


def test_terms_of_one_call_hold_for_its_rules_only() -> None:
    call, other = new_call("im-talent", overrides={"amount_fen": {"max": 20_000_000}}), new_call("im-talent")
    assert terms_of(call)("amount_fen") == {"default": 30_000_000, "min": 10_000, "max": 20_000_000}
    application = draft_of(call, new_person(), amount_fen=30_000_000)
    failed = {r.rule for r in check_applications([application], call)[application.pk] if r.outcome == "failed"}
    assert "amount_in_range" in failed
    again = draft_of(other, new_person(), amount_fen=30_000_000)
    assert "amount_in_range" not in {r.rule for r in check_applications([again], other)[again.pk] if r.outcome == "failed"}


def test_terms_keep_only_what_differs() -> None:
    call = new_call("im-share")
    terms = call_terms(call)
    names = {t.name: t.usual for t in terms}
    assert names["p-share_subsidy_rate"] == 0.2
    assert names["p-share_subsidy_fen-cap"] == 30_000_000
    given = names | {"p-share_subsidy_rate": 0.3, "p-amount_fen-max": None}
    assert overrides_from(terms, given) == {"share_subsidy_rate": 0.3}


def test_figures_that_rules_read_can_be_set_for_a_call() -> None:
    call = new_call("im-gen", overrides={"referee_letters": 3})
    names = {t.name: t.value for t in call_terms(call)}
    assert names["p-referee_letters"] == 3
    limited = replace(scheme_of(call), rules=(RuleUse("limit_total", True, {}), RuleUse("body_length", True, {})))
    assert keys_of(limited)[-4:] == ["limit_senior", "limit_junior", "limit_not_counted", "body_limit"]
    assert {"p-part_time_months", "p-partner_units_max", "p-host_quota-multiplier"} <= set(names)
    assert not [n for n in names if n.startswith("p-closing_report_days")]
    row = draft_of(call, new_person(highest_degree="硕士"))
    told = {r.rule: r for r in check_applications([row], call)[row.pk]}["qualified"]
    assert told.inputs["least"] == 3
    page = client("officer").get(f"/office/calls/{save_call(call=cloned('im-gen'), actor=actor('officer')).pk}/edit/")
    assert page.context["form"].fields["p-referee_letters"].label == "推荐意见（份）"


def test_quotas_follow_the_figures_of_the_call() -> None:
    usual, own = new_call("im-gen"), new_call("im-gen", overrides={"host_quota": {"floor": 77}})
    host = new_host()
    for call in (usual, own):
        set_host_quotas(call=call, host=host.pk)
    assert [HostQuota.objects.get(call=c, organisation=host).quota for c in (usual, own)] == [5, 77]


@pytest.mark.parametrize(
    ("key", "part", "value"),
    [
        ("referee_letters", "", 1.5),
        ("referee_letters", "", -1),
        ("referee_letters", "", True),
        ("age_limit_youth", "month", 13),
        ("limit_senior", "total", "2"),
        ("limit_senior", "", 2),
        ("referee_letters", "max", 2),
    ],
)
def test_save_call_refuses_figures_that_no_rule_could_read(key: str, part: str, value: Any) -> None:
    call = cloned()
    call.overrides = {key: {part: value} if part else value}
    with pytest.raises(Refused) as error:
        save_call(call=call, actor=actor("officer"))
    assert refusal(error) == [(f"p-{key}-{part}" if part else f"p-{key}", "")]


def test_a_region_names_its_own_figures() -> None:
    call = new_call("im-share")
    Parameter.objects.filter(key="share_subsidy_rate").update(label_zh="共享补助的份额", label_en="Share that is paid")
    forget_parameters()
    term = next(t for t in call_terms(call) if t.key == "share_subsidy_rate")
    assert term_label(term.key, term.part, term.words) == "共享补助的份额"
    with translation.override("en"):
        assert term_label(term.key, term.part, term.words) == "Share that is paid"


def test_save_call_refuses_terms_out_of_order() -> None:
    call = cloned()
    call.overrides = {"amount_fen": {"min": 300_000_000}}
    with pytest.raises(Refused) as error:
        save_call(call=call, actor=actor("officer"))
    assert refusal(error) == [("p-amount_fen-min", "")]


def test_call_with_topics_asks_for_one_of_them() -> None:
    call, leader = new_call(topics=TOPICS), new_person()
    application = draft_of(call, leader)
    told = {r.rule: r.outcome for r in check_applications([application], call)[application.pk]}
    assert told["topic"] == "failed"
    with pytest.raises(Refused) as error:
        save_application(application=application, values={"topic": "09"}, actor=as_(leader))
    assert refusal(error) == [("topic", "")]
    application = save_application(application=application, values={"topic": "02"}, actor=as_(leader))
    told = {r.rule: r.outcome for r in check_applications([application], call)[application.pk]}
    assert told["topic"] == "passed"


def test_officer_clones_edits_and_a_second_officer_opens_it() -> None:
    last = new_call("im-talent", published_at=clock.now() - timedelta(days=300))
    officer, second = client("officer"), client("officer2")
    page = officer.get("/office/calls/new/", {"scheme": scheme("im-talent").pk, "year": last.year + 1})
    form = page.context["form"]
    data = {f.html_name: f.field.prepare_value(f.value()) if hasattr(f.field, "prepare_value") else f.value() for f in form}
    data = {k: v.strftime("%Y-%m-%dT%H:%M") if hasattr(v, "strftime") else "" if v is None else v for k, v in data.items()}
    data |= {"code": f"talent-{last.pk}", "topics": "01 稀土功能材料 | Rare earths\n02 草原碳汇", "p-amount_fen-max": "150"}
    bad = officer.post(
        page.request["PATH_INFO"] + f"?scheme={scheme('im-talent').pk}&year={last.year + 1}", data | {"topics": "01"}
    )
    assert bad.status_code == 422
    assert "第 1 行" in bad.content.decode()
    answer = officer.post(page.request["PATH_INFO"] + f"?scheme={scheme('im-talent').pk}&year={last.year + 1}", data)
    assert answer.status_code == 302, answer.context["form"].errors
    call = Call.objects.get(code=f"talent-{last.pk}")
    assert (call.topics[1]["zh"], call.overrides) == ("草原碳汇", {"amount_fen": {"max": 150_000_000}})
    board = f"/office/calls/{call.pk}/"
    assert "与上一批次的差别" in officer.get(board).content.decode()
    officer.post(f"{board}step/ask_approval/")
    assert officer.post(f"{board}step/publish/").status_code == 403
    assert confirmed(second, f"{board}step/publish/", {"seen": seen_on(second.get(board))}).status_code == 302
    call.refresh_from_db()
    assert call.state == "published"


def test_preview_answers_like_the_editor_and_stores_nothing() -> None:
    call = save_call(call=cloned("im-instr"), actor=actor("officer"))
    officer = client("officer")
    before = Application.objects.count()
    url = f"/office/calls/{call.pk}/preview/"
    page = officer.get(url).content.decode()
    assert 'data-question="why_another" hidden' in page.replace('"\n', '"').replace('"  hidden', '" hidden')
    items = {"items": "", "items.0.name": "电镜", "items.0.count": "2", "items.0.price": "160", "items.0.made": "abroad"}
    told = officer.post(url, {**items, "_fields": "items"}, headers={"X-Autosave": "1"}).json()
    assert (told["live"]["values"]["sum"], told["errors"]) == ("320", {})
    assert "import_reason" not in told["live"]["hidden"]
    bad = officer.post(url, items | {"items.0.price": "贵"})
    assert (bad.status_code, bad.context["errors"]) == (422, {"items.0.price": "请填写数字，单位万元，例如 12.5"})
    assert Application.objects.count() == before
    assert client(roles()["申请人"]).get(url).status_code == 403


def test_preview_lets_the_basic_page_and_the_flags_be_tried() -> None:
    call = new_call("im-need", topics=TOPICS)
    officer, url = client("officer"), f"/office/calls/{call.pk}/preview/"
    page = officer.get(url).content.decode()
    scheme = scheme_of(call)
    assert 'name="title_zh"' in page
    assert all(elements(page, name="flags", value=code) for code, _words in scheme.flags)
    told = officer.post(url, {"title_zh": "题" * 121, "topic": "09"})
    assert (told.status_code, set(told.context["errors"])) == (422, {"title_zh", "topic"})
    assert "题" * 121 in told.content.decode()


def test_preview_checks_amounts_and_conditions_on_flags() -> None:
    call = new_call("im-gen")
    officer, url = client("officer"), f"/office/calls/{call.pk}/preview/"
    form = {"title_zh": "草原", "months": "36", "starts_on": f"{call.year}-07-01", "research_class": "free"}
    told = officer.post(url, form | {"amount_wan": "9000"})
    assert told.status_code == 200, told.context["errors"]
    assert "amount_in_range" in {r.rule for r in told.context["results"]}
    told = officer.post(url, form | {"amount_wan": "10", "flags": ["", "ai_used"]})
    assert told.context["application"].flags == ["ai_used"]
    results = {r.rule for r in told.context["results"]}
    assert "amount_in_range" not in results
    assert "note_filled" in results


def test_a_topic_that_is_too_long_is_refused_and_not_cut() -> None:
    field = TopicsField()
    assert field.clean("01 " + "长" * 120)[0]["zh"] == "长" * 120
    for line in ("01 " + "长" * 121, "01 短 | " + "x" * 201):
        with pytest.raises(ValidationError, match="第 1 行"):
            field.clean(line)


def test_a_guide_has_a_limit_that_is_told() -> None:
    call = cloned()
    call.guide_en = "x" * 50_001
    with pytest.raises(Refused) as error:
        save_call(call=call, actor=actor("officer"))
    assert refusal(error) == [("guide_en", "")]


def test_words_of_officers_are_refused_when_too_long_and_kept_on_the_page() -> None:
    row = placed(new_call(), "received")
    officer = client("officer")
    told = officer.post(f"/office/applications/{row.pk}/", {"decision": "refuse", "codes": ["F05"], "note": "长" * 1001})
    assert told.status_code == 422
    page = told.content.decode()
    assert "长" * 1001 in page
    assert 'id="e-note"' in page
    outline = placed(outline_call(), "accepted", limit_group="im:outline")
    url = f"/office/calls/{outline.call_id}/invite/"
    told = officer.post(url, {"pk": [outline.pk], "decision": "decline", "reason": "长" * 1001})
    assert (told.status_code, 'id="e-reason"' in told.content.decode()) == (422, True)
    outline.refresh_from_db()
    assert outline.state == "accepted"


def outline_call(**more: Any) -> Call:
    return new_call("im-major", stage="outline", **more)


def test_outline_asks_less_and_counts_by_itself() -> None:
    outline, whole = outline_call(), new_call("im-major")
    short, long = scheme_of(outline), scheme_of(whole)
    assert [s.code for s in short.sections] == ["need", "subjects", "statements"]
    assert len(long.sections) == 6
    assert (short.limit_group, short.prefix) == ("im:outline", "ZXY")
    assert {c.code for c in short.checks} == {"subjects_sum", "several_hosts"}


def test_only_the_invited_write_a_full_application_and_it_begins_with_their_outline() -> None:
    outline, leader, stranger = outline_call(), new_person(), new_person()
    answers = {"origin": "guide", "topic_named": "ND-1", "background": "问题"}
    placed(outline, "accepted", leader, answers=answers, abstract_zh="摘要", limit_group="im:outline")
    refused = placed(outline, "accepted", stranger, limit_group="im:outline")
    officer = client("officer")
    url = f"/office/calls/{outline.pk}/invite/"
    with pytest.raises(Refused, match="才截止"):
        invite(applications=[refused], yes=False, reason="目标与指南不符", actor=actor("officer"))
    end_period(outline)
    row = Application.objects.get(call=outline, leader=leader)
    page = officer.post(url, {"pk": [row.pk], "decision": "invite"}).content.decode()
    assert "核对后邀请" in page
    officer.post(url, {"pk": [row.pk], "confirmed": "1", "seen": "of another page"})
    row.refresh_from_db()
    assert row.state == "accepted"
    seen = page.split('name="seen" value="')[1].split('"')[0]
    officer.post(url, {"pk": [row.pk], "confirmed": "1", "seen": seen})
    row.refresh_from_db()
    assert row.state == "invited"
    with pytest.raises(Refused, match="理由"):
        invite(applications=[refused], yes=False, actor=actor("officer"))
    invite(applications=[refused], yes=False, reason="目标与指南不符", actor=actor("officer"))
    assert Letter.objects.get(application=refused).kind == Letter.Kind.REJECTED
    full = new_call("im-major", stage="full", outline=outline)
    with pytest.raises(Refused, match="受邀"):
        create_draft(call=full, leader=stranger, actor=as_(stranger))
    made = create_draft(call=full, leader=leader, actor=as_(leader))
    assert (made.title_zh, made.abstract_zh, made.answers) == (row.title_zh, "摘要", answers)
    assert made.limit_group == "im"


def test_full_call_follows_its_outline() -> None:
    outline = outline_call(topics=TOPICS)
    call = full_call(outline)
    assert (call.scheme, call.stage, call.outline, call.topics) == (outline.scheme, "full", outline, TOPICS)
    save_call(call=call, actor=actor("officer"))
    with pytest.raises(IntegrityError, match="call_full_follows_outline"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(outline=None)


def test_an_application_of_one_stage_cannot_be_invited() -> None:
    row = placed(new_call("im-major"), "accepted")
    with pytest.raises(Refused, match="不是预申报"):
        invite(applications=[row], yes=True, actor=actor("officer"))


def test_an_application_keeps_the_version_it_was_written_under() -> None:
    call, leader = new_call("im-need"), new_person()
    application = draft_of(call, leader)
    old = call.scheme
    definition = {**old.definition, "section": old.definition["section"][:1]}
    SchemeVersion.objects.create(
        region=old.region,
        code=old.code,
        version=old.version + 1,
        name_zh=old.name_zh,
        name_en="",
        definition=definition,
        digest="x",
    )
    assert [s.code for s, _f in answers_of(application).asked_sections] == ["need", "proposal"]
    assert clone_call(scheme=scheme("im-need"), year=2041, last=call).scheme.version == old.version + 1


def test_only_grants_carry_the_name_of_the_fund() -> None:
    titles = {code: draft_from_scheme(scheme=new_call(code).scheme, year=2027).title_zh for code in ("im-gen", "im-lab")}
    assert titles == {"im-gen": "2027年度内蒙古自治区自然科学基金面上项目", "im-lab": "2027年度自治区重点实验室认定"}


def test_officer_of_one_call_begins_no_other() -> None:
    outline = new_call("im-talent", published_at=clock.now() - timedelta(days=300))
    limited, free = new_person(), new_person()
    RoleGrant.objects.create(account=limited.account, role="programme_officer", scope="call", scope_id=outline.pk)
    RoleGrant.objects.create(account=free.account, role="programme_officer")
    address = f"/office/calls/new/?scheme={scheme('im-talent').pk}&year={outline.year + 1}"
    answers = [client(p.account.username).get(address).status_code for p in (limited, free)]
    assert answers == [403, 200]
    offered = ["/office/calls/new/" in client(p.account.username).get("/office/").content.decode() for p in (limited, free)]
    assert offered == [False, True]
    call = clone_call(scheme=scheme("im-talent"), year=outline.year + 1, last=outline)
    with pytest.raises(NotAllowed):
        save_call(call=call, actor=as_(limited))
    assert call.pk is None
