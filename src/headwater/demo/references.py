"""Referees of the demo's applicants who have neither a senior title nor a doctorate: two outside professors each, by their links."""

from __future__ import annotations

from typing import Any

from headwater.calls.joining.services.referees import name_referee, open_referee, write_letter
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.core.command import Actor

PROFESSORS = (
    ("周文彬", "北方理工大学", "教授"),
    ("林若涵", "滨海科技大学", "研究员"),
    ("沈知远", "江南师范大学", "教授"),
    ("高雅琴", "西部农业大学", "教授"),
    ("贺明川", "中原大学", "研究员"),
)
LETTER = (
    "我在学术会议和合作交流中了解申请人的工作。申请人长期从事相关领域的研究，基础扎实，能独立提出和解决问题。"
    "《{title}》抓住了一个真问题：研究目标明确，技术路线与目标相符，关键步骤有前期结果支持，风险估计客观。"
    "申请人所在单位具备所需的仪器和样本条件，团队分工清楚，计划的时间安排可以做到。"
    "申请人治学严谨，数据记录规范，愿意公开数据和方法，乐于与同行讨论不同意见。"
    "就我对国内外同类工作的了解，本项目即使得不到预期的结果，过程中形成的数据和方法也有价值。我推荐资助。"
)


def ask_referees(application: Application, actor: Actor, n: int) -> None:
    """Name two referees, unless the applicant needs none; the second of every fourth applicant has not written yet."""
    leader = application.leader
    if leader.is_senior or leader.highest_degree == "博士" or scheme_of(application.call).referees is None:
        return
    for place in range(2):
        name, institution, title = PROFESSORS[(n + place) % len(PROFESSORS)]
        values: dict[str, Any] = {
            "name": name,
            "institution": institution,
            "title": title,
            "email": f"referee{(n + place) % len(PROFESSORS)}@example.org",
            "discipline": application.discipline.code if application.discipline else "",
        }
        referee, _key = name_referee(application=application, values=values, actor=actor)
        outside = Actor(account=None, source="demo")
        open_referee(referee=referee, actor=outside)
        if place == 0 or n % 4:
            said = {"said_name": name, "said_institution": institution, "said_title": title, "tie": "none"}
            said |= {"letter": LETTER.format(title=application.title_zh)}
            write_letter(referee=referee, values={**said, "is_senior": True, "same_field": True}, agree=True, actor=outside)
