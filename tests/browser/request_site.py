"""The web application with institutions as records about which there are requests, for the stories of requests."""

from contextlib import ExitStack

from tests.browser.site import application as application
from tests.make.requests import ADDRESS, NOTE, open_to_requests

OPEN = ExitStack()
"""Held as long as the process runs: what is declared here stays."""
OPEN.enter_context(open_to_requests(ADDRESS | {"chain": ["programme_officer"]}, NOTE))
