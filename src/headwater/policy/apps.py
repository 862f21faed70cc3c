from headwater.core.apps import App


class PolicyConfig(App):
    name = "headwater.policy"
    verbose_name = "政策"
