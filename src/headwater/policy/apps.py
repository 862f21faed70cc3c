from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "headwater.policy"
    verbose_name = "政策"

    def ready(self) -> None:
        from headwater.policy import outcomes  # noqa: F401 -- registers its indicators
