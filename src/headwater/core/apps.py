"""How the apps of the house declare what they bring: each in modules of its own folder, found by their names."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps

from headwater.core.register import freeze_all

DECLARATIONS = (
    *("permissions", "rights", "roles", "workflow", "colours", "navigation", "duties", "tasks", "invariants", "evidence"),
    *(
        "indicators",
        "pictures",
        "rules",
        "searching",
        "files",
        "imports",
        "open_data",
        "tokens",
        "audit",
        "merging",
        "staff_work",
        "stores",
        "lookups",
    ),
)
"""What is loaded of every app that has it. `docs/architecture.md` tells what each of them declares."""
LATER = ("api", "examples")
"""What is loaded where it is asked for (see `load`): operations of the API with the addresses; a record for each argument of an address
by tests and the fuzzer alone."""


class App(AppConfig):
    """An app of the house. `also` names modules that declare besides what their names say, such as what follows a release."""

    default = False  # Django looks for one class in `apps.py`, and this one is imported there
    also: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.default = True

    def declare(self, *parts: str) -> None:
        """Import those of the modules that the app has; an error within one is not passed over."""
        for part in parts:
            if find_spec(f"{self.name}.{part}"):
                import_module(f"{self.name}.{part}")


class CoreConfig(App):
    name = "headwater.core"
    verbose_name = "核心"
    also = ("second_factor",)

    def ready(self) -> None:
        """Let every app declare, then close the registers: all models are known by now, and no page was asked for yet."""
        for config in house():
            config.declare(*DECLARATIONS)
        for config in house():
            for part in config.also:
                import_module(f"{config.name}.{part}")
        freeze_all()


def house() -> list[App]:
    """Return the installed apps that declare, from the lowest floor upwards."""
    return [config for config in apps.get_app_configs() if isinstance(config, App)]


def load(part: str) -> None:
    """Import one of `LATER` of every app."""
    for config in house():
        config.declare(part)
