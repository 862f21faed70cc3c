from django.urls import path

from headwater.casework.notices.views import office, own, public

urlpatterns = [
    path("notices/cases/<int:pk>/", public.notice, name="case_notice"),
    path("notices/cases/<int:pk>/pdf/", public.notice_paper, name="case_notice_pdf"),
    path("notices/cases/<int:pk>/objection/<int:row>/", public.objection, name="case_objection"),
    path("notices/mine/<int:row>/", own.line, name="notice_line"),
    path("notices/letters/", own.letters, name="notice_letters"),
    path("notices/letters/<int:pk>/", own.letter, name="notice_letter"),
    path("office/notices/cases/", office.notices, name="case_notices"),
    path("office/notices/cases/<int:pk>/", office.notice, name="case_notice_office"),
    path("office/notices/new/<slug:kind>/", office.new, name="case_notice_new"),
    path("integrity/objections/cases/", office.watched, name="case_objections"),
]
