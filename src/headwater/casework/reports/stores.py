"""Where what people write in reports is kept."""

from headwater.casework.reports.models import Report
from headwater.forms.sheets import own_store

STORE = own_store("report", Report)
