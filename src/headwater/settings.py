"""Django settings, all from `headwater.config`; policy values live in the region package, never here."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from headwater.config import Config, database_from_url
from headwater.core.keys import IDENTITY, SESSION, KeyFolder
from headwater.database import ensure_database
from headwater.database_role import application_url
from headwater.home import prepare_home

CONFIG = Config.from_env()
PACKAGE = Path(__file__).resolve().parent
prepare_home(CONFIG)

KEYS = KeyFolder(CONFIG.keys)
_single = CONFIG.home / "secret"  # where the only secret was until it had to hash identity numbers and sign sessions apart
with suppress(FileNotFoundError):
    KEYS.adopt(IDENTITY, _single.read_bytes().strip())
    _single.unlink()
SECRET_KEY, *SECRET_KEY_FALLBACKS = [x.hex() for x in KEYS.ring(SESSION, size=48)]
ANCHORS = CONFIG.home / "anchors/seals.jsonl"
DEBUG = CONFIG.debug
ALLOWED_HOSTS = CONFIG.hosts
DEMO = CONFIG.demo
SECOND_FACTOR = CONFIG.second_factor

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "headwater.core",
    "headwater.registry",
    "headwater.forms",
    "headwater.casework.requests",
    "headwater.casework.reports",
    "headwater.casework.bodies",
    "headwater.casework.notices",
    "headwater.registers",
    "headwater.calls",
    "headwater.review",
    "headwater.awards",
    "headwater.evaluations",
    "headwater.bases",
    "headwater.policy",
    "headwater.portal",
    "headwater.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "headwater.web.middleware.UnavailableMiddleware",
    "headwater.web.middleware.CharsetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "headwater.web.middleware.CleanTextMiddleware",
    "headwater.web.middleware.ActorMiddleware",
    "headwater.web.middleware.SecondFactorMiddleware",
    "headwater.web.middleware.SignInMiddleware",
    "headwater.web.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "headwater.urls"
WSGI_APPLICATION = "headwater.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [PACKAGE / "web/templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "headwater.web.context.shell",
            ],
            "builtins": [
                "headwater.web.templatetags.headwater",
                "headwater.web.templatetags.components",
                "headwater.web.templatetags.fields",
                "headwater.web.templatetags.pictures",
                "django.templatetags.i18n",
            ],
        },
    }
]
_server_url = ensure_database(CONFIG)
DATABASE_URL = _server_url if CONFIG.owner_url else application_url(_server_url, KEYS.ring("database")[0].hex())
DATABASES = {"default": database_from_url(DATABASE_URL)}
DATABASE_ROLE = str(DATABASES["default"]["USER"])
OWNER_DATABASE = database_from_url(CONFIG.owner_url or _server_url)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.Account"
AUTHENTICATION_BACKENDS = ["rules.permissions.ObjectPermissionBackend", "headwater.web.accounts.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name_zh", "name_en", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "headwater.core.passwords.PlainPasswordValidator"},
    {"NAME": "headwater.core.passwords.PersonalPasswordValidator"},
]
ACCOUNT_ADAPTER = "headwater.web.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "headwater.web.accounts.SignInForm",
    "reset_password": "headwater.web.accounts.ResetForm",
    "user_token": "headwater.web.accounts.TokenForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 -- a path
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "headwater.web.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Headwater 源头"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = PACKAGE / "web/static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": CONFIG.home / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
WHITENOISE_MAX_AGE = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20000  # a ballot sheet or a bulk endorsement is one form

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}
SESSION_ENGINE = "headwater.web.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "headwater.web.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if CONFIG.https:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31536000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in CONFIG.hosts if h not in {"127.0.0.1", "localhost"}]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

DEFAULT_FROM_EMAIL = CONFIG.email_from  # with no name in it, the system's own stands before it (`core.correspondence.sender`)
_mail = urlsplit(CONFIG.email_url)
if _mail.scheme == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.port == 587
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = unquote(_mail.path) if _mail.scheme == "file" else str(CONFIG.home / "mail")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"headwater": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
