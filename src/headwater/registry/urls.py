from django.urls import path

from headwater.core.views.lookups import lookup_view
from headwater.registry import views
from headwater.registry.lookups import CODES, FIELDS, ORGANISATIONS, PEOPLE
from headwater.registry.works.views import claims as claim_views
from headwater.registry.works.views import works as work_views

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
    path("works/", work_views.works, name="works"),
    path("works/new/", work_views.add, name="work_add"),
    path("works/import/", work_views.imports, name="works_import"),
    path("works/claim/", claim_views.claim, name="work_claim"),
    path("works/claims/", claim_views.claims, name="claims"),
    path("works/<int:pk>/", work_views.work, name="work"),
    path("works/<int:pk>/edit/", work_views.edit, name="work_edit"),
    path("works/<int:pk>/remove/", work_views.remove, name="work_remove"),
    path("works/<int:pk>/authors/<int:position>/", work_views.link, name="work_link"),
    path("works/<int:pk>/merge/", work_views.merge, name="work_merge"),
    path("works/<int:pk>/unmerge/", work_views.unmerge, name="work_unmerge"),
    path("lookup/organisations/", lookup_view(ORGANISATIONS), name="lookup_organisations"),
    path("lookup/codes/", lookup_view(CODES), name="lookup_codes"),
    path("lookup/fields/", lookup_view(FIELDS), name="lookup_fields"),
    path("lookup/people/", lookup_view(PEOPLE), name="lookup_people"),
]
