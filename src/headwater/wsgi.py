import os

from django.core.wsgi import get_wsgi_application

from headwater.core.solver import keep_apart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.settings")
keep_apart()
application = get_wsgi_application()
