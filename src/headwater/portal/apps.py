from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "headwater.portal"
    verbose_name = "门户"
