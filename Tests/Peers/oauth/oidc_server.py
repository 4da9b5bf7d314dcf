"""oidc-provider-mock on loopback: oidc_server.py PORT-FILE

An OpenID provider with discovery. Its page for the person is a form: POST it with `sub=…`, or with `action=deny`.
"""
import os
import sys

from oidc_provider_mock import app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


listening = make_server("127.0.0.1", 0, app(), threaded=True, request_handler=Quiet)
with open(sys.argv[1] + ".new", "w") as file:
    print(listening.server_port, file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
listening.serve_forever()
