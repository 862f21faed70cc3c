from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "headwater.review"
    verbose_name = "评审"
