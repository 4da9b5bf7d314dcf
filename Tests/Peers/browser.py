"""What Tests/Peers/browser does: ROOT CHROMIUM [FILE]."""
import base64, contextlib, gzip, http.server, json, os, subprocess, sys, tempfile, threading, urllib.error, urllib.request
import haralyzer, jsonschema

root, chromium, *written = sys.argv[1:]
passed = failed = 0


def check(what, good):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("failed:", what)


LATIN = "Größe".encode("latin-1")
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PAGE = """<!doctype html><title>Größe</title><img src=pixel.png><script>
(async () => {
  await fetch('data.json?page=1'); await fetch('data.json?page=2'); await fetch('data.json?page=1')
  await fetch('packed.json'); await fetch('moved'); await fetch('missing'); await fetch('latin.txt'); await fetch('plain.txt')
  await fetch('file.bin')
  await fetch('form', {method: 'POST', body: new URLSearchParams({q: 'a b', r: 'é'})})
  await fetch('query', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"query":"é \\\\" x"}'})
  await fetch('data:text/plain,here'); await fetch(URL.createObjectURL(new Blob(['there'])))
  await fetch('slow', {signal: AbortSignal.timeout(50)}).catch(() => {})
  document.title = 'done'
})()</script>"""
PAGES = {  # path: status, header, body
    "": (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.encode()),
    "pixel.png": (200, {"Content-Type": "image/png"}, PNG),
    "data.json?page=1": (200, {"Content-Type": "application/json"}, '{"page":1,"name":"é\\u00e9"}'.encode()),
    "data.json?page=2": (200, {"Content-Type": "application/json"}, b'{"page":2}'),
    "packed.json": (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b'{"packed":true}'),
    "moved": (302, {"Location": "data.json?page=2"}, b""),
    "missing": (404, {"Content-Type": "text/plain"}, b"not here"),
    "latin.txt": (200, {"Content-Type": "text/plain; charset=iso-8859-1"}, LATIN),
    "plain.txt": (200, {"Content-Type": "text/plain"}, "é".encode()),
    "file.bin": (200, {"Content-Type": "application/octet-stream"}, bytes(range(256))),
    "form": (200, {"Content-Type": "application/json"}, b'{"form":1}'),
    "query": (200, {"Content-Type": "application/json"}, b'{"data":{}}'),
}


class Site(http.server.BaseHTTPRequestHandler):
    """Behind /acme.example/, as a recorder meets what is asked with --via."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.removeprefix("/acme.example/")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if name == "slow":
            released.wait()  # until the browser has given up
            self.close_connection = True
            return
        status, headers, body = PAGES.get(name, (404, {}, b""))
        if "Content-Encoding" in headers:
            body = gzip.compress(body)
        self.send_response(status)
        for field in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(*field)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


released = threading.Event()
work = tempfile.TemporaryDirectory()  # gone at the end
os.chdir(work.name)


@contextlib.contextmanager
def replay(*captures):
    with contextlib.suppress(FileNotFoundError):
        os.remove("port")
    server = subprocess.Popen(["replay", *captures, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def ask(url, body=None, type=None):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": type} if type else {})
    try:
        answer = opener.open(request)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers, answer.read()


def recorded(name):
    """Checks that replay answers as the site did."""
    with replay(name) as base:
        for path, (status, headers, body) in PAGES.items():
            sent = {"form": (b"q=a+b&r=%C3%A9", "application/x-www-form-urlencoded"),
                    "query": ('{"query":"é \\" x"}'.encode(), "application/json")}.get(path, (None, None))
            got = ask(f"{base}/acme.example/{path}", *sent)
            check(f"{path}: status {got[0]}", got[0] == status)
            check(f"{path}: {got[2]!r}, not {body!r}", got[2] == body)
            check(f"{path}: {got[1]['Content-Encoding']} is left", got[1]["Content-Encoding"] is None)
        check("what was aborted is answered", ask(f"{base}/acme.example/slow")[0] == 404)


def har(*captures):
    return subprocess.run(["replay", *captures, "--har"], stdout=subprocess.PIPE, check=True).stdout


def described(text, count):
    """Checks a document against the description of HAR 1.2."""
    document = json.loads(text)
    with open(os.path.join(root, "Tests/Peers/har-1.2.schema.json")) as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    for error in list(validator.iter_errors(document))[:3]:
        print(error.json_path, error.message[:200])
    check("the document is no HAR 1.2", validator.is_valid(document))
    entries = document["log"]["entries"]
    check(f"{len(entries)} entries, not {count}", len(entries) == count)
    parsed = haralyzer.HarParser(document)
    check("haralyzer does not see each entry", len(parsed.har_data["entries"]) == count)
    check("haralyzer reads no status", all(haralyzer.HarEntry(e).response.status == e["response"]["status"] for e in entries))
    return entries


def body(entry):
    content = entry["response"]["content"]
    text = content.get("text", "")
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()


def answers(browser, entries):
    """Checks that a browser to which the document is given answers from it, and from nothing else."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    page.route_from_har("sample.har", not_found="abort")
    calls = {}
    for entry in entries:
        if entry["request"]["method"] == "GET" and entry["response"]["status"] not in range(300, 400):
            calls.setdefault(entry["request"]["url"], []).append(entry)
    by_host = {}
    for url in calls:
        by_host.setdefault(url.split("/")[2], []).append(url)
    wrong = []
    for host, urls in by_host.items():
        page.goto(urls[0], wait_until="commit")
        got = page.evaluate("""async urls => {
            const out = []
            for (const url of urls) {
                const answer = await fetch(url)
                const bytes = new Uint8Array(await answer.arrayBuffer())
                let text = ''
                for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096))
                out.push([answer.status, btoa(text)])
            }
            return out
        }""", urls)
        for url, (status, coded) in zip(urls, got):
            if (status, base64.b64decode(coded)) not in [(e["response"]["status"], body(e)) for e in calls[url]]:
                wrong.append(url)
    for url in wrong[:3]:
        print("other answer:", url)
    check(f"{len(wrong)} of {len(calls)} addresses are answered otherwise", calls and not wrong)
    print(f"the browser answered {len(calls)} addresses from the document")
    context.close()


def imports(browser, entries):
    """Checks what the developer tools make of the document, with the importer that is behind their Import HAR."""
    page = browser.new_context().new_page()
    page.goto("devtools://devtools/bundled/devtools_app.html", wait_until="commit")
    with open("sample.har") as file:
        got = page.evaluate("""async text => {
            const har = await import('devtools://devtools/bundled/models/har/har.js')
            const document = JSON.parse(text)
            const log = new har.HARFormat.HARRoot(document).log
            const out = []
            for (const [index, request] of har.Importer.Importer.requestsFromHARLog(log).entries()) {
                const content = await request.requestContentData()
                out.push([request.requestMethod, request.url(), request.statusCode, request.responseHeaders.length,
                    document.log.entries[index].response.content.encoding ? content.base64 : content.text])
            }
            return out
        }""", file.read())
    wanted = [[e["request"]["method"], e["request"]["url"], e["response"]["status"], len(e["response"]["headers"]),
               e["response"]["content"].get("text", "")] for e in entries]
    same = sum(a == b for a, b in zip(got, wanted))
    for a, b in [pair for pair in zip(got, wanted) if pair[0] != pair[1]][:3]:
        print("otherwise:", str(a)[:300], "not", str(b)[:300])
    check(f"the developer tools show {same} of {len(wanted)} entries as they are", same == len(wanted) == len(got))
    print(f"the developer tools imported {len(got)} entries")


capture = os.path.join(root, "samples/google_drive/first.har.ndjson.gz")
with open("sample.har", "wb") as file:
    file.write(har(capture))
with gzip.open(capture) as file:
    count = sum(1 for _ in file) - 1
entries = described(open("sample.har").read(), count)
recorded(os.path.join(root, "Tests/Replay/browser.har"))
described(har(os.path.join(root, "Tests/Replay/browser.har")), 14)

if chromium:
    from playwright.sync_api import sync_playwright

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(record_har_path="browser.har", record_har_content="embed")
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{site.server_address[1]}/acme.example/")
        page.wait_for_function("document.title == 'done'")
        context.close()
        released.set()
        site.shutdown()
        if written:
            with open("browser.har", "rb") as a, open(os.path.join(root, written[0]), "wb") as b:
                b.write(a.read())
        recorded("browser.har")
        answers(browser, entries)
        imports(browser, entries)
        browser.close()
print(f"{passed} passed, {failed} failed" + ("" if chromium else "; there is no chromium, and no browser was asked"))
sys.exit(failed > 0)
