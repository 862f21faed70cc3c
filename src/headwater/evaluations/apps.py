from headwater.core.apps import App


class EvaluationsConfig(App):
    name = "headwater.evaluations"
    verbose_name = "评估"
