from headwater.core.apps import App


class BodiesConfig(App):
    name = "headwater.casework.bodies"
    verbose_name = "评议组织"
