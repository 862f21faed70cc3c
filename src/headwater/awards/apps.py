from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "headwater.awards"
    verbose_name = "资助"

    def ready(self) -> None:
        from headwater.awards.services import agreements, earlier, giving_up  # noqa: F401 -- register what follows a release, what is open, and an import
