from django.urls import path

from headwater.casework.reports.views import editor, mine, office, reading

urlpatterns = [
    path("reports/", mine.reports, name="reports"),
    path("reports/start/", mine.start, name="report_start"),
    path("reports/all/", office.all_reports, name="reports_all"),
    path("reports/late/", office.late, name="reports_late"),
    path("reports/<int:pk>/", reading.report, name="report"),
    path("reports/<int:pk>/pdf/", reading.pdf, name="report_pdf"),
    path("reports/<int:pk>/edit/<str:section>/", editor.edit, name="report_edit"),
    path("reports/<int:pk>/edit/<str:section>/drop/", editor.drop_unsaved, name="report_unsaved"),
    path("reports/<int:pk>/save/", editor.autosave, name="report_save"),
    path("reports/<int:pk>/presence/", editor.presence, name="report_presence"),
    path("reports/<int:pk>/files/", editor.files, name="report_files"),
    path("reports/<int:pk>/submit/", editor.submit, name="report_submit"),
    path("reports/<int:pk>/withdraw/", reading.withdraw, name="report_withdraw"),
    path("reports/<int:pk>/reopen/", reading.reopen, name="report_reopen"),
    path("reports/<int:pk>/versions/", editor.versions, name="report_versions"),
    path("reports/<int:pk>/versions/compare/", editor.compare_versions, name="report_compare"),
    path("reports/<int:pk>/versions/<int:version>/restore/", editor.restore_version, name="report_restore"),
]
