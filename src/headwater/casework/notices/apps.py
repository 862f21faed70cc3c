from headwater.core.apps import App


class NoticesConfig(App):
    name = "headwater.casework.notices"
    verbose_name = "公示"
