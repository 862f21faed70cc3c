from django.urls import path

from headwater.casework.letters import views

urlpatterns = [path("casework/letters/<int:pk>/", views.letter, name="case_letter")]
