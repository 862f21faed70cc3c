from django.urls import path

from headwater.casework.bodies.lookups import BODY_PEOPLE
from headwater.casework.bodies.views import office, sittings
from headwater.core.views.lookups import lookup_view

urlpatterns = [
    path("bodies/", office.bodies, name="bodies"),
    path("lookup/body-people/", lookup_view(BODY_PEOPLE), name="lookup_body_people"),
    path("bodies/new/", office.new, name="body_new"),
    path("bodies/new/<slug:kind>/", office.compose, name="body_compose"),
    path("bodies/<int:pk>/", office.body, name="body"),
    path("bodies/<int:pk>/members/", office.members, name="body_members"),
    path("bodies/<int:pk>/dissolve/", office.dissolving, name="body_dissolve"),
    path("bodies/<int:pk>/call/", sittings.call, name="body_call"),
    path("sittings/<int:pk>/", sittings.sitting, name="sitting"),
    path("sittings/<int:pk>/change/", sittings.change, name="sitting_change"),
    path("sittings/<int:pk>/cancel/", sittings.cancelling, name="sitting_cancel"),
    path("sittings/<int:pk>/calendar/", sittings.calendar, name="sitting_calendar"),
    path("sittings/<int:pk>/minutes/", sittings.minutes, name="sitting_minutes"),
    path("sittings/<int:pk>/minutes/pdf/", sittings.minutes_paper, name="sitting_minutes_pdf"),
    path("sittings/<int:pk>/items/<int:item>/opinion/", sittings.opinion, name="sitting_opinion"),
]
