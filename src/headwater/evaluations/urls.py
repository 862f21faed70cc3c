from django.urls import path

from headwater.evaluations.views import deciding, entrant, office

urlpatterns = [
    path("office/evaluations/", office.rounds, name="office_evaluations"),
    path("office/evaluations/open/<int:pk>/", office.new, name="open_evaluation"),
    path("office/evaluations/<int:pk>/", office.evaluation, name="office_evaluation"),
    path("office/evaluations/<int:pk>/group/", office.group, name="evaluation_group"),
    path("office/evaluations/<int:pk>/entries/<int:entrant>/", entrant.entrant, name="evaluation_entrant"),
    path("office/evaluations/<int:pk>/grades/<str:act>/", deciding.grades, name="evaluation_grades"),
    path("evaluations/results/<int:pk>/", entrant.result, name="evaluation_result"),
]
