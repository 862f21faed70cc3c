from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "headwater.forms"
    verbose_name = "填报"
