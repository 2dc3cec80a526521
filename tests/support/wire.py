"""Requests as bytes, for what no client library would send, and the answers to them."""

import socket
import subprocess
from http.client import HTTPResponse
from io import BytesIO


class Raw:
    """An answer: `status`, `headers` (lower-case names, the last value of each), `body`."""

    def __init__(self, data):
        self.data = data
        parsed = HTTPResponse(_Pipe(data))
        parsed.begin()
        self.status = parsed.status
        self.headers = {name.lower(): value for name, value in parsed.getheaders()}
        self.body = parsed.read()


class _Pipe:
    def __init__(self, data):
        self._data = data

    def makefile(self, _mode):
        return BytesIO(self._data)


def exchange(port, data, *, timeout=60):
    """Send the bytes on a connection of their own; what comes back until it closes or is complete."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        sock.sendall(data)
        received = b""
        while not _complete(received):
            try:
                more = sock.recv(65536)
            except ConnectionResetError:
                break
            if not more:
                break
            received += more
    return Raw(received)


def read_answer(sock):
    """The bytes of one answer on a connection; what came until it was closed, where it was closed before."""
    received = b""
    while not _complete(received):
        more = sock.recv(1 if b"\r\n\r\n" not in received else _left(received))
        if not more:
            break
        received += more
    return received


def _left(data):
    """How many bytes of a body are still to come."""
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lengths[0]) - len(body) if lengths else 1


def _complete(data):
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return head.startswith((b"HTTP/1.1 204", b"HTTP/1.1 304"))


def post(path, *headers, body=b"", host="localhost:3000"):
    """The bytes of a POST; Content-Length only where there is a body, as curl sends it."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def run_curl(script, port):
    """Run a document's shell snippet with the real curl; its hosts are mapped to the port, nothing else."""
    hosts = ("api.example.com:80", "api.ejemplo.com:80", "localhost:3000")
    mapped = " ".join(f"--connect-to {host}:127.0.0.1:{port}" for host in hosts)
    wrapped = f'curl() {{ command curl -sS -i --max-time 20 {mapped} "$@"; }}\n{script}'
    done = subprocess.run(["bash", "-c", wrapped], capture_output=True, check=True, timeout=30)
    return Raw(done.stdout)
