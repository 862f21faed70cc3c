"""Referees of the demo's applicants who have neither a senior title nor a doctorate: two outside professors each, by their links."""

from __future__ import annotations

from typing import Any

from headwater.calls.joining.services.referees import name_referee, open_referee, write_letter
from headwater.calls.models import Application
from headwater.calls.schemes import scheme_of
from headwater.core.command import Actor
from headwater.demo.plan import Plan


def ask_referees(plan: Plan, application: Application, actor: Actor, n: int) -> None:
    """Name two referees, unless the applicant needs none; the second of every fourth applicant has not written yet."""
    leader = application.leader
    if leader.is_senior or leader.highest_degree == plan.more["degrees"][0] or scheme_of(application.call).referees is None:
        return
    for place in range(2):
        name, institution, title = plan.referees[(n + place) % len(plan.referees)]
        values: dict[str, Any] = {
            "name": name,
            "institution": institution,
            "title": title,
            "email": f"referee{(n + place) % len(plan.referees)}@example.org",
            "discipline": application.discipline.code if application.discipline else "",
        }
        referee, _key = name_referee(application=application, values=values, actor=actor)
        outside = Actor(account=None, source="demo")
        open_referee(referee=referee, actor=outside)
        if place == 0 or n % 4:
            answers = {"said_name": name, "said_institution": institution, "said_title": title, "tie": "none"}
            answers |= {"letter": plan.text("letter").format(title=application.title_zh)}
            write_letter(referee=referee, values={**answers, "is_senior": True, "same_field": True}, agree=True, actor=outside)
