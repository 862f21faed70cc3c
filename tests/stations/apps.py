from headwater.core.apps import App


class StationsConfig(App):
    name = "tests.stations"
    verbose_name = "台站"
