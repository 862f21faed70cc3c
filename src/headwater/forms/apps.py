from headwater.core.apps import App


class FormsConfig(App):
    name = "headwater.forms"
    verbose_name = "填写"
