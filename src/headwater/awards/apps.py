from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "headwater.awards"
    verbose_name = "资助"

    def ready(self) -> None:
        from headwater.awards.services import agreements, earlier  # noqa: F401 -- register what follows a release, and an import
