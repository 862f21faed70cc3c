"""Evaluations in rounds: frozen sheets, points that explain themselves, grades with quotas, consequences."""

from headwater.core.apps import App


class EvaluationsConfig(App):
    name = "headwater.evaluations"
    verbose_name = "评估"
    also = ("figures", "standing", "ties", "tabs", "services.grading")
