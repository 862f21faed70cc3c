from headwater.core.apps import App


class ReviewConfig(App):
    name = "headwater.review"
    verbose_name = "评审"
