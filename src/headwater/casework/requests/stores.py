"""Where what is written in a request is kept: the tables of forms."""

from headwater.casework.requests.models import Request
from headwater.forms.sheets import own_store

STORE = own_store("requests.request", Request)
