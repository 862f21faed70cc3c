from django.urls import path

from headwater.registers.views import acting, office, public, recording

OFFICE = "office/registers/"
urlpatterns = [
    path("registers/", public.registers, name="registers"),
    path("registers/<str:register>/", public.register, name="register_entries"),
    path("registers/<str:register>/feed.<str:form>", public.feed, name="register_feed"),
    path("registers/<str:register>/<str:number>/", public.entry, name="public_entry"),
    path(OFFICE, office.registers, name="office_registers"),
    path(f"{OFFICE}<str:register>/", office.register, name="office_register"),
    path(f"{OFFICE}<str:register>/new/<str:kind>/", office.new, name="new_entry"),
    path(f"{OFFICE}<str:register>/do/<str:kind>/<str:verb>/", acting.do, name="entry_do"),
    path(f"{OFFICE}<str:register>/<int:pk>/", office.entry, name="entry"),
    path(f"{OFFICE}<str:register>/<int:pk>/change/", recording.change, name="entry_change"),
    path(f"{OFFICE}<str:register>/<int:pk>/withdraw/", acting.withdraw, name="entry_withdraw"),
    path(f"{OFFICE}<str:register>/<int:pk>/holders/", recording.holders, name="entry_holders"),
    path(f"{OFFICE}<str:register>/<int:pk>/succession/", recording.succession, name="entry_succession"),
    path(f"{OFFICE}<str:register>/<int:pk>/file/", recording.file, name="entry_file"),
    path(f"{OFFICE}<str:register>/<int:pk>/keeper/<str:role>/", recording.keeper, name="entry_keeper"),
    path(f"{OFFICE}<str:register>/<int:pk>/<str:tab>/", office.entry, name="entry_tab"),
]
