from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "headwater.web"
    verbose_name = "界面"
