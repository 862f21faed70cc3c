from headwater.core.apps import App


class RequestsConfig(App):
    name = "headwater.casework.requests"
    verbose_name = "申请事项"
