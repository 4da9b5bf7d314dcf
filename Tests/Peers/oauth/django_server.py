"""django-oauth-toolkit on loopback: django_server.py PORT-FILE

Below `/o/`: authorize/, token/, revoke_token/, introspect/, device-authorization/. Refresh tokens rotate, and the use of a spent one
ends its family. Who asks is always signed in as `ann`, and has agreed. State is in memory, and ends with the process.
"""
import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
import django
from django.conf import settings


class SignedIn:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        from django.contrib.auth.models import User

        request.user = User.objects.get(username="ann")
        request._dont_enforce_csrf_checks = True
        return self.get_response(request)


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", __name__ + ".SignedIn"],
    OAUTH2_PROVIDER={
        "SCOPES": {"read": "read", "write": "write"},
        "PKCE_REQUIRED": True,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
        "REQUEST_APPROVAL_PROMPT": "auto",
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="for tests on loopback " * 3,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from oauth2_provider.models import Application
from oauth2_provider.urls import metadata_urlpatterns

call_command("migrate", verbosity=0)
ann = User.objects.create_user("ann")
for client_id, secret, kind, grant in [
    ("native", "", "public", "authorization-code"),
    ("web", "s3cr+t/=%", "confidential", "authorization-code"),
    ("service", "s3cr+t/=%", "confidential", "client-credentials"),
]:
    # A loopback redirect without a port allows any. RFC 8252, section 7.3.
    Application.objects.create(
        client_id=client_id, client_secret=secret, hash_client_secret=False, user=ann, client_type=kind,
        authorization_grant_type=grant, redirect_uris="http://127.0.0.1/callback", skip_authorization=True)
# RFC 8414, section 3.1: the metadata of an issuer with a path stand at the root.
urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("", include((metadata_urlpatterns, "oauth2_provider"), namespace="metadata")),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


listening = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
with open(sys.argv[1] + ".new", "w") as file:
    print(listening.server_port, file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
listening.serve_forever()
