"""What the deadline bench starts from: a home with a region, an open call of 60 fields, and applicants who are signed in.

Runs in a process of its own. Accounts, people, drafts and sessions are written in bulk: they are the past, not what is measured.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

FIELDS = 60
WORDS = "草原土壤碳汇稀土永磁材料蒙医药乳酸菌盐碱地沙地生态水文过程风光储氢煤基固废资源化多源遥感反演机理模型实验验证"


def words(random_: random.Random, length: int) -> str:
    return "".join(random_.choices(WORDS, k=length))


def prepare(home: str, applicants: int, seed: int) -> list[dict[str, Any]]:
    """Fill the home; writes users.json: [application, account, session key, csrf token] each."""
    os.environ["HEADWATER_HOME"] = home
    from headwater.cli.main import setup

    setup(migrate=True)
    from headwater.core.command import system
    from headwater.regions.check import find_package, read_package
    from headwater.regions.load import load_region

    load_region(package=read_package(find_package("nmg")), actor=system("bench"))
    call = _call()
    users = _drafts(call, applicants, random.Random(seed))
    Path(home, "users.json").write_text(json.dumps({"fields": _questions(call), "agree": _documents(call), "users": users}))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [{"applicants": len(users)}]


def _call() -> Any:
    """The general programme with more questions, sixty in all, open for another hour."""
    from headwater.calls.models import Call, SchemeVersion
    from headwater.core import clock

    old = SchemeVersion.objects.filter(code="im-gen").order_by("-version")[0]
    definition = old.definition
    have = sum(len(s["field"]) for s in definition["section"])
    more = [
        {
            "code": f"question{n}",
            "type": "text",
            "label_zh": f"第{n}问",
            "label_en": f"Question {n}",
            "required": True,
            "min_chars": 40,
            "max_chars": 1500,
        }
        for n in range(FIELDS - have)
    ]
    definition["section"].append({"code": "more", "title_zh": "其他", "title_en": "More", "field": more})
    scheme = SchemeVersion.objects.create(
        region=old.region,
        code=old.code,
        version=old.version + 1,
        name_zh=old.name_zh,
        name_en=old.name_en,
        definition=definition,
        digest="0" * 64,
    )
    now = clock.now()
    return Call.objects.create(
        code="bench",
        scheme=scheme,
        year=now.year,
        title_zh="面上项目",
        guide_zh="指南",
        budget_fen=10**12,
        state="published",
        opens_at=now - timedelta(days=30),
        closes_at=now + timedelta(hours=1),
        endorse_by=now + timedelta(days=8),
        recommend_by=now + timedelta(days=15),
    )


def _documents(call: Any) -> list[str]:
    """Digests of what an applicant signs when nothing is declared."""
    from headwater.calls.schemes import scheme_of

    return [d.digest for d in scheme_of(call).documents_of("applicant") if not d.when]


def _questions(call: Any) -> list[str]:
    from headwater.calls.schemes import scheme_of

    return [f.code for f in scheme_of(call).fields if f.is_text]


def _people(accounts: list[Any], hosts: list[Any]) -> list[Any]:
    from headwater.registry.models import Person

    return Person.objects.bulk_create(
        [
            Person(
                account=a,
                name_zh=a.name_zh,
                id_hash=hashlib.sha256(a.username.encode()).hexdigest(),
                sex="f",
                birth_date="1990-01-01",
                highest_degree="博士",
                organisation=hosts[n % len(hosts)],
            )
            for n, a in enumerate(accounts)
        ],
        batch_size=2000,
    )


def _drafts(call: Any, applicants: int, random_: random.Random) -> list[list[Any]]:
    from headwater.calls.models import Application
    from headwater.calls.schemes import scheme_of
    from headwater.core.models import Account
    from headwater.core.parameters import Parameters
    from headwater.registry.models import Discipline, Organisation

    hosts = list(Organisation.objects.hosts()) or list(Organisation.objects.all()[:30])
    Organisation.objects.filter(pk__in=[h.pk for h in hosts]).update(is_host=True)
    scheme = scheme_of(call)
    amount = Parameters(call.scheme.region, call.closes_at.date()).get("amount_fen", scheme.code)
    accounts = Account.objects.bulk_create(
        [Account(username=f"bench-{n}", name_zh=f"申请人{n}") for n in range(applicants)], batch_size=2000
    )
    people = _people(accounts, hosts)
    texts = [{f.code: words(random_, max(f.min_chars, 200) + 100) for f in scheme.fields if f.is_text} for _n in range(50)]
    discipline = Discipline.objects.filter(level=2)[0]
    rows = Application.objects.bulk_create(
        [
            Application(
                call=call,
                leader=p,
                host=p.organisation,
                title_zh=f"{words(random_, 20)}{n}",
                abstract_zh=words(random_, 300),
                keywords_zh="土壤；碳汇",
                discipline=discipline,
                limit_year=call.year,
                limit_group=scheme.limit_group,
                amount_fen=int(amount["default"] if isinstance(amount, dict) else amount or 10_000_000),
                months=36,
            )
            for n, p in enumerate(people)
        ],
        batch_size=200,
    )
    for n, answers in enumerate(texts):  # each sent once: quoting them for every row would take minutes
        Application.objects.filter(pk__in=[row.pk for row in rows[n :: len(texts)]]).update(answers=answers)
    return [[row.pk, account.pk, *_session(account)] for row, account in zip(rows, accounts, strict=True)]


def _session(account: Any) -> tuple[str, str]:
    """A session as the log-in leaves it, and a CSRF token; the password's slow hash belongs to an earlier hour."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.middleware.csrf import _get_new_csrf_string

    from headwater.web.sessions import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(account.pk)
    store[BACKEND_SESSION_KEY] = "headwater.web.accounts.Backend"
    store[HASH_SESSION_KEY] = account.get_session_auth_hash()
    store.create()
    return str(store.session_key), _get_new_csrf_string()
