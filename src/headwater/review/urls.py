from django.urls import path

from headwater.core.views.lookups import lookup_view
from headwater.review.lookups import EXPERT_HOMES
from headwater.review.views import deciding, expert, experts, office, panels, rooms

urlpatterns = [
    path("review/", expert.desk, name="review"),
    path("review/<int:pk>/", expert.assignment, name="assignment"),
    path("review/<int:pk>/save/", expert.autosave, name="opinion_save"),
    path("review/<int:pk>/conflict/", expert.conflict, name="declare_conflict"),
    path("panels/", rooms.panels, name="panels"),
    path("panels/<int:pk>/", rooms.panel, name="panel"),
    path("panels/<int:pk>/edit/", panels.edit_panel, name="panel_edit"),
    path("panels/<int:pk>/dissolve/", panels.dissolve, name="panel_dissolve"),
    path("panels/<int:pk>/calendar/", rooms.calendar, name="panel_calendar"),
    path("panels/<int:pk>/minutes/", rooms.minutes, name="panel_minutes"),
    path("panels/<int:pk>/minutes/pdf/", rooms.minutes_paper, name="panel_minutes_pdf"),
    path("panels/<int:pk>/items/<int:item>/", rooms.panel_item, name="panel_item"),
    path("panels/<int:pk>/step/<str:verb>/", panels.panel_step, name="panel_step"),
    path("office/calls/<int:pk>/assign/", office.assign, name="assign"),
    path("office/pair/<int:application>/<int:expert>/", office.pair, name="pair"),
    path("office/calls/<int:pk>/progress/", office.progress, name="progress"),
    path("office/calls/<int:pk>/progress/end/", office.end_review, name="end_review"),
    path("office/reviews/<int:pk>/", office.reviews, name="reviews"),
    path("office/calls/<int:pk>/panels/", panels.panels, name="call_panels"),
    path("office/calls/<int:pk>/panels/new/", panels.new_panel, name="new_panel"),
    path("office/calls/<int:pk>/decide/", deciding.decide, name="decide"),
    path("office/calls/<int:pk>/compare/", deciding.compare_sets, name="compare_sets"),
    path("office/experts/", experts.experts, name="experts"),
    path("office/experts/new/", experts.new, name="new_expert"),
    path("office/experts/<int:pk>/", experts.one, name="expert"),
    path("office/experts/<int:pk>/works/", experts.add_work, name="expert_work"),
    path("office/experts/<int:pk>/relations/", experts.add_relation, name="expert_relation"),
    path("review/profile/", experts.profile, name="expert_profile"),
    path("lookup/expert-homes/", lookup_view(EXPERT_HOMES), name="lookup_expert_homes"),
]
