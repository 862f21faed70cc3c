from headwater.core.apps import App


class AwardsConfig(App):
    name = "headwater.awards"
    verbose_name = "资助"
    also = ("services.agreements", "services.giving_up")
