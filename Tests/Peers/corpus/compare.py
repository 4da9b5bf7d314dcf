"""Makes the corpus, has `extract` and the peers read it, and compares what they found: compare.py [--seed N] [--repeat N] [--keep FOLDER]

A file is found whole where at least 0.99 of the words that were put in are in its document (and those of its parts), and at
least 0.99 of those which a peer rightly finds. Ends with 1 where one is not."""
import argparse, base64, json, pathlib, subprocess, sys, time
from collections import Counter, defaultdict

import mail, office, pages, plain
from peers import PEERS
from words import count, recall

ENOUGH = 0.99
SCHEMA = {"type": "SCHEMA", "stream": "google_drive_file", "schema": {"type": "object", "properties": {"id": {"type": ["string"]}}}, "key_properties": ["id"]}
STATE = {"type": "STATE", "value": {"bookmarks": {"google_drive": {"tenant": "t", "partitions": {"drive:p": {}}}}, "run": "r", "after": None, "checkpoint": 1, "final": True, "format": 1}}


def item(key, name, kind, data):
    when = "2026-01-02T03:04:05.000Z"
    raw = {"id": key, "name": name, "mimeType": kind, "createdTime": when, "modifiedTime": when}
    content = {"media_type": kind, "base64": base64.b64encode(data).decode()}
    record = {"id": key, "source": "google_drive", "connection": "google_drive", "kind": "file", "partition": "drive:p", "raw": raw, "content": content}
    return {"type": "RECORD", "stream": "google_drive_file", "record": record, "time_extracted": "2026-01-03T00:00:00Z"}


def extract(files):
    """The text of each file, by its place in the list, what went wrong, and the seconds that it took."""
    items = [item(str(i), name, kind, data) for i, (name, kind, data, _) in enumerate(files)]
    stream = "".join(json.dumps(line) + "\n" for line in [SCHEMA, *items, STATE]).encode()
    begun = time.monotonic()
    run = subprocess.run(["extract"], input=stream, stdout=subprocess.PIPE)
    took = time.monotonic() - begun
    if run.returncode: sys.exit(f"extract ended with {run.returncode}")
    texts, status = defaultdict(list), {}
    for line in run.stdout.splitlines():
        line = json.loads(line)
        if line["type"] != "RECORD" or line["stream"] != "documents": continue
        record = line["record"]
        whole = record["id"].split("#")[0]
        texts[int(whole)].append(record["content"] or "")
        if record["id"] == whole: status[int(whole)] = record["metadata"]["extraction"]
    return {i: "\n".join(t) for i, t in texts.items()}, status, took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default="1")
    parser.add_argument("--repeat", type=int, default=1, help="how often each format's files are read when they are timed")
    parser.add_argument("--keep", type=pathlib.Path, help="write the files here, and what was read in them")
    options = parser.parse_args()
    files = [file for maker in (plain, pages, office, mail) for file in maker.make(options.seed)]
    ours, status, took = extract(files)
    print(f"{len(files)} files, {sum(len(f[2]) for f in files) / 1e6:.1f} MB, read by one extract in {took:.1f} s")
    formats, failures = defaultdict(list), []
    def fail(name, why): failures.append(f"{name}: {why}")
    for i, (name, kind, data, truth) in enumerate(files):
        formats[name.rsplit(".", 1)[1]].append(i)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / name).write_bytes(data)
            (options.keep / (name + ".found")).write_text(ours.get(i, ""))
    row = "{:6} {:>5}  {:>6} {:>6} {:>6}  {:>8} {:>8}  {}"
    print(row.format("format", "files", "ours", "of its", "peer", "ours/s", "peer/s", "peer"))
    for suffix, places in formats.items():
        wanted, found, theirs, both = Counter(), Counter(), Counter(), Counter()
        peer, read = PEERS.get(suffix, ("-", None))
        spent = 0
        for i in places:
            name, kind, data, truth = files[i]
            here = count(ours.get(i, ""))
            wanted[i], found[i] = truth.total(), (truth & here).total()
            if recall(truth, here) < ENOUGH:
                lost = list((truth - here).elements())[:6]
                fail(name, f"{recall(truth, here):.3f} of what was put in; lost {lost}; {status.get(i)}")
            if read is None: continue
            begun = time.monotonic()
            for _ in range(options.repeat):
                try: told = read(data, kind)
                except Exception as error:
                    told = ""
                    print(f"{peer} does not read {name}: {error!r}")
            spent += time.monotonic() - begun
            right = truth & count(told)
            theirs[i], both[i] = right.total(), (right & here).total()
            if recall(right, here) < ENOUGH: fail(name, f"{recall(right, here):.3f} of what {peer} finds")
        alone = extract([files[i] for i in places] * options.repeat)[2]
        number = len(places) * options.repeat
        part = lambda a, b: f"{a.total() / b.total():.4f}" if b.total() else "-"
        print(row.format(suffix, len(places), part(found, wanted), part(both, theirs), part(theirs, wanted) if read else "-", f"{number / alone:.0f}", f"{number / spent:.0f}" if spent else "-", peer))
    print("ours: words found of those put in; of its: words found of those that the peer rightly finds; peer: words that it finds of those put in")
    for failure in failures: print("failed:", failure)
    print(f"{len(files)} files, {len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
