"""The web application as browser tests meet it: with the day that the suite believes in."""

from headwater.wsgi import application as application
from tests.faked import shift_clock

shift_clock()
