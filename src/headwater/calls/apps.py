from headwater.core.apps import App


class CallsConfig(App):
    name = "headwater.calls"
    verbose_name = "申报"
