from django.urls import path

from headwater.core.views.lookups import lookup_view
from headwater.registry import views
from headwater.registry.lookups import CODES, FIELDS, ORGANISATIONS, PEOPLE

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/complete/", views.complete, name="person_complete"),
    path("people/<int:pk>/merge/", views.merge, name="person_merge"),
    path("people/<int:pk>/unmerge/", views.unmerge, name="person_unmerge"),
    path("people/<int:pk>/address/", views.address, name="person_address"),
    path("imports/", views.imports, name="imports"),
    path("integrity/sanctions/", views.sanctions, name="sanctions"),
    path("imports/<str:kind>.xlsx", views.template, name="import_template"),
    path("lookup/organisations/", lookup_view(ORGANISATIONS), name="lookup_organisations"),
    path("lookup/codes/", lookup_view(CODES), name="lookup_codes"),
    path("lookup/fields/", lookup_view(FIELDS), name="lookup_fields"),
    path("lookup/people/", lookup_view(PEOPLE), name="lookup_people"),
]
