"""An OAuth 2 server on loopback, made of Authlib: authlib_server.py PORT-FILE [ROBOT.pub]

Grants: authorization code with PKCE, refresh with rotation and reuse detection, device code, client credentials, JWT bearer.
Beside them revocation, introspection, and `/me`, which tells whose token it is. ROBOT.pub verifies what the client `robot` signs.
UPSTREAM in the environment is what stands behind the resource server: `/HOST/PATH` is answered from there to a live token.

The test asks it to misbehave, and what it saw, below `/test`:
    GET  /test/counts          how many calls there were of each grant, and how many of them were refused with what
    GET  /test/secrets         every code and token that was ever given out, one a line
    POST /test/expire          every access token has ended
    POST /test/slow            the next poll of a device is too fast
    POST /test/delay?ms=500    answers of the token endpoint wait as long
    POST /test/echo            the next token answers are errors that hold all that was sent
    POST /test/person          user_code=… [approve=0]: the person at the device page
State is in memory, and ends with the process.
"""
import collections
import os
import sys
import time
import urllib.error
import urllib.request

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
PERSON = "ann@example.com"
ANY_METHOD = ["client_secret_basic", "client_secret_post", "none"]
LOOPBACK = "http://127.0.0.1:"


class Client(ClientMixin):
    def __init__(self, client_id, secret=None, methods=("none",), public_key=None):
        self.client_id, self.secret, self.methods, self.public_key = client_id, secret, methods, public_key

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope or ""

    def check_redirect_uri(self, redirect_uri):
        port, _, path = redirect_uri.removeprefix(LOOPBACK).partition("/")
        return redirect_uri.startswith(LOOPBACK) and port.isdigit() and path != ""

    def check_client_secret(self, client_secret):
        return self.secret is not None and self.secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method in self.methods

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return True


class Person:
    def get_user_id(self):
        return PERSON


class Token(TokenMixin):
    def __init__(self, answer, client, person, family):
        self.access, self.refresh = answer["access_token"], answer.get("refresh_token")
        self.scope, self.life = answer.get("scope", ""), answer["expires_in"]
        self.client, self.person, self.family = client, person, family
        self.ends, self.spent, self.revoked = time.time() + self.life, False, False

    def check_client(self, client):
        return self.client.client_id == client.client_id

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return self.life

    def is_expired(self):
        return self.ends < time.time()

    def is_revoked(self):
        return self.revoked or self.spent

    def get_user(self):
        return self.person

    def get_client(self):
        return self.client

    @property
    def lives(self):
        return not (self.revoked or self.spent or self.is_expired())


class Code(AuthorizationCodeMixin):
    def __init__(self, asked):
        self.client_id, self.redirect_uri, self.scope = asked.client.client_id, asked.payload.redirect_uri, asked.payload.scope
        self.person = asked.user
        self.code_challenge = asked.payload.data.get("code_challenge")
        self.code_challenge_method = asked.payload.data.get("code_challenge_method")

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


class Memory:
    def __init__(self):
        self.tokens, self.codes, self.devices, self.decisions = [], {}, {}, {}
        self.counts, self.secrets = collections.Counter(), []
        self.slow, self.delay, self.echo = False, 0.0, False


memory = Memory()
robot_key = open(sys.argv[2]).read() if len(sys.argv) > 2 else None
clients = {
    c.client_id: c
    for c in (
        Client("native"),
        # The one that README speaks of.
        Client("ID.apps.googleusercontent.com", "SECRET", ("client_secret_post",)),
        Client("web", "s3cr+t/=%", ("client_secret_basic", "client_secret_post")),
        Client("web-basic", "s3cr+t/=%", ("client_secret_basic",)),
        Client("web-body", "s3cr+t/=%", ("client_secret_post",)),
        Client("robot", public_key=robot_key),
    )
}
app = Flask("authlib_server")
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
base = ""


def save_token(answer, asked):
    before = getattr(asked, "token_before", None)
    family = before.family if before else object()
    memory.tokens.append(Token(answer, asked.client, asked.user, family))
    memory.secrets += [answer[name] for name in ("access_token", "refresh_token") if name in answer]


server = AuthorizationServer(app, query_client=clients.get, save_token=save_token)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_METHOD

    def save_authorization_code(self, code, request):
        memory.codes[code] = Code(request)
        memory.secrets.append(code)

    def query_authorization_code(self, code, client):
        found = memory.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code):
        memory.codes = {k: v for k, v in memory.codes.items() if v is not authorization_code}

    def authenticate_user(self, authorization_code):
        return authorization_code.person


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_METHOD
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        token = next((t for t in memory.tokens if t.refresh == refresh_token), None)
        if token and token.spent:
            memory.counts["reuse"] += 1
            for t in memory.tokens:
                t.revoked = t.revoked or t.family is token.family
        return token if token and not token.is_revoked() else None

    def authenticate_user(self, refresh_token):
        self.request.token_before = refresh_token
        return refresh_token.person

    def revoke_old_credential(self, refresh_token):
        refresh_token.spent = True


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class JWTBearer(JWTBearerGrant):
    def resolve_issuer_client(self, issuer):
        return clients.get(issuer)

    def resolve_client_public_key(self, client):
        return client.public_key

    def get_audiences(self):
        return [base + "/token"]

    def authenticate_user(self, subject):
        return Person() if subject in (None, PERSON) else None

    def has_granted_permission(self, client, user):
        return True


class DeviceGrant(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ANY_METHOD

    def query_device_credential(self, device_code):
        return memory.devices.get(device_code)

    def query_user_grant(self, user_code):
        return memory.decisions.get(user_code)

    def should_slow_down(self, credential):
        slow, memory.slow = memory.slow, False
        return slow


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    INTERVAL = 1

    def get_verification_uri(self):
        return base + "/device"

    def save_device_credential(self, client_id, scope, data):
        memory.secrets.append(data["device_code"])
        memory.devices[data["device_code"]] = DeviceCredentialDict(
            data, client_id=client_id, scope=scope, expires_at=time.time() + data["expires_in"])


class Tokens:
    CLIENT_AUTH_METHODS = ANY_METHOD

    def query_token(self, token_string, token_type_hint):
        return next((t for t in memory.tokens if token_string in (t.access, t.refresh)), None)


class Revocation(Tokens, RevocationEndpoint):
    def revoke_token(self, token, request):
        for t in memory.tokens:
            t.revoked = t.revoked or t.family is token.family


class Introspection(Tokens, IntrospectionEndpoint):
    def check_permission(self, token, client, request):
        return True

    def introspect_token(self, token):
        return {"active": token.lives, "scope": token.scope, "client_id": token.client.client_id}


server.register_grant(CodeGrant, [CodeChallenge(required=True)])
for grant in (RefreshGrant, ClientCredentials, JWTBearer, DeviceGrant):
    server.register_grant(grant)
for endpoint in (DeviceEndpoint, Revocation, Introspection):
    server.register_endpoint(endpoint)


@app.get("/authorize")
def authorize():
    person = None if request.args.get("deny") else Person()
    try:
        grant = server.get_consent_grant(end_user=Person())
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    return server.create_authorization_response(grant_user=person, grant=grant)


@app.post("/token")
def token():
    asked = request.form.get("grant_type", "").rsplit(":", 1)[-1]
    memory.counts[asked] += 1
    if memory.echo:
        body = {"error": "server_confused", "error_description": request.get_data(as_text=True),
                "sent": dict(request.form), "authorization": request.headers.get("Authorization", "")}
        return jsonify(body), 400
    time.sleep(memory.delay)
    answer = server.create_token_response()
    if answer.status_code != 200:
        memory.counts[answer.get_json()["error"]] += 1
    return answer


@app.post("/device_authorization")
def device_authorization():
    return server.create_endpoint_response("device_authorization")


@app.post("/revoke")
def revoke():
    memory.counts["revoke"] += 1
    return server.create_endpoint_response("revocation")


@app.post("/introspect")
def introspect():
    return server.create_endpoint_response("introspection")


@app.get("/.well-known/oauth-authorization-server")
def metadata():
    return jsonify(
        issuer=base, authorization_endpoint=base + "/authorize", token_endpoint=base + "/token",
        device_authorization_endpoint=base + "/device_authorization", revocation_endpoint=base + "/revoke",
        response_types_supported=["code"], code_challenge_methods_supported=["S256"],
        token_endpoint_auth_methods_supported=ANY_METHOD)


def bearer():
    value = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return next((t for t in memory.tokens if t.access == value and t.lives), None)


def unauthorised():
    memory.counts["unauthorised"] += 1
    return jsonify(error="invalid_token"), 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@app.get("/me")
def me():
    found = bearer()
    return jsonify(sub=found.person.get_user_id() if found.person else None) if found else unauthorised()


@app.route("/<host>.<tld>/<path:path>", methods=["GET", "POST"])
def resource(host, tld, path):
    if not bearer():
        return unauthorised()
    query = request.query_string.decode()
    url = f"{os.environ['UPSTREAM']}/{host}.{tld}/{path}" + ("?" + query if query else "")
    try:
        with urllib.request.urlopen(url) as answer:
            return Response(answer.read(), answer.status, content_type=answer.headers["Content-Type"])
    except urllib.error.HTTPError as error:
        return Response(error.read(), error.code, content_type=error.headers["Content-Type"])


@app.get("/test/counts")
def counts():
    return jsonify(memory.counts)


@app.get("/test/secrets")
def secrets():
    return "".join(value + "\n" for value in memory.secrets)


@app.post("/test/expire")
def expire():
    for t in memory.tokens:
        t.ends = 0
    return "done\n"


@app.post("/test/slow")
def slow():
    memory.slow = True
    return "done\n"


@app.post("/test/delay")
def delay():
    memory.delay = int(request.args["ms"]) / 1000
    return "done\n"


@app.post("/test/echo")
def echo():
    memory.echo = request.args.get("on", "1") == "1"
    return "done\n"


@app.post("/test/person")
def person():
    memory.decisions[request.form["user_code"]] = (Person(), request.form.get("approve", "1") == "1")
    return "done\n"


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


listening = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
base = f"http://127.0.0.1:{listening.server_port}"
with open(sys.argv[1] + ".new", "w") as file:
    print(listening.server_port, file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
listening.serve_forever()
