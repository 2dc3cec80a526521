"""A certificate for this machine's own names, which signs itself: made once, kept, and made anew before it ends.

It is none of an authority: whoever gets hold of its key can pretend to be these names, and no other site.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cierre import private_files

_NAMES = ("localhost", "127.0.0.1", "::1")
# Browsers take no certificate that is valid for longer.
_VALID = timedelta(days=397)
# Another one is made when no more than this is left: a mock may run for a while.
_LEFT = timedelta(days=7)


class Certificate(NamedTuple):
    """Files of a certificate in PEM.

    Attributes:
        secret: the certificate with its key.
        public: the certificate alone, for those who are to trust it.
        until: the end of its time.
    """

    secret: Path
    public: Path
    until: datetime


def kept_certificate(directory: Path, hosts: Iterable[str], now: datetime | None = None) -> Certificate:
    """The certificate that the directory has, or a new one where that has ended, lacks a host, or is none.

    Args:
        directory: is made where it is not there. It gets `localhost.pem`, which its owner alone may read, and
            `localhost.crt`.
        hosts: names and addresses beside localhost; unspecified ones such as 0.0.0.0 are left out.
        now: the present time; that of the clock where it is None.

    Raises:
        OSError: the files can't be read or written.
    """
    moment = now or datetime.now(UTC)
    secret, public = directory / "localhost.pem", directory / "localhost.crt"
    names = _general_names([*_NAMES, *hosts])
    private_files.make_directory(directory)
    found = _read(secret)
    if found is None or not _fits(found, names, moment):
        found, text = _made(names, moment)
        beside = secret.with_name(f"{secret.name}.{os.getpid()}")
        private_files.make_file(beside)
        beside.write_bytes(text)
        # A mock that starts at the same time reads the one or the other, and no half.
        beside.replace(secret)
    public.write_bytes(found.public_bytes(Encoding.PEM))
    return Certificate(secret, public, found.not_valid_after_utc)


def _general_names(hosts: Iterable[str]) -> list[x509.GeneralName]:
    found: dict[str, x509.GeneralName] = {}
    for host in hosts:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            found[host] = x509.DNSName(host)
            continue
        if not address.is_unspecified:
            found[str(address)] = x509.IPAddress(address)
    return list(found.values())


def _read(file: Path) -> x509.Certificate | None:
    if not file.exists():
        return None
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except ValueError:
        return None


def _fits(certificate: x509.Certificate, names: Collection[x509.GeneralName], now: datetime) -> bool:
    if certificate.not_valid_after_utc - _LEFT <= now:
        return False
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return set(names) <= set(own)


def _made(names: list[x509.GeneralName], now: datetime) -> tuple[x509.Certificate, bytes]:
    """A new one, and its key with it in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cierre mock on this machine")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        # Clocks differ.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now - timedelta(days=1) + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made, secret + made.public_bytes(Encoding.PEM)
