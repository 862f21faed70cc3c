from django.urls import path

from tests.stations import views

urlpatterns = [path("", views.stations, name="stations"), path("<int:pk>/", views.station, name="station")]
