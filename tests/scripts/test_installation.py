"""scripts/setup.sh for real, into the root file system of a fresh Debian: a proof of its own, as root, some minutes.

    TIMELAPSE_SETUP_SUITE=bookworm python -m pytest tests/scripts/test_installation.py      (or trixie)

The root is debootstrap's, kept in FRESH_CACHE (default: /var/tmp); what is tried is a copy of it. systemd does not run
in there: that is for the virtual machine (`tests/vm/`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = os.environ.get("TIMELAPSE_SETUP_SUITE", "")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
pytestmark = [
    pytest.mark.proof,
    pytest.mark.root,
    pytest.mark.skipif(SUITE not in {"bookworm", "trixie"}, reason="set TIMELAPSE_SETUP_SUITE to bookworm or trixie"),
]
UNITS = "timelapse-capture.service timelapse-time-wait.service timelapse-revive.service timelapse-revive.timer"


class FreshRoot:
    """The root file system of a Debian in which nothing runs, with this checkout in `/srv/timelapse`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line of shell in it, with this machine's way to the network."""
        # Mounts of its own, which are gone with it.
        inside = """
            cd "$1"; mount --rbind /dev dev; mount -t proc proc proc; mount -t tmpfs tmpfs run; mkdir run/lock
            exec chroot . env -u PYTHONPATH HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin sh -uc "$2"
        """
        words = ["unshare", "--mount", "--pid", "--fork", "sh", "-euc", inside, "sh", str(self.path), command]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        if CERTIFICATES.exists():
            environment |= dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), "/srv/host.crt")
        return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)

    def fingerprint(self) -> dict[str, str]:
        """Of every file and link but caches: its mode and content."""
        found = {}
        for top in ("etc", "opt", "usr/local"):
            for path in (self.path / top).rglob("*"):
                if "__pycache__" not in path.parts and not path.is_dir():
                    content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
                    found[str(path)] = f"{path.lstat().st_mode:o} {hashlib.sha256(content).hexdigest()}"
        return found


def _debootstrapped() -> Path:
    cache = Path(os.environ.get("FRESH_CACHE", "/var/tmp")) / f"timelapse-setup-{SUITE}"
    if not cache.exists():
        made = cache.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        packages = "--include=python3,systemd,systemd-sysv"
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, SUITE, made, "http://deb.debian.org/debian"], check=True
        )
        made.rename(cache)
    return cache


@pytest.fixture(name="root", scope="module")
def _root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshRoot]:
    path = tmp_path_factory.mktemp("installation") / SUITE
    subprocess.run(["cp", "-a", _debootstrapped(), path], check=True)
    for file in ("/etc/resolv.conf", "/etc/hosts"):
        shutil.copy(file, f"{path}{file}")
    if CERTIFICATES.exists():
        shutil.copy(CERTIFICATES, path / "srv/host.crt")
    shutil.copytree(
        ROOT, path / "srv/timelapse", ignore=shutil.ignore_patterns(".*", "tests", "frames", "demo-frames", "build")
    )
    yield FreshRoot(path)
    shutil.rmtree(path)


def test_setup_installs_again_upgrades_and_uninstalls(root: FreshRoot) -> None:
    """One test, since each step begins where the one before has ended."""
    before = root.fingerprint()
    dry = root.run("/srv/timelapse/scripts/setup.sh --dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert root.fingerprint() == before

    done = root.run("/srv/timelapse/scripts/setup.sh")
    assert done.returncode == 0, done.stderr
    assert "Nothing was enabled or started" in done.stdout
    installed = root.fingerprint()
    seen = root.run(
        f"systemd-analyze verify {UNITS} && systemctl is-enabled timelapse-capture; timelapse config check; "
        "id -nG timelapse; stat -c '%a %U:%G %n' /etc/timelapse/timelapse.yml /var/lib/timelapse; "
        "cd /; /opt/timelapse/bin/python -P -m timelapse.time_wait --at-most 1s; ls -A /srv/timelapse"
    )
    assert seen.stdout.splitlines()[:4] == [
        "disabled",
        "/etc/timelapse/timelapse.yml: fine: 1 camera (main), into /var/lib/timelapse",
        "timelapse video",
        "640 root:timelapse /etc/timelapse/timelapse.yml",
    ], seen
    assert "750 timelapse:timelapse /var/lib/timelapse" in seen.stdout
    assert "build" not in seen.stdout.split()

    again = root.run("/srv/timelapse/scripts/setup.sh")
    assert (again.returncode, again.stderr) == (0, "")
    assert root.fingerprint() == installed

    _check_records(root)
    configuration = root.path / "etc/timelapse/timelapse.yml"
    configuration.write_text(configuration.read_text() + "# mine\n")
    (root.path / "srv/timelapse/shared/version.py").write_text('"""The version."""\n\nVERSION = "99.0"\n')
    refused = root.run("/srv/timelapse/scripts/setup.sh")
    assert (refused.returncode, "--upgrade replaces it" in refused.stderr) == (69, True)
    upgraded = root.run("/srv/timelapse/scripts/setup.sh --upgrade && timelapse --version")
    assert (upgraded.returncode, "99.0" in upgraded.stdout) == (0, True), upgraded
    assert configuration.read_text().endswith("# mine\n")

    _check_output_directories(root)

    gone = root.run("/srv/timelapse/scripts/setup.sh --uninstall && id timelapse && ls /var/lib/timelapse/kept")
    assert gone.returncode == 0, gone
    left = {path.removeprefix(str(root.path)) for path in root.fingerprint().keys() - before.keys()}
    assert {path for path in left if "timelapse" in path} == {"/etc/timelapse/timelapse.yml"}


def _check_records(root: FreshRoot) -> None:
    """As the service's user, with its configuration but for the camera."""
    done = root.run(
        "sed -i 's/source: auto/source: test/; s/interval: 10s/interval: 200ms/' /etc/timelapse/timelapse.yml; "
        "mkdir /run/timelapse; chown timelapse: /run/timelapse; cd /; setpriv --reuid timelapse --regid timelapse "
        "--init-groups timeout 6 /opt/timelapse/bin/python -P -m timelapse --config /etc/timelapse/timelapse.yml; "
        "cd /var/lib/timelapse; find main -name '*.jpg' | wc -l; touch kept; rm -r main"
    )
    assert int(done.stdout.split()[-1]) > 5, done


def _check_output_directories(root: FreshRoot) -> None:
    moved = root.run(
        "/srv/timelapse/scripts/setup.sh --output-dir /media/usb >/dev/null; timelapse config get output_dir; "
        "stat -c %U:%a /media/usb; cat /etc/systemd/system/timelapse-capture.service.d/output-dir.conf"
    )
    assert moved.stdout.split() == ["/media/usb", "timelapse:750", "[Service]", "ReadWritePaths=-/media/usb"], moved
    taken = root.run("mkdir /srv/shared; touch /srv/shared/x; /srv/timelapse/scripts/setup.sh --output-dir /srv/shared")
    assert (taken.returncode, "holds files of others" in taken.stderr) == (69, True)
    back = root.run(
        "/srv/timelapse/scripts/setup.sh --output-dir /var/lib/timelapse >/dev/null; timelapse config get output_dir; "
        "ls /etc/systemd/system/timelapse-capture.service.d; rmdir /etc/systemd/system/timelapse-capture.service.d"
    )
    assert back.stdout.split() == ["/var/lib/timelapse"], back
