"""Second factor (TOTP) and recovery codes, each address with its permission."""

from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path

from headwater.core.permission import PUBLIC, SIGNED_IN, page

urlpatterns = [
    path("", page(SIGNED_IN)(base.index), name="mfa_index"),
    path("authenticate/", page(PUBLIC)(base.authenticate), name="mfa_authenticate"),
    path("reauthenticate/", page(SIGNED_IN)(base.reauthenticate), name="mfa_reauthenticate"),
    path("totp/activate/", page(SIGNED_IN)(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", page(SIGNED_IN)(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("codes/", page(SIGNED_IN)(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("codes/generate/", page(SIGNED_IN)(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("codes/download/", page(SIGNED_IN)(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
