from django.apps import AppConfig


class AwardsConfig(AppConfig):
    name = "headwater.awards"
    verbose_name = "资助"

    def ready(self) -> None:
        from headwater.awards.services import agreements  # noqa: F401 -- registers what follows a release
