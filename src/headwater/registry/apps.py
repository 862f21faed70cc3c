from headwater.core.apps import App


class RegistryConfig(App):
    name = "headwater.registry"
    verbose_name = "登记"
    also = ("addresses", "fund_staff", "places", "posts", "queries", "standing", "works")
