from django.urls import path

from headwater.awards import views

urlpatterns = [
    path("my/projects/", views.mine, name="my_projects"),
    path("my/projects/<str:number>/", views.agreement, name="agreement"),
    path("my/projects/<str:number>/refuse/", views.refuse, name="agreement_refuse"),
    path("my/projects/<str:number>/pdf/", views.pdf, name="agreement_pdf"),
    path("host/agreements/", views.host, name="host_agreements"),
    path("finance/", views.ledger, name="ledger"),
    path("office/calls/<int:pk>/agreements/", views.department, name="call_agreements"),
]
