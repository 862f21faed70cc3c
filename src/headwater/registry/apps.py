from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "headwater.registry"
    verbose_name = "登记"
