from headwater.core.apps import App


class CallsConfig(App):
    name = "headwater.calls"
    verbose_name = "申报"
    also = ("deciding.services.entries", "deciding.services.numbers", "deciding.services.objecting", "papers", "published")
