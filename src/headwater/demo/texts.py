"""Texts of the demo, from a vocabulary or from a table of real papers; the same seed gives the same texts."""

from __future__ import annotations

import copy
import csv
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from headwater.demo.plan import Plan


@dataclass(frozen=True)
class Text:
    """A scientific text in two languages with its discipline code."""

    title_zh: str
    title_en: str
    abstract_zh: str
    abstract_en: str
    keywords_zh: str
    keywords_en: str
    code: str
    priority: str
    sections: dict[str, str] = field(default_factory=dict)


class Writer:
    """Fills the sentence templates with the words of a topic. Titles never repeat."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan, self.random = plan, random.Random(seed)
        self.topics: list[dict[str, Any]] = plan.vocabulary("topics")["topic"]
        self.sentences = plan.vocabulary("sentences")
        self.titles: set[str] = set()

    def at_desk(self, seed: int) -> Self:
        """Return the same writer with its own chances for one call, so that its texts do not depend on other calls."""
        other = copy.copy(self)
        other.random, other.titles = random.Random(seed), set()
        return other

    def topic(self) -> dict[str, Any]:
        return self.random.choice(self.topics)

    def words(self, topic: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Fill the placeholders once, in Chinese and English, position by position."""
        r = self.random
        zh: dict[str, str] = dict(self.plan.more["words_zh"])
        en: dict[str, str] = dict(self.plan.more["words_en"])
        for name, key in (("subject", "subjects"), ("problem", "problems"), ("method", "methods")):
            at = r.randrange(len(topic[f"{key}_zh"]))
            zh[name], en[name] = topic[f"{key}_zh"][at], topic[f"{key}_en"][at]
        for n, at in enumerate(r.sample(range(len(topic["terms_zh"])), 3), start=1):
            zh[f"term{n}"], en[f"term{n}"] = topic["terms_zh"][at], topic["terms_en"][at]
        return zh, en

    def sentence(self, kind: str, zh: dict[str, str], count: int = 1) -> str:
        chosen = self.random.sample(self.sentences[f"{kind}_zh"], count)
        return "".join(s.format(**zh) for s in chosen)

    def english(self, kind: str, en: dict[str, str]) -> str:
        text: str = self.random.choice(self.sentences[f"{kind}_en"]).format(**en)
        return text[:1].upper() + text[1:]

    def proposal(self, topic: dict[str, Any] | None = None) -> Text:
        topic = topic or self.topic()
        for _attempt in range(60):
            zh, en = self.words(topic)
            at = self.random.randrange(len(self.sentences["title_zh"]))
            title = self.sentences["title_zh"][at].format(**zh)
            if title not in self.titles and len(title) <= 60:
                break
        self.titles.add(title)
        title_en = self.sentences["title_en"][at].format(**en)
        return Text(
            title_zh=title,
            title_en=title_en[:1].upper() + title_en[1:],
            abstract_zh=self.sentence("background", zh)
            + self.sentence("content", zh)
            + self.sentence("method", zh)
            + self.sentence("goal", zh),
            abstract_en=" ".join(self.english(k, en) for k in ("background", "content", "method", "goal")),
            keywords_zh="；".join([zh["subject"], zh["term1"], zh["term2"], zh["method"]]),
            keywords_en="; ".join([en["subject"], en["term1"], en["term2"], en["method"]]),
            code=topic["discipline"],
            priority="" if topic["priority"] == "none" else topic["priority"],
            sections=self.sections(zh),
        )

    def sections(self, zh: dict[str, str]) -> dict[str, str]:
        """Answer the form fields that the plan fills with sentences."""
        fields: dict[str, list[tuple[str, int]]] = self.plan.more["sections"]
        return {code: "\n".join(self.sentence(kind, zh, n) for kind, n in kinds) for code, kinds in fields.items()}

    def paper(self, topic: dict[str, Any]) -> tuple[str, str, str, str]:
        """Return (title, abstract, keywords, journal) of a publication."""
        zh, _en = self.words(topic)
        words = self.plan.vocabulary("publications")
        title = self.random.choice(words["title_zh"]).format(**zh)
        return (
            title,
            self.sentence("content", zh) + self.sentence("method", zh),
            f"{zh['term1']}；{zh['term2']}",
            self.random.choice(self.plan.more["journals_zh"]),
        )

    def opinion(self, research_class: str, grade: int, text: Text | None, least: int) -> str:
        """Write an opinion of at least `least` characters that suits its grade (1 to 3)."""
        words = self.plan.vocabulary("reviews")
        kind = words[research_class]
        fill = defaultdict(
            str,
            {
                "subject": "该领域",
                "method": "相关方法",
                "term1": "关键问题",
                "term2": "关键过程",
                "term3": "关键指标",
                "problem": "机制",
                **self.plan.more["words_zh"],
            },
        )
        if text:
            parts = text.keywords_zh.split("；")
            fill.update(subject=parts[0], term1=parts[1] if len(parts) > 1 else parts[0], method=parts[-1])
        pieces = [self.random.choice(words["graded"][{3: "strong_zh", 2: "middling_zh", 1: "weak_zh"}[grade]])]
        strengths = self.random.sample(kind["strengths_zh"], grade + 1)
        pieces += strengths + self.random.sample(kind["weaknesses_zh"], 4 - grade) + self.random.sample(kind["advice_zh"], 2)
        opinion = "".join(p.format_map(fill) for p in pieces)
        while len(opinion) < least:
            opinion += self.random.choice(kind["advice_zh"]).format_map(fill)
        return opinion


class TableWriter(Writer):
    """Real titles, abstracts and keywords (one row a text) as proposals and publications; the rest from the vocabulary.

    Args:
        file: csv or tsv with the columns title, abstract, keywords; discipline and category help to find a code.
        codes: level-2 discipline codes with their Chinese names.

    Raises:
        ValueError: the file lacks a column or holds no usable row.
    """

    def __init__(self, plan: Plan, seed: int, file: Path, codes: dict[str, str]) -> None:
        super().__init__(plan, seed)
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source, delimiter="\t" if file.suffix == ".tsv" else ","))
        if not rows or not {"title", "abstract", "keywords"} <= set(rows[0]):
            raise ValueError(f"{file}: expected the columns title, abstract, keywords")
        self.rows = [r for r in rows if r["title"] and len(r["abstract"]) >= 40]
        self.random.shuffle(self.rows)
        self.by_topic: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in self.rows:
            self.by_topic[row.get("discipline") or "all"].append(row)
        self.codes = codes
        self.topic_code = {name: self._code(name, rows[0].get("category", "")) for name, rows in self.by_topic.items()}
        self.cursor: dict[str, int] = defaultdict(int)

    def at_desk(self, seed: int) -> Self:
        other = super().at_desk(seed)
        start = random.Random(seed).randrange(len(self.rows))
        other.cursor = defaultdict(lambda: start)
        return other

    def _code(self, discipline: str, category: str) -> str:
        stem = discipline.split("/")[0].removesuffix("科学与工程").removesuffix("学")
        hits = [c for c, name in self.codes.items() if stem and stem in name]
        letters: dict[str, str] = self.plan.more["category_letters"]
        letter = letters.get(category, letters.get("", ""))
        near = [c for c in hits if c.startswith(letter)] or hits or [c for c in self.codes if c.startswith(letter)]
        return near[sum(map(ord, discipline)) % len(near)]

    def topic(self) -> dict[str, Any]:
        names = list(self.by_topic)
        name = self.random.choices(names, weights=[len(self.by_topic[n]) for n in names])[0]
        return {
            **self.random.choice(self.topics),
            "table": name,
            "discipline": self.topic_code[name],
            "related": [],
            "priority": "none",
        }

    def _row(self, name: str) -> dict[str, str]:
        rows = self.by_topic[name]
        self.cursor[name] += 1
        return rows[self.cursor[name] % len(rows)]

    def proposal(self, topic: dict[str, Any] | None = None) -> Text:
        topic = topic or self.topic()
        base = super().proposal({**topic})
        row = self._row(topic["table"])
        keywords = row["keywords"].replace("_", "；").replace(";", "；")
        title = row["title"][:54]
        if title in self.titles:
            title = f"{title}（{self.cursor[topic['table']]}）"
        self.titles.add(title)
        half = len(row["abstract"]) // 2
        sections = {
            **base.sections,
            "background": row["abstract"] + "\n" + base.sections["background"],
            "content": row["abstract"][half:] + base.sections["content"],
        }
        return Text(
            title,
            base.title_en,
            row["abstract"][:900],
            base.abstract_en,
            keywords[:180],
            base.keywords_en,
            topic["discipline"],
            "",
            sections,
        )

    def paper(self, topic: dict[str, Any]) -> tuple[str, str, str, str]:
        row = self._row(topic["table"])
        return (
            row["title"],
            row["abstract"],
            row["keywords"].replace("_", "；"),
            self.random.choice(self.plan.more["journals_zh"]),
        )


class NameMaker:
    """Fictional people: names as the region's people have them, with their romanisation."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.random = random.Random(seed)
        self.data = plan.vocabulary("names")

    def person(self) -> tuple[str, str, str]:
        """Return (Chinese name, Latin name, sex) of a new person."""
        r = self.random
        if r.random() < self.data.get("whole_share", 0):
            entry = r.choice(self.data["whole"])
            return entry["zh"], entry["latin"], entry["sex"]
        surname = r.choices(self.data["surname"], weights=[s.get("weight", 1) for s in self.data["surname"]])[0]
        sex = "f" if r.random() < 0.42 else "m"
        given_name = r.choice(self.data["given_female" if sex == "f" else "given_male"])
        return surname["zh"] + given_name["zh"], f"{surname['pinyin']} {given_name['pinyin']}", sex


def sample(rows: Sequence[Any], count: int, r: random.Random) -> list[Any]:
    return r.sample(list(rows), min(count, len(rows)))
