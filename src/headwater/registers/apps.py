from headwater.core.apps import App


class RegistersConfig(App):
    name = "headwater.registers"
    verbose_name = "登记册"
