"""Every scheme of the region from draft to what follows its decision, in its own words only: pages, letters, PDFs, duties, messages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from pypdf import PdfReader

import headwater.regions
from headwater.awards.models import Award, Party
from headwater.awards.services.agreements import agreement_pdf
from headwater.calls.checking.services.checking import decide_check, run_formal_check
from headwater.calls.endorsing.services.endorsement import endorse, recommend
from headwater.calls.models import Application, Call, Decision, Letter, Notice, NoticeRow
from headwater.calls.schemes import scheme_of
from headwater.core import clock
from headwater.core.duties import duties_of
from headwater.core.i18n import Bilingual
from headwater.core.invariants import check
from headwater.core.models import Account, Notification, OutboxMail
from headwater.core.reading import Reader
from headwater.policy.models import Article
from headwater.regions.check import find_package, read_package
from headwater.review.models import Assignment, Opinion, Panel, PanelItem, Ranking, Round
from headwater.review.services.deciding import propose
from headwater.schemes import Scheme
from headwater.schemes.outcomes import AGREEMENT, OUTCOMES
from headwater.schemes.words import MONEY, PLACES, UNDER_AGREEMENT, _tables, read_words, words_for
from tests.approvals import approve_decisions, publish_notice, release
from tests.approvals import sign_agreements as sign
from tests.calls.test_forms import fill, start
from tests.make import SECOND, actor, as_, client, end_period, manager, new_expert, placed, words

pytestmark = pytest.mark.django_db
DEFINITIONS = {s["scheme"]["code"]: s for s in read_package(find_package("nmg")).schemes}
CODES = sorted(DEFINITIONS)
GENERAL = {"item", "title"}
"""Keys whose words are everyday words that other texts use too."""


@dataclass
class Walk:
    """One call of a scheme with three applications: one that is approved, one that is refused, one that is not accepted."""

    code: str
    texts: dict[str, str] = field(default_factory=dict)
    last_mail: int = 0

    def __post_init__(self) -> None:
        self.last_mail = OutboxMail.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        self.browser, row, self.leader = start(self.code)
        Call.objects.filter(pk=row.call_id).update(budget_fen=10 * row.amount_fen + 10_000_000)
        self.call = row.call = Call.objects.get(pk=row.call_id)
        self.scheme: Scheme = fill(self.browser, row, self.leader)
        self.row = row
        more = {"amount_fen": row.amount_fen, "limit_group": f"x{row.pk}"}
        self.refused = placed(self.call, "received", **more)
        self.unfit = placed(self.call, "received", **more)

    def read(self, where: str, username: str | None, post: dict[str, Any] | None = None) -> None:
        """A page as its reader sees it, in both languages."""
        for language in ("zh-hans", "en"):
            who = client(username)
            headers = {"HTTP_ACCEPT_LANGUAGE": language}
            answer = who.get(where, **headers) if post is None else who.post(where, post, **headers)
            assert answer.status_code == 200, (where, username, answer.status_code)
            self.texts[f"{language} {where} {username}"] = text_of(answer)

    def fresh(self, row: Application) -> Application:
        return Application.objects.select_related("call", "host", "leader").get(pk=row.pk)

    def to_the_house(self) -> None:
        self.browser.post(
            f"/applications/{self.row.pk}/submit/",
            {"agree": words(self.row.call, "applicant"), "_revision": self.fresh(self.row).revision},
        )
        row = self.row = self.fresh(self.row)
        assert row.state == "host_review"
        self.read(f"/applications/{row.pk}/", self.leader.account.username)
        self.read("/host/endorse/", f"host-{row.host.code}")
        endorse(applications=[row], actor=manager(row.host))
        if not row.host.direct:
            recommend(applications=[self.fresh(row)], actor=actor(self.recommender(row)))
        run_formal_check(call=self.call, actor=actor("officer"))
        self.read(f"/office/applications/{row.pk}/", "officer")
        decide_check(applications=[self.fresh(row), self.refused], accept=True, codes=[], note="", actor=actor("officer"))
        decide_check(applications=[self.unfit], accept=False, codes=["F05"], note="缺附件", actor=actor("officer"))

    @staticmethod
    def recommender(row: Application) -> str:
        found = Account.objects.filter(role_grants__role="recommender", role_grants__scope_id=row.host.recommender_id)
        return found[0].username

    def close(self) -> None:
        """Put the dates of the call into the past: only then is anything reviewed and decided."""
        self.call = end_period(self.call)

    def review(self) -> None:
        """Review and panel are put into the tables: how they work does not depend on the scheme."""
        self.close()
        expert = new_expert("专家")
        round_ = Round.objects.create(call=self.call, seed=1, state="published", respond_by=clock.now() + timedelta(days=5))
        Application.objects.filter(pk__in=[self.row.pk, self.refused.pk]).update(state="in_review")
        made = [
            Assignment.objects.create(
                round=round_, application=a, expert=expert, state="invited", due_at=clock.now() + timedelta(days=20)
            )
            for a in (self.row, self.refused)
        ]
        reader = expert.person.account.username
        self.read(f"/review/{made[0].pk}/", reader)
        Assignment.objects.filter(round=round_).update(state="accepted")
        for a in made:
            Opinion.objects.create(assignment=a)
        self.read("/review/", reader)
        self.read(f"/review/{made[0].pk}/", reader)
        Assignment.objects.filter(round=round_).update(state="submitted")
        for n, a in enumerate(made):
            values = {"total": 90 - n, "grade": 3 - n, "familiarity": 2, "text_applicant": "问题明确，方案可行。"}
            Opinion.objects.filter(assignment=a).update(submitted_at=clock.now(), **values)
            Ranking.objects.create(
                application=a.application, opinions=1, mean=90 - n, calibrated=90 - n, grade_mean=3, spread=0, rank=n + 1,
                computed_at=clock.now(),
            )  # fmt: skip
        self.read(f"/review/{made[0].pk}/", reader)
        self.read(f"/office/reviews/{self.row.pk}/", "officer")
        panel = Panel.objects.create(call=self.call, name="综合会评组", state="closed")
        for n, (a, result) in enumerate([(self.row, "recommended"), (self.refused, "not_recommended")]):
            PanelItem.objects.create(panel=panel, application=a, position=n + 1, yes=9 - 5 * n, no=5 * n, result=result)
        Application.objects.filter(pk__in=[self.row.pk, self.refused.pk]).update(state="panel")
        self.read(f"/panels/{panel.pk}/", "officer")

    def decide(self) -> Notice:
        desk = f"/office/calls/{self.call.pk}"
        self.read(f"{desk}/decide/", "officer")
        self.read(f"{desk}/decide/", "officer", {"do": "propose", "fund": str(self.row.pk)})
        propose(call=self.call, funded={self.row.pk}, actor=actor("officer"))
        for page in ("", "applications/", "decide/", "results/", "progress/", "compare/"):
            self.read(f"{desk}/{page}", "officer")
        self.say_duties("committee", "officer")
        approve_decisions(call=self.call, actor=actor("committee"))
        self.read(f"{desk}/decide/", "committee")
        notice = publish_notice(call=self.call, actor=actor("officer"))
        self.read(f"/notices/{notice.pk}/", None)
        self.read("/notices/", None)
        row = NoticeRow.objects.get(notice=notice)
        self.read(f"/notices/{notice.pk}/objection/{row.pk}/", None)
        self.read(f"/office/notices/{notice.pk}/", "officer")
        self.say_duties("officer")
        with clock.at(notice.ends_at + SECOND):
            release(notice=Notice.objects.select_related("call__scheme").get(pk=notice.pk), actor=actor("officer"))
        return notice

    def after(self) -> None:
        leader, host = self.leader.account.username, f"host-{self.fresh(self.row).host.code}"
        for page in ("/applications/", f"/applications/{self.row.pk}/", "/letters/"):
            self.read(page, leader)
        self.read(f"/host/letters/?q={self.row.number}", host)
        self.read(f"/calls/{self.call.code}/", None)
        for page in ("letters/", "results/", "applications/"):
            self.read(f"/office/calls/{self.call.pk}/{page}", "officer")
        self.say_duties(leader, host, "officer", "committee")
        people = [self.leader.account, self.refused.leader.account, self.unfit.leader.account]
        for n in Notification.objects.filter(account__in=people):
            self.texts[f"notification {n.pk}"] = f"{n.title} {n.body}"
        for m in OutboxMail.objects.filter(pk__gt=self.last_mail):
            self.texts[f"mail {m.pk}"] = f"{m.subject} {m.body}"
        for row in (self.row, self.refused, self.unfit):
            for letter in Letter.objects.filter(application=row):
                pdf = client("officer").get(f"/letters/{letter.pk}/", HTTP_ACCEPT_LANGUAGE="en").content
                self.texts[f"letter {letter.kind}"] = pdf_text(pdf)
        self.texts["application pdf"] = pdf_text(client(leader).get(f"/applications/{self.row.pk}/pdf/").content)

    def say_duties(self, *usernames: str) -> None:
        for username in usernames:
            for language in ("zh-hans", "en"):
                with override(language):
                    account = Account.objects.get(username=username)
                    found = [d.title for d in duties_of(account) if self.call.title_zh in d.title or self.row.title_zh in d.title]
                    self.texts[f"{language} duties of {username} {len(self.texts)}"] = "\n".join(found)


def text_of(answer: Any) -> str:
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    body = re.sub(
        r'<select[^>]*name="kind".*?</select>', " ", body, flags=re.S
    )  # a host's filter names the letters of all its calls
    said = " ".join(re.findall(r'(?:data-confirm|title|aria-label|placeholder)="([^"]*)"', body))
    return unescape(re.sub(r"<[^>]+>", " ", body) + " " + said)


def pdf_text(content: bytes) -> str:
    return "".join(p.extract_text() for p in PdfReader(BytesIO(content)).pages).replace("\n", "").replace(" ", "")


def phrases(outcome: str) -> set[str]:
    """What an outcome says and everyday speech does not: Chinese, and English of two words and more."""
    out: set[str] = set()
    for key, pair in _tables()[outcome].items():
        if key not in GENERAL or pair.zh in {"项目名称", "成果名称", "需求名称"}:
            out |= {re.sub(r"\{\w+\}.*", "", text).strip() for text in (pair.zh, pair.en)}
    out |= {"立项", "资助", "Funded", "Award"} if outcome == "award" else set()
    return {p for p in out if len(p) > 1 and (not p.isascii() or " " in p or p in {"Funded", "Award"})}


def foreign(scheme: Scheme, also: str) -> set[str]:
    """Phrases of the other outcomes that neither this one nor the declaration of the scheme says."""
    own = " ".join(x for pair in scheme.words.table.values() for x in (pair.zh, pair.en)) + also
    others = set().union(*(phrases(o) for o in OUTCOMES if o != scheme.outcome))
    others |= set() if scheme.has_agreement else {"任务书", "Agreement"}
    return {p for p in others if p not in own}


@pytest.mark.parametrize("code", CODES)
def test_scheme_speaks_its_own_words_all_the_way(code: str) -> None:
    walk = Walk(code)
    walk.to_the_house()
    walk.review()
    walk.decide()
    walk.after()
    scheme, row = walk.scheme, walk.fresh(walk.row)
    assert [walk.fresh(a).state for a in (row, walk.refused, walk.unfit)] == ["approved", "rejected", "not_accepted"]
    decision = Decision.objects.get(application=row)
    assert decision.amount_fen == (row.amount_fen if scheme.has_money else 0)
    assert (decision.amount_fen > 0) == scheme.has_money
    check_agreement(walk, row)
    strange = foreign(scheme, json.dumps(DEFINITIONS[code], ensure_ascii=False))
    assert len(strange) > 100
    found = {(where, p) for where, text in without_titles(walk.texts).items() for p in strange if p in text}
    assert sorted(found) == []
    said = {where: text for where, text in walk.texts.items() if where.startswith("letter ")}
    assert set(said) == {"letter approved", "letter rejected", "letter not_accepted"}
    for kind, key in (("approved", "letter_yes"), ("rejected", "letter_no")):
        assert scheme.words.zh(key).replace(" ", "") in said[f"letter {kind}"]
    assert scheme.words.zh("approved") in walk.texts[f"zh-hans /applications/{row.pk}/ {walk.leader.account.username}"]
    assert scheme.words.en("approved") in walk.texts[f"en /applications/{row.pk}/ {walk.leader.account.username}"]
    assert check(["decision_matches_state", "decision_money_of_scheme", "approved_has_award", "award_matches_decision"]) == []


def check_agreement(walk: Walk, row: Application) -> None:
    """Where the outcome is work to be done there is an agreement to sign in its words; elsewhere there is none, nor a way to one."""
    desk = f"/office/calls/{row.call_id}/agreements/"
    tab = f'href="{desk}"' in client("officer").get(f"/office/calls/{row.call_id}/").content.decode()
    assert tab == walk.scheme.has_agreement == (AGREEMENT in OUTCOMES[walk.scheme.outcome].release)
    leader = walk.leader.account.username
    if not walk.scheme.has_agreement:
        assert not Award.objects.filter(application=row).exists()
        page = client(leader).get(f"/applications/{row.pk}/").content.decode()
        assert "/my/projects/" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.S)
        return
    award = Award.objects.select_related("call", "leader__account", "host", "agreement").get(application=row)
    for page in (f"/my/projects/{award.number}/", "/my/projects/"):
        walk.read(page, leader)
    walk.read(f"/projects/{award.number}/", None)
    walk.read(desk, "officer")
    for party, who in (
        (Party.LEADER, as_(walk.leader)),
        (Party.HOST, manager(award.host)),
        (Party.DEPARTMENT, actor("officer2")),
    ):
        with clock.at(award.agreement_by - timedelta(hours=1)):
            sign(awards=[award], party=party, actor=who)
    pdf = pdf_text(agreement_pdf(award.agreement))
    walk.texts["agreement pdf"] = pdf
    assert walk.scheme.words.zh("agreement") in pdf
    regimes = {"lump": "包干制＋负面清单", "budget3": "实行预算制", "block": "年度稳定支持"}
    assert [r for r, said in regimes.items() if said in pdf] == [walk.scheme.regime]


def without_titles(texts: dict[str, str]) -> dict[str, str]:
    """Without the titles of articles, notices and calls that pages list, and without the sum of a quota (of grants only)."""
    rows = [*Notice.objects.values_list("title_zh", "title_en", "call__title_zh", "call__title_en")]
    rows += Article.objects.values_list("title_zh", "title_en")
    titles = sorted({t for row in rows for t in row if t} | {"近年立项"}, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, titles)))
    return {where: known.sub(" ", text) for where, text in texts.items()}


# the table of words


def test_every_outcome_has_every_word_it_needs_in_both_languages() -> None:
    tables = _tables()
    assert set(OUTCOMES) <= set(tables)
    needed = set(tables["award"]) - set(MONEY) - set(UNDER_AGREEMENT)
    for outcome in OUTCOMES:
        more = set(tables[outcome]) - needed
        assert needed <= set(tables[outcome]), outcome
        assert more == (set(MONEY) if "amount" in tables[outcome] else set()) | (
            set(UNDER_AGREEMENT) if OUTCOMES[outcome].has_agreement else set()
        )
        for key, pair in tables[outcome].items():
            assert re.search(r"[一-鿿]", pair.zh)
            assert pair.en.isascii()
            for text in (pair.zh, pair.en):
                allowed = PLACES.get(key, set()) if key == "notice" or "amount" in tables[outcome] else set()
                allowed = allowed if OUTCOMES[outcome].has_agreement else allowed - {"until"}
                assert set(re.findall(r"\{(\w+)\}", text)) == allowed


def test_schemes_with_money_have_its_word() -> None:
    from headwater.calls.models import SchemeVersion

    for version in SchemeVersion.objects.all():
        scheme = scheme_of(type("C", (), {"scheme_id": version.pk, "stage": ""}))
        assert not scheme.has_money or "amount" in scheme.words


def test_every_word_that_a_template_asks_for_is_in_the_table() -> None:
    root = Path(headwater.regions.__file__).parents[1]
    known = {key for table in _tables().values() for key in table}
    asked = set()
    for file in root.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r"\bwords\.(\w+)", text)) | set(re.findall(r'\|word:"(\w+)"', text))
    assert len(asked) > 7
    assert asked <= known


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"colour": ["红", "red"]}, "unknown word of 'prize'"),
        ({"amount": ["金额", "Amount"]}, "unknown word of 'prize'"),
        ({"yes": "授奖"}, "expected [Chinese, English]"),
        ({"yes": ["授奖"]}, "expected [Chinese, English]"),
        ({"yes": ["授奖", ""]}, "expected [Chinese, English]"),
        ({"notice": ["关于{year}", "About {year}"]}, "unknown place {year}"),
        ({"notice": ["关于{call", "About {call"]}, "unknown place"),
    ],
)
def test_words_of_a_scheme_are_checked(own: dict[str, Any], said: str) -> None:
    problems: list[tuple[str, str]] = []
    assert read_words(Reader(own, problems, "words"), "prize") == {}
    assert [key for key, _told in problems] == [f"words.{next(iter(own))}"]
    assert said in problems[0][1]


def test_a_scheme_says_its_own_word() -> None:
    problems: list[tuple[str, str]] = []
    own = read_words(Reader({"yes": ["奖励", "Reward"]}, problems, "words"), "prize")
    assert (problems, own) == ([], {"yes": Bilingual("奖励", "Reward")})
    assert words_for("prize", own).zh("yes") == "奖励"
    assert words_for("prize", own).zh("no") == "不授奖"
