from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "headwater.registry"
    verbose_name = "登记"

    def ready(self) -> None:
        from headwater.registry import addresses, fund_staff, imports, places, posts, standing, works  # noqa: F401 -- they add what the core asks for
