from headwater.settings import *  # noqa: F403 -- all of the product's, and one app more
from headwater.settings import INSTALLED_APPS as BEFORE

INSTALLED_APPS = [*BEFORE, "tests.stations"]
ROOT_URLCONF = "tests.stations.addresses"
