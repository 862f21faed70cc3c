from headwater.core.apps import App


class ReportsConfig(App):
    name = "headwater.casework.reports"
    verbose_name = "定期报告"
