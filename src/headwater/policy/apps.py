from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "headwater.policy"
    verbose_name = "政策"
