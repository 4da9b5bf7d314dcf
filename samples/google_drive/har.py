"""Writes a capture: HAR 1.2, one entry a line, gzipped, behind a first line that names the run."""

import gzip
import json
from base64 import b64encode
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import quote

REASONS = {
    200: "OK",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
STEP = timedelta(milliseconds=50)  # between the begin of one exchange and of the next


def secret(value):
    """What stands for a secret in a capture: the same for the same secret."""
    return f"[secret:{sha256(value.encode()).hexdigest()[:6]}]"


def encoded(text):
    """Percent-encoded, but for the unreserved characters of RFC 3986."""
    return quote(text, safe="")


class Capture:
    def __init__(self, clock, seed, token):
        self.clock = datetime.fromisoformat(clock.replace("Z", "+00:00"))
        self.token = token
        self.lines = [
            {
                "log": {
                    "version": "1.2",
                    "creator": {"name": "sluice", "version": "0.1"},
                    "comment": "made by samples/google_drive/make",
                },
                "_run": {"clock": clock, "seed": seed, "source": "google_drive", "options": {}, "state": None},
            }
        ]

    def exchange(
        self,
        url,
        query,
        body,
        status=200,
        type="application/json; charset=UTF-8",
        headers=None,
        answer_headers=None,
        form=None,
    ):
        """One request and its answer. `body` is bytes, or what is to be written as JSON; with `form` it is a POST without credentials."""
        data = body if isinstance(body, bytes) else (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()
        request = {
            "method": "POST" if form else "GET",
            "url": url + ("?" + "&".join(f"{encoded(k)}={encoded(v)}" for k, v in query.items()) if query else ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(
                {**({} if form else {"Authorization": f"Bearer {secret(self.token)}"}), **(headers or {})}
            ),
            "queryString": _pairs(query),
            "headersSize": -1,
            "bodySize": 0,
        }
        if form:
            text = "&".join(f"{encoded(k)}={encoded(v)}" for k, v in form.items())
            request["headers"] += _pairs({"Content-Type": "application/x-www-form-urlencoded"})
            request.update(bodySize=len(text), postData={"mimeType": "application/x-www-form-urlencoded", "text": text})
        answer = {
            "status": status,
            "statusText": REASONS[status],
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(
                {"Date": format_datetime(self.clock, usegmt=True), "Content-Type": type, **(answer_headers or {})}
            ),
            "content": {"size": len(data), "mimeType": type, **_text(data)},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        }
        started = self.clock.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.lines.append(
            {
                "startedDateTime": started,
                "time": 20,
                "request": request,
                "response": answer,
                "cache": {},
                "timings": {"send": 0, "wait": 20, "receive": 0},
            }
        )
        self.clock += STEP

    def write(self, path):
        text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in self.lines)
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _pairs(values):
    return [{"name": name, "value": value} for name, value in values.items()]


def _text(data):
    """Text as it is where that loses nothing; anything else in base64."""
    try:
        return (
            {"text": data.decode()} if b"\0" not in data else {"text": b64encode(data).decode(), "encoding": "base64"}
        )
    except UnicodeDecodeError:
        return {"text": b64encode(data).decode(), "encoding": "base64"}
