from django.urls import path

from headwater.policy import views

urlpatterns = [
    path("policy/", views.policy, name="policy"),
    path("policy/<int:number>/", views.article, name="article"),
    path("indicators/<str:code>/", views.indicator, name="indicator"),
    path("lead/", views.lead, name="lead"),
]
