from django.urls import path

from headwater.portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("calls/", views.calls, name="calls"),
    path("calls/<str:code>/", views.call, name="call"),
    path("projects/", views.projects, name="projects"),
    path("projects/<str:number>/", views.project, name="project"),
    path("notices/", views.notices, name="notices"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("notices/<int:pk>/pdf/", views.notice_pdf, name="notice_pdf"),
    path("notices/<int:pk>/objection/<int:row>/", views.objection, name="objection"),
    path("objections/<str:key>/", views.confirm_objection, name="confirm_objection"),
    path("search/", views.find, name="search"),
    path("data/", views.open_data, name="open_data"),
    path("data/<str:name>.<str:form>", views.register, name="register"),
]
