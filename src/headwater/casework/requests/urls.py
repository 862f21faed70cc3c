from django.urls import path

from headwater.casework.requests.views import editor, listing, pages

urlpatterns = [
    path("requests/", listing.requests, name="requests"),
    path("requests/about/<str:kind>/<int:key>/", listing.about, name="requests_about"),
    path("requests/about/<str:kind>/<int:key>/new/", pages.new, name="request_new"),
    path("requests/<int:pk>/", pages.request, name="request"),
    path("requests/<int:pk>/submit/", pages.submission, name="request_submit"),
    path("requests/<int:pk>/withdraw/", pages.withdrawal, name="request_withdraw"),
    path("requests/<int:pk>/files/", pages.files, name="request_files"),
    path("requests/<int:pk>/edit/<str:section>/", editor.edit, name="request_edit"),
    path("requests/<int:pk>/save/", editor.save, name="request_save"),
    path("requests/<int:pk>/edit/<str:section>/drop/", editor.drop_unsaved, name="request_unsaved"),
    path("requests/<int:pk>/presence/", editor.presence, name="request_presence"),
    path("requests/<int:pk>/versions/", editor.versions, name="request_versions"),
    path("requests/<int:pk>/versions/compare/", editor.compare, name="request_compare"),
    path("requests/<int:pk>/versions/<int:version>/restore/", editor.restore, name="request_restore"),
]
