"""A hub on this machine: what huggingface_hub asks for, and a second host for large files."""

import hashlib
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = (".safetensors", ".ckpt", ".bin", ".pt")
GATED = {"X-Error-Code": "GatedRepo"}
STALL = "stall"


class Hub:
    """Repositories and links that tests fill, and the requests that came: paths and headers.

    `cuts` are after how many bytes the next answers with a file's bytes break off; `STALL` has one
    wait half-way. With `lies`, files are not what their checksums say.
    """

    def __init__(self):
        self.repositories, self.links, self.requests = {}, {}, []
        self.cuts, self.lies, self.has_ranges = [], False, True
        self.is_stalling, self._is_over = threading.Event(), threading.Event()
        self._servers = [_Server(self), _Server(self)]
        self.url, self.storage = (f"http://127.0.0.1:{each.server_port}" for each in self._servers)

    def add(self, name, files, *, licence="mit", gated=False, **listed):
        """A repository; `listed` overrules what its description says."""
        data = {
            "id": name,
            "sha": COMMIT,
            "gated": gated,
            "cardData": {"license": licence} if licence else None,
            "siblings": [_sibling(path, content) for path, content in files.items()],
        }
        self.repositories[name] = {"files": files, "data": {**data, **listed}}

    def downloads(self):
        """Paths of the requests for bytes, without redirects to the second host."""
        return [path for path, _headers in self.requests if not path.startswith("/api/")]

    def stall(self):
        self.is_stalling.set()
        self._is_over.wait(60)

    def close(self):
        self._is_over.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()


def _sibling(path, content):
    named = {"rfilename": path, "size": len(content)}
    header = f"blob {len(content)}\0".encode()
    named["blobId"] = hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
    if path.endswith(LARGE):
        sha256 = hashlib.sha256(content).hexdigest()
        named["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 135}
    return named


class _Server(ThreadingHTTPServer):
    def __init__(self, hub):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        self.hub = self.server.hub
        path = unquote(urlsplit(self.path).path)
        headers = {name.title(): value for name, value in self.headers.items()}
        self.hub.requests.append((path, headers))
        if path in self.hub.links:
            self._link(*self.hub.links[path])
        elif path.startswith("/api/models/"):
            self._describe(path.removeprefix("/api/models/"))
        else:
            self._file(*path.removeprefix("/").split("/resolve/"))

    def _describe(self, rest):
        name = "/".join(rest.split("/")[:2])
        repository = self.hub.repositories.get(name)
        if repository is None:
            return self._answer(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        if rest.endswith("/auth-check"):
            return self._answer(200 if self._is_let_in(repository) else 403, b"{}", GATED)
        if "/revision/" in rest and rest.partition("/revision/")[2] not in ("main", COMMIT):
            return self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        return self._answer(200, json.dumps(repository["data"]).encode())

    def _is_let_in(self, repository):
        token = self.headers.get("Authorization")
        return not repository["data"]["gated"] or token == "Bearer good"

    def _file(self, name, rest):
        repository, (commit, _, path) = self.hub.repositories[name], rest.partition("/")
        assert commit == COMMIT
        is_hub = self.hub.url.endswith(f":{self.server.server_port}")
        if is_hub and not self._is_let_in(repository):
            return self._answer(403, b"{}", GATED)
        if is_hub and path.endswith(LARGE):
            return self._answer(302, b"", {"Location": f"{self.hub.storage}{self.path}"})
        return self._bytes(repository["files"][path], {})

    def _link(self, content, headers):
        if "Status" in headers:
            return self._answer(headers["Status"], b"")
        if "Location" in headers:
            return self._answer(302, b"", headers)
        return self._bytes(content, headers)

    def _bytes(self, content, headers):
        start = int(self.headers.get("Range", "bytes=0-")[len("bytes=") : -1])
        start *= self.hub.has_ranges
        if start:
            headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        if self.hub.lies:
            content = bytes(len(content))
        return self._answer(206 if start else 200, content[start:], headers)

    def _answer(self, status, content, headers=()):
        is_file = status in (200, 206) and not self.path.startswith("/api/")
        cut = self.hub.cuts.pop(0) if is_file and self.hub.cuts else None
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **dict(headers)}.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # a client that goes away
            self.wfile.write(content[: len(content) // 2 if cut == STALL else cut])
            if cut == STALL:
                self.wfile.flush()
                self.hub.stall()
