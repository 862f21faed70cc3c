from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "headwater.calls"
    verbose_name = "申报"
