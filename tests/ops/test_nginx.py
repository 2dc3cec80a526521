"""nginx in front, with the file that `ops/` ships: TLS, the client's address, paths as they were sent."""

import shutil
import ssl
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cierre.cli import demo_data
from tests.conftest import missing
from tests.support.paths import ROOT
from tests.support.running import LOGOUT, bearer, free_port

HOST = "auth.example.com"
MAIN = """
user root; daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/cierre.conf;
}}
"""


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


class Proxy:
    """nginx before a node; `client` speaks to it from the address 127.0.0.2, which is not the proxy's."""

    def __init__(self, folder, upstream):
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        certificate(folder)
        text = (ROOT / "ops" / "nginx" / "cierre.conf").read_text(encoding="utf-8")
        for old, new in {
            "listen [::]:80;": "",
            "listen [::]:443 ssl http2;": "",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
            "127.0.0.1:3000": f"127.0.0.1:{upstream}",
            "/etc/ssl/cierre": str(folder),
        }.items():
            assert old in text
            text = text.replace(old, new)
        (folder / "cierre.conf").write_text(text, encoding="utf-8")
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder), encoding="utf-8")
        context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        transport = httpx.HTTPTransport(verify=context, local_address="127.0.0.2")
        self.client = httpx.Client(base_url=f"https://127.0.0.1:{self.port}", transport=transport, timeout=30)
        self.client.headers["Host"] = HOST

    def start(self, program):
        command = [program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(command, stderr=output)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < deadline, "nginx does not answer"
            time.sleep(0.05)

    def _answers(self):
        with suppress(httpx.TransportError):
            return self.client.get("/health/live").status_code == 200
        return False

    def end(self):
        self.client.close()
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def proxy(tmp_path, serve, sqlite_url):
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("nginx is not here (Debian's package nginx-light): its configuration was not tried")
    node = serve(sqlite_url, "--trusted-proxies", "127.0.0.1", "--keep-alive", "65s", issuer=f"https://{HOST}")
    folder = tmp_path / "nginx"
    folder.mkdir()
    before = Proxy(folder, node.port)
    before.start(program)
    before.node = node
    yield before
    before.end()


def test_a_session_is_closed_through_it_and_the_trail_has_the_clients_own_address(proxy):
    body = {"username": demo_data.USERS[0][1], "password": demo_data.PASSWORD}
    lie = {"X-Forwarded-For": "6.6.6.6"}
    token = proxy.client.post("/api/v1/auth/login", json=body, headers=lie).json()["data"]["accessToken"]
    answer = proxy.client.post(LOGOUT, headers=bearer(token, **lie))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert proxy.client.post(LOGOUT, headers=bearer(token)).status_code == 404
    assert '"ip_address":"127.0.0.2"' in proxy.node.log()
    assert "6.6.6.6" not in proxy.node.log()


def test_plain_http_leads_to_tls_with_the_method(proxy):
    answer = httpx.post(f"http://127.0.0.1:{proxy.plain_port}{LOGOUT}?a=1", headers={"Host": HOST})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{HOST}{LOGOUT}?a=1")


def test_the_metrics_are_not_for_its_clients(proxy):
    assert proxy.client.get("/metrics").status_code == 404
    assert httpx.get(f"{proxy.node.url}/metrics").status_code == 200


@pytest.mark.parametrize("path", ["//api/v1/auth/logout", "/api%2fv1/auth/logout", "/x/..%2fapi/v1/auth/logout"])
def test_a_path_is_the_services_to_refuse(proxy, path):
    answer = proxy.client.post(f"https://127.0.0.1:{proxy.port}{path}")
    assert answer.status_code == 404
    assert answer.headers["X-Trace-Id"]


def test_what_is_too_large_is_said_by_the_service(proxy):
    answer = proxy.client.post(
        "/api/v1/auth/login", content=b"x" * 100_000, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "PAYLOAD_TOO_LARGE"
