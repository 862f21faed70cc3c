"""All addresses. Every view declares its permission; a test walks this list as every role."""

from allauth.account import views as account
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from django.views.i18n import set_language

from headwater.core.permission import PUBLIC, SIGNED_IN, page
from headwater.core.services import set_language as remember_language
from headwater.regions.views import package, papers
from headwater.web.views import demo_enter, tour


class Base36Converter(StringConverter):
    """The number of an account in an address: it ends at the first hyphen, while the key behind it has one of its own."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36Converter, "base36")


@page(PUBLIC)
def switch_language(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        remember_language(account=request.user, language=request.POST.get("language", ""))
    return set_language(request)


handler400 = "headwater.web.views.bad_request"
handler403 = "headwater.web.views.forbidden"
handler404 = "headwater.web.views.not_found"
urlpatterns = [
    path("", include("headwater.portal.urls")),
    path("", include("headwater.policy.urls")),
    path("", include("headwater.core.urls")),
    path("", include("headwater.registry.urls")),
    path("", include("headwater.calls.urls")),
    path("", include("headwater.review.urls")),
    path("", include("headwater.awards.urls")),
    path("api/", include("headwater.api.urls")),
    path("admin/region/", package.region, name="region"),
    path("admin/region/schemes/", package.schemes, name="region_schemes"),
    path("admin/region/parameters/", package.parameters, name="region_parameters"),
    path("admin/region/papers/", papers.papers, name="region_papers"),
    path("admin/region/papers/<str:paper>/", papers.paper, name="region_paper"),
    path("admin/region/papers/<str:paper>/use/", papers.use, name="region_paper_use"),
    path("admin/region/papers/<str:paper>/preview/", papers.preview, name="region_paper_preview"),
    path("admin/region/papers/<str:paper>/start/", papers.start, name="region_paper_start"),
    path("enter/", demo_enter, name="demo_enter"),
    path("tour/", tour, name="tour"),
    path("language/", switch_language, name="set_language"),
    path("accounts/login/", page(PUBLIC)(account.login), name="account_login"),
    path("accounts/logout/", page(PUBLIC)(account.logout), name="account_logout"),
    path("accounts/inactive/", page(PUBLIC)(account.account_inactive), name="account_inactive"),
    path("accounts/reauthenticate/", page(SIGNED_IN)(account.reauthenticate), name="account_reauthenticate"),
    path("accounts/password/change/", page(SIGNED_IN)(account.password_change), name="account_change_password"),
    path("accounts/password/set/", page(SIGNED_IN)(account.password_set), name="account_set_password"),
    path("accounts/password/reset/", page(PUBLIC)(account.password_reset), name="account_reset_password"),
    path("accounts/password/reset/done/", page(PUBLIC)(account.password_reset_done), name="account_reset_password_done"),
    path(
        "accounts/password/reset/key/<base36:uidb36>-<str:key>/",
        page(PUBLIC)(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        page(PUBLIC)(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("accounts/2fa/", include("headwater.web.mfa_urls")),
]
