from django.urls import path

from headwater.core import views
from headwater.core.views import accounts, audit, exports, roles, running, sessions, tokens

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("notifications/", views.notifications, name="notifications"),
    path("files/<int:pk>/", views.file, name="file"),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("exports/", exports.exports, name="exports"),
    path("exports/list/", exports.ask, name="ask_list"),
    path("exports/<int:pk>/", exports.fetch, name="export"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("address/<str:key>/", accounts.confirm, name="confirm_address"),
    path("admin/accounts/", accounts.accounts, name="accounts"),
    path("admin/accounts/changes/", accounts.changes, name="address_changes"),
    path("admin/accounts/factors/", accounts.factors, name="factor_resets"),
    path("admin/roles/", roles.roles, name="roles"),
    path("admin/grants/", roles.grants, name="grants"),
    path("admin/audit/", audit.audit, name="audit"),
    path("admin/audit/<int:pk>/", audit.audit_event, name="audit_event"),
    path("admin/outbox/", running.outbox, name="outbox"),
    path("admin/health/", running.health, name="health"),
]
