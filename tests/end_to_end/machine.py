"""A container engine of the test's own: its data, its socket, its images, all gone afterwards.

No registry is needed: the base image is made with debootstrap, the rest is built on it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUITE = "bookworm"  # its Python is the one of the default base image
BASE = "peil-base:test"
POSTGRES = "peil-postgres:test"
BROKER = "peil-broker:test"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def missing() -> str:
    """What this machine lacks to run containers, or nothing."""
    if os.geteuid() != 0:
        return "root"
    wanted = ("dockerd", "docker", "debootstrap")
    absent = [tool for tool in wanted if shutil.which(tool) is None]
    if absent:
        packages = "docker.io, docker-cli, docker-compose, debootstrap"
        return f"{', '.join(absent)} (Debian packages {packages})"
    compose = subprocess.run(["docker", "compose", "version"], check=False, capture_output=True)
    return "" if compose.returncode == 0 else "docker compose (Debian package docker-compose)"


class Engine:
    """A started dockerd, spoken to through its own socket."""

    def __init__(self, socket: Path) -> None:
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))},
            "DOCKER_HOST": f"unix://{socket}",
        }

    def docker(self, *words: str, env: dict[str, str] | None = None, timeout_s: int = 600) -> str:
        """Run one docker command; its output, or an error with the end of what it said."""
        done = subprocess.run(
            ["docker", *words],
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            output = (done.stdout + done.stderr)[-3000:]
            raise RuntimeError(f"docker {' '.join(words[:4])}…: {done.returncode}\n{output}")
        return done.stdout

    def has_image(self, name: str) -> bool:
        return bool(self.docker("images", "--quiet", name).strip())

    def make_base(self, folder: Path) -> None:
        """Debian with Python, and the certificate authorities this machine trusts."""
        packages = "--include=python3,python3-venv,ca-certificates"
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, SUITE, str(folder)],
            check=True,
            capture_output=True,
            timeout=600,
        )
        inside = folder / AUTHORITIES.relative_to("/")
        if AUTHORITIES.is_file():
            shutil.copyfile(AUTHORITIES, inside)
        with subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE) as tar:
            subprocess.run(
                ["docker", "import", "--change", _trust(), "-", BASE],
                stdin=tar.stdout,
                env=self.env,
                check=True,
                capture_output=True,
            )
        shutil.rmtree(folder)


def _trust() -> str:
    """Tell pip, uv and requests inside which authorities to trust, as this machine does."""
    names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
    return "ENV " + " ".join(f"{name}={AUTHORITIES}" for name in names)


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """Start dockerd under a folder; stop it, and remove all it made, at the end.

    A folder with a short path: a socket's is 107 bytes at most.
    """
    data, run, socket = folder / "data", folder / "run", folder / "docker.sock"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "dockerd.log").open("wb") as log:
        daemon = subprocess.Popen(
            [
                "dockerd",
                "--data-root",
                str(data),
                "--exec-root",
                str(run),
                "--pidfile",
                str(folder / "dockerd.pid"),
                "--host",
                f"unix://{socket}",
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    client = Engine(socket)
    try:
        _wait_for(client, daemon, folder / "dockerd.log")
        yield client
    finally:
        _remove_containers(client)
        daemon.terminate()  # it stops containerd, which it started
        try:
            daemon.wait(60)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait(10)
        for mount in reversed(_mounts_under(folder)):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(client: Engine, daemon: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        if daemon.poll() is not None:
            raise RuntimeError(f"dockerd ended:\n{log.read_text()[-2000:]}")
        try:
            client.docker("version", timeout_s=10)
            return
        except (RuntimeError, subprocess.TimeoutExpired):
            time.sleep(0.5)
    raise TimeoutError(f"dockerd does not answer:\n{log.read_text()[-2000:]}")


def _remove_containers(client: Engine) -> None:
    try:
        left = client.docker("ps", "--all", "--quiet", timeout_s=60).split()
        if left:
            client.docker("rm", "--force", "--volumes", *left, timeout_s=120)
    except (RuntimeError, subprocess.TimeoutExpired):
        pass  # the daemon is gone; what it ran went with it, or is seen by the next test


def _mounts_under(folder: Path) -> list[str]:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted(mount for mount in mounts if mount.startswith(str(folder)))
