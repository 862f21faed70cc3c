from headwater.core.apps import App


class WebConfig(App):
    name = "headwater.web"
    verbose_name = "界面"
