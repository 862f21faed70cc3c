from headwater.core.apps import App


class LettersConfig(App):
    name = "headwater.casework.letters"
    verbose_name = "函件"
