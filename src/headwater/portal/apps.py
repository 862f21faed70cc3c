from headwater.core.apps import App


class PortalConfig(App):
    name = "headwater.portal"
    verbose_name = "门户"
