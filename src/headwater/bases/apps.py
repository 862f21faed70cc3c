from headwater.core.apps import App


class BasesConfig(App):
    name = "headwater.bases"
    verbose_name = "科技基地"
