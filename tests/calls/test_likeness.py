"""Similar texts: found, kept, shown side by side, and mended after any loss of the index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading

import psycopg
import pytest
from django.db import connection
from django.test import Client

from headwater.algorithms.duplicates import Index
from headwater.calls.checking.services.checking import check_rules, run_formal_check
from headwater.calls.checking.services.likeness import find_likenesses, sections_of, take_in
from headwater.calls.checking.views.likeness import sides
from headwater.calls.models import Application, Call, FormalCheck, Likeness
from headwater.core.command import system
from headwater.core.errors import NotAllowed
from headwater.core.models import SearchEntry
from headwater.solving import likeness
from tests.calls.test_services import as_, new_call, new_person, placed
from tests.conftest import database_url
from tests.people import actor, client

pytestmark = pytest.mark.django_db

OLD = (
    "针对高寒草原退化与载畜压力之间的耦合关系，提出以多源遥感和地面样方相结合的草地承载力评估方法，"
    "在锡林郭勒和呼伦贝尔选取四十二个样区连续观测三年，建立草畜平衡的预警阈值。"
)
COPY = "本项目关注荒漠绿洲。" + OLD.replace("四十二个", "三十六个").replace("评估", "评价") + "并与牧户访谈相互印证。"
OTHER = "研究稀土永磁材料晶界扩散过程中重稀土元素的偏析机理，阐明矫顽力提升与晶界相磁性之间的关系，为高丰度稀土利用提供依据。"


@pytest.fixture
def pair() -> tuple[Application, Application, Application]:
    call = new_call()
    old = placed(call, "accepted", abstract_zh=OLD, answers={"goals": OTHER[::-1]})
    new = placed(call, "received", abstract_zh=OTHER, answers={"background": COPY})
    return old, new, placed(call, "received", abstract_zh="探索蒙医药经典方剂的现代药理基础，" * 3)


def found(call: Call) -> list[tuple[int, int]]:
    return list(Likeness.objects.filter(application__call=call).order_by("pk").values_list("application", "other"))


def test_copied_passage_is_found_with_its_place(pair: tuple[Application, ...]) -> None:
    old, new, _clean = pair
    assert find_likenesses(call=new.call, actor=system("test")) == 1
    row = Likeness.objects.get(application=new, other=old)
    assert 0.4 < row.share < 0.9
    assert row.longest >= 20
    assert [name for name, _text in sections_of(new)] == ["abstract_zh", "background"]
    p = row.passages[0]
    assert (p["new_section"], p["old_section"]) == (1, 0)
    assert "高寒草原退化" in COPY[p["new_start"] : p["new_end"]]
    assert "高寒草原退化" in OLD[p["old_start"] : p["old_end"]]


def test_same_passages_are_marked_on_both_sides(pair: tuple[Application, ...]) -> None:
    old, new, _clean = pair
    find_likenesses(call=new.call, actor=system("test"))
    passages = Likeness.objects.get(application=new).passages
    left, right = (
        ["".join(r.text for r in s.runs if r.mark == 2) for s in sides(a, passages, w)] for a, w in ((new, "new"), (old, "old"))
    )
    assert left == right
    assert "三十六" not in left[0]
    assert "地面样方相结合" in left[0]
    assert [s.name for s in sides(new, passages, "new")] == ["研究意义与国内外现状"]
    assert "".join(r.text for s in sides(old, passages, "old") for r in s.runs) == OLD


def test_what_was_received_is_taken_in_once(pair: tuple[Application, ...]) -> None:
    """The worker's task makes it searchable and comparable, so that the formal check adds nothing to the index."""
    _old, new, clean = pair
    assert take_in() is True
    entries = SearchEntry.objects.filter(kind="application", object_id__in=[a.pk for a in pair])
    assert {e.object_id: e.title for e in entries} == {a.pk: a.title_zh for a in pair}
    manifest = likeness._folder() / "index.json"
    before = manifest.read_bytes()
    assert take_in() is False
    assert find_likenesses(call=new.call, actor=system("test")) == 1
    assert manifest.read_bytes() == before
    Application.objects.filter(pk=clean.pk).update(title_zh="改后的题目", submitted_at=clean.submitted_at.replace(microsecond=7))
    assert take_in() is True
    assert SearchEntry.objects.get(kind="application", object_id=clean.pk).title == "改后的题目"


def test_lost_index_mends_itself(pair: tuple[Application, ...]) -> None:
    _old, new, _clean = pair
    find_likenesses(call=new.call, actor=system("test"))
    before = found(new.call)
    shutil.rmtree(likeness._folder())
    find_likenesses(call=new.call, actor=system("test"))
    (likeness._folder() / "index.json").write_text("{}")
    find_likenesses(call=new.call, actor=system("test"))
    assert found(new.call) == before != []


def test_the_folder_stays_locked_when_the_database_session_changes() -> None:
    """Behind a pooler every statement may be another session's: what one of them locked, another cannot unlock, and it ends early."""
    entered, leave, order = threading.Event(), threading.Event(), list[str]()

    def first() -> None:
        with likeness._alone():
            entered.set()
            connection.close()
            leave.wait(10)
            order.append("first")

    def second() -> None:
        with likeness._alone():
            order.append("second")
        connection.close()

    begun = [threading.Thread(target=work) for work in (first, second)]
    begun[0].start()
    assert entered.wait(10)
    begun[1].start()
    begun[1].join(0.5)
    assert order == []
    leave.set()
    for thread in begun:
        thread.join(10)
    assert order == ["first", "second"]


TAKE_IN = """
import sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from headwater.solving import likeness
print("ready", flush=True)
sys.stdin.readline()
print(likeness.take_in(), flush=True)
"""


def test_two_processes_at_once_make_one_whole_index() -> None:
    """In a copy of the database where nothing was taken in yet."""
    name, url = "hw_test_two_at_once", database_url("postgres")
    here = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    folder = likeness._folder()
    connection.settings_dict["NAME"] = here
    words = [sys.executable, "-c", TAKE_IN, name]
    with psycopg.connect(url, autocommit=True) as admin:
        template = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'hw_template_%'").fetchone()
        assert template
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template[0]}"')
        try:
            with psycopg.connect(database_url(name)) as copy:
                copy.execute("TRUNCATE calls_textprint CASCADE")
            shutil.rmtree(folder, ignore_errors=True)
            both = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _n in range(2)]
            assert [p.stdout.readline() for p in both if p.stdout] == ["ready\n"] * 2
            said = [p.communicate("go\n", timeout=120)[0] for p in both]
            assert ([p.returncode for p in both], "True\n" in said) == ([0, 0], True)
            with psycopg.connect(database_url(name)) as copy:
                wanted = {row[0] for row in copy.execute("SELECT document FROM calls_textprint")}
            assert set(Index.open(folder).ids().tolist()) == wanted != set()
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            shutil.rmtree(folder, ignore_errors=True)


def test_text_submitted_anew_is_compared_anew(pair: tuple[Application, ...]) -> None:
    _old, new, _clean = pair
    find_likenesses(call=new.call, actor=system("test"))
    Application.objects.filter(pk=new.pk).update(
        answers={"background": OTHER * 2}, submitted_at=new.submitted_at.replace(microsecond=7)
    )
    find_likenesses(call=new.call, actor=system("test"))
    assert found(new.call) == []


def test_applications_outside_the_house_are_not_compared(pair: tuple[Application, ...]) -> None:
    old, new, _clean = pair
    Application.objects.filter(pk=old.pk).update(state="withdrawn")
    assert find_likenesses(call=new.call, actor=system("test")) == 0


def outcome(application: Application) -> tuple[str, str]:
    check = FormalCheck.objects.get(application=application)
    return check.verdict, next(r["outcome"] for r in check.results if r["rule"] == "similar_text")


def test_similar_text_asks_for_eyes_and_one_s_own_does_not(pair: tuple[Application, ...]) -> None:
    old, new, clean = pair
    run_formal_check(call=new.call, actor=system("test"))
    assert outcome(new)[1] == "unknown"
    assert outcome(clean)[1] == "passed"
    Application.objects.filter(pk=old.pk).update(leader=new.leader, limit_group="other")
    run_formal_check(call=new.call, actor=system("test"))
    assert outcome(new)[1] == "passed"


def test_page_shows_both_texts_to_those_who_check(pair: tuple[Application, ...]) -> None:
    old, new, clean = pair
    find_likenesses(call=new.call, actor=system("test"))
    page = client("officer").get(f"/office/applications/{new.pk}/similar/{old.pk}/")
    assert page.status_code == 200
    assert page.content.decode().count("hw-same") > 4
    assert f"/similar/{old.pk}/" in client("officer").get(f"/office/applications/{new.pk}/").content.decode()
    assert client("officer").get(f"/office/applications/{new.pk}/similar/{clean.pk}/").status_code == 404
    browser = Client()
    browser.force_login(as_(new.leader).account, backend="headwater.web.accounts.Backend")
    assert browser.get(f"/office/applications/{new.pk}/similar/{old.pk}/").status_code in {403, 404}


def test_only_officers_compare() -> None:
    call = new_call()
    application = placed(call, "received", abstract_zh=OTHER)
    with pytest.raises(NotAllowed):
        find_likenesses(call=call, actor=as_(application.leader))
    assert find_likenesses(call=call, actor=actor("officer")) == 0


def test_who_may_not_check_is_refused_also_where_nothing_waits() -> None:
    call, other = new_call(), new_person()
    for work in (find_likenesses, check_rules):
        with pytest.raises(NotAllowed):
            work(call=call, actor=as_(other))
