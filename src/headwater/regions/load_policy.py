"""Loads the policy of a checked region package: its document, articles, measures, targets and evidence."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from headwater.core.search import SearchRow, index
from headwater.policy.models import Article, Evidence, Measure, PolicyDocument, Target
from headwater.regions.policies import evidence_of


def load_policy(region: str, policy: dict[str, Any], agencies: dict[str, int]) -> int:
    """Load the document, its articles and their evidence; returns how many articles are new or changed."""
    _document(region, policy["document"])
    chapters = {c["number"]: c for c in policy["document"]["chapters"]}
    evidence: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for number, columns in evidence_of(policy):
        evidence[number].append(columns)
    changed = 0
    for row in policy["article"]:
        chapter = chapters[row["chapter"]]
        article, is_new = Article.objects.update_or_create(
            region=region,
            number=row["number"],
            defaults={
                "chapter": row["chapter"],
                "chapter_zh": chapter["title_zh"],
                "chapter_en": chapter["title_en"],
                "title_zh": row["title_zh"],
                "title_en": row["title_en"],
                "summary_zh": row["summary_zh"],
                "summary_en": row["summary_en"],
                "agency_order": row.get("agencies", []),
                "agencies_open": row.get("agencies_open", False),
                "fields": row.get("fields", []),
            },
        )
        article.agencies.set([agencies[a] for a in row.get("agencies", [])])
        new = [_measures(article, row), _targets(article, row), _evidence(article, evidence[row["number"]])]
        changed += is_new or any(new)
        index([_entry(article, row)])
    return changed


def _measures(article: Article, row: dict[str, Any]) -> bool:
    """Replace the measures of an article where they changed; returns whether they did."""
    rows_before = [(m.code, m.text_zh, m.text_en) for m in article.measures.all()]
    rows = [(m["code"], m["text_zh"], m["text_en"]) for m in row.get("measure", [])]
    if rows_before == rows:
        return False
    article.measures.all().delete()
    Measure.objects.bulk_create([Measure(article=article, code=c, text_zh=z, text_en=e) for c, z, e in rows])
    return True


TARGET_DEFAULTS = {
    "code": "",
    "text_zh": "",
    "text_en": "",
    "value": 0.0,
    "value_max": None,
    "comparison": "at_least",
    "unit": "",
    "by": None,
}


def _targets(article: Article, row: dict[str, Any]) -> bool:
    """Replace the targets of an article where they changed; returns whether they did."""
    names = tuple(TARGET_DEFAULTS)
    targets = [{**TARGET_DEFAULTS, **{k: v for k, v in t.items() if k in TARGET_DEFAULTS}} for t in row.get("target", [])]
    if [dict(zip(names, t, strict=True)) for t in article.targets.values_list(*names)] == targets:
        return False
    article.targets.all().delete()
    Target.objects.bulk_create([Target(article=article, **values) for values in targets])
    return True


def _evidence(article: Article, rows: list[dict[str, Any]]) -> bool:
    """Replace the evidence of an article where it changed; returns whether it did."""
    names = [f.attname for f in Evidence._meta.concrete_fields if f.name not in {"id", "article"}]
    if [dict(zip(names, e, strict=True)) for e in article.evidence.order_by("id").values_list(*names)] == rows:
        return False
    article.evidence.all().delete()
    Evidence.objects.bulk_create([Evidence(article=article, **columns) for columns in rows])
    return True


def _document(region: str, head: dict[str, Any]) -> None:
    """Store the document; its title is its heading where it has no shorter one."""
    titles = {f"title_{x}": head.get(f"heading_{x}") or head[f"title_{x}"] for x in ("zh", "en")}
    notices = {key: head.get(key, "") for key in ("notice_zh", "notice_en")}
    values = {"code": head["code"], **titles, **notices, "headline": head.get("headline", [])}
    PolicyDocument.objects.update_or_create(region=region, defaults=values)


def _entry(article: Article, row: dict[str, Any]) -> SearchRow:
    measures = [m["text_zh"] for m in row.get("measure", [])]
    return SearchRow(
        "article",
        article.pk,
        f"第{article.number}条 {article.title_zh}",
        f"/policy/{article.number}/",
        " ".join([article.title_en, article.summary_zh, article.summary_en, *measures]),
        summary=article.summary_zh[:200],
    )
