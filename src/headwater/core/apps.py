from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps

PARTS = (
    *("permissions", "rights", "workflow", "duties", "tasks", "invariants", "evidence", "indicators", "searching", "files"),
    *("merging", "staff_work"),
)
"""What an app declares, each in a file of its own."""


class CoreConfig(AppConfig):
    name = "headwater.core"
    verbose_name = "核心"

    def ready(self) -> None:
        """Let every app register its permissions, transitions, tasks, invariants and indicators."""
        from headwater.core import keys, second_factor

        keys.REWRITERS[keys.TOTP] = second_factor.seal_anew
        for config in apps.get_app_configs():
            if config.name.startswith("headwater."):
                for part in PARTS:
                    if find_spec(f"{config.name}.{part}"):
                        import_module(f"{config.name}.{part}")
