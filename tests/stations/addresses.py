from django.urls import include, path

from headwater.urls import handler400, handler403, handler404
from headwater.urls import urlpatterns as before

__all__ = ["handler400", "handler403", "handler404", "urlpatterns"]
urlpatterns = [*before, path("stations/", include("tests.stations.urls"))]
