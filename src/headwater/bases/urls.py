from django.urls import path

from headwater.bases.commissioning import views as commissioning
from headwater.bases.cultivation import views as cultivation
from headwater.bases.layout import views as layout
from headwater.bases.lookups import ENTRIES
from headwater.bases.people import views as people
from headwater.bases.rows import views as rows
from headwater.bases.standards import views as standards
from headwater.bases.tables import views as tables
from headwater.core.views.lookups import lookup_view

OFFICE = "office/bases/<int:pk>/"
TABLE = "office/bases/lines/<int:pk>/<str:table>/"
urlpatterns = [
    path("lookup/entries/", lookup_view(ENTRIES), name="lookup_entries"),
    path("bases/cultivation/", cultivation.public, name="cultivation"),
    path("bases/layout/", layout.layout, name="base_layout"),
    path("office/bases/cultivation/", cultivation.office, name="office_cultivation"),
    path("office/bases/layout/", layout.office_layout, name="office_base_layout"),
    path("office/bases/commissions/", commissioning.board, name="base_commissions"),
    path("office/bases/due/", standards.dues, name="base_dues"),
    path(f"{OFFICE}months/<int:year>/", people.months, name="base_months"),
    path(f"{OFFICE}known/<int:year>/", cultivation.known, name="base_gap_known"),
    path(f"{OFFICE}rows/<slug:table>/", rows.rows, name="base_rows"),
    path(f"{OFFICE}rows/<slug:table>/new/", rows.new, name="base_row_new"),
    path(f"{OFFICE}rows/<slug:table>/sheet/", rows.sheet, name="base_row_sheet"),
    path(f"{OFFICE}rows/<slug:table>/<int:row>/", rows.change, name="base_row"),
    path(f"{OFFICE}rows/<slug:table>/<int:row>/strike/", rows.strike, name="base_row_strike"),
    path(TABLE, tables.rows, name="base_table"),
    path(f"{TABLE}new/", tables.new_row, name="base_line_new"),
    path(f"{TABLE}import/", tables.import_file, name="base_lines_import"),
    path(f"{TABLE}<int:row>/", tables.row, name="base_line"),
    path(f"{TABLE}<int:row>/remove/", tables.remove, name="base_line_remove"),
]
