#!/usr/bin/env python3
"""Set up Halte on a fresh machine: find or fetch uv and Python 3.10, then install what uv.lock lists.

``bootstrap.py run`` installs what the assistant needs, ``bootstrap.py test`` also what the tests need.
Only the standard library of Python 3.9 or newer is used. A second start finds its stamp and does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import html.parser
import json
import os
import platform
import pwd
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
STAMP = VENV / "halte-stamp.json"
PYPI = "https://pypi.org/simple"

UV_OLDEST = (0, 5)
UV_VERSION = "0.13.8"
UV_WHEELS = {  # (system, machine) of the wheels that we trust, with their sha256
    ("linux", "x86_64"): (
        "uv-0.13.8-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("linux", "aarch64"): (
        "uv-0.13.8-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
    ),
    ("darwin", "x86_64"): (
        "uv-0.13.8-py3-none-macosx_10_12_x86_64.whl",
        "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
    ),
    ("darwin", "arm64"): (
        "uv-0.13.8-py3-none-macosx_11_0_arm64.whl",
        "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
    ),
}
UV_OTHER_HASHES = ("5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",)  # manylinux_2_28_aarch64

ENCODER_DISK_GB = 12
PYTHON_PROBE = (
    "import sys, platform, ssl, sqlite3, ctypes, zlib, bz2;"
    "sys.exit(0 if sys.version_info[:2] == (3, 10) and platform.python_implementation() == 'CPython' else 3)"
)
NO_PYTHON = """Python 3.10 is needed, was not found, and could not be downloaded. Install it in one of these ways:
  Ubuntu 22.04:      sudo apt-get install python3.10 python3.10-venv
  Debian, Ubuntu:    sudo apt-get install git curl build-essential libssl-dev zlib1g-dev libbz2-dev \\
                       libreadline-dev libsqlite3-dev libffi-dev liblzma-dev
                     then install pyenv (github.com/pyenv/pyenv) and run: pyenv install 3.10
  macOS:             brew install python@3.10      (or: brew install pyenv && pyenv install 3.10)
Python somewhere else? Name it: UV_PYTHON=/path/to/python3.10
Then start the same command again."""


class Failed(Exception):
    """Set-up cannot go on; the message says in plain words what to do."""


def say(text: str) -> None:
    """One short line about one step."""
    print(f"halte set-up: {text}", flush=True)


def run(command: list, env: dict | None = None, timeout: float = 60) -> subprocess.CompletedProcess:
    """Run quietly, with no input; a command that cannot start counts as failed. Long ones show that they go on."""
    still = threading.Event()
    if timeout > 600:
        threading.Thread(target=tick, args=(still,), daemon=True).start()
    try:
        return subprocess.run(
            [str(part) for part in command],
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer after {timeout:.0f} s")
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))
    finally:
        still.set()


def tick(stop: threading.Event, every: float = 30) -> None:
    """Say now and then that something long is still going on."""
    started = time.monotonic()
    while not stop.wait(every):
        say(f"still working, {time.monotonic() - started:.0f} s")


def last_words(result: subprocess.CompletedProcess, lines: int = 6) -> str:
    """The end of what a failed command said, without passwords in addresses."""
    text = (result.stderr.strip() or result.stdout.strip()).splitlines()[-lines:]
    return re.sub(r"//[^/@\s]+@", "//***@", "\n".join(f"    {line}" for line in text))


def environment() -> dict:
    """The environment for pip and uv: each gets the index and the certificates that the other was given."""
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)  # an activated environment is not ours to change
    for name in ("PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT"):
        env.pop(name, None)
    certificates = next(
        (env[name] for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE") if env.get(name)), ""
    )
    if not certificates and sys.platform.startswith("linux"):
        system = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
        certificates = system if os.path.isfile(system) else ""
    if certificates and os.path.isfile(certificates):
        env.setdefault("SSL_CERT_FILE", certificates)
        env.setdefault("PIP_CERT", certificates)
    if own_index():
        env.setdefault("UV_DEFAULT_INDEX", own_index())
        env.setdefault("PIP_INDEX_URL", own_index())
    env.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    env.setdefault("UV_PYTHON_INSTALL_DIR", str(TOOLS / "python"))
    env.setdefault("UV_HTTP_TIMEOUT", "120")
    env["UV_NO_PROGRESS"] = "1"
    home = env.get("HOME")
    if not (home and os.path.isdir(home) and os.access(home, os.W_OK)):
        env.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    return env


def own_index() -> str:
    """The package index that the machine's owner chose, if any."""
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


# --- uv -------------------------------------------------------------------------------------------------------------


def find_uv() -> str | None:
    """A uv that is new enough: on PATH, else in our private folder."""
    for candidate in (shutil.which("uv"), TOOLS / "bin" / "uv"):
        if candidate and uv_works(candidate):
            return str(candidate)
    return None


def uv_works(path: object) -> bool:
    """Whether this uv starts and is new enough to read the lock file."""
    found = re.match(r"uv (\d+)\.(\d+)", run([path, "--version"], timeout=30).stdout)
    return bool(found) and (int(found[1]), int(found[2])) >= UV_OLDEST


def machine() -> tuple[str, str]:
    """System and processor, named as in ``UV_WHEELS``."""
    system = "linux" if sys.platform.startswith("linux") else sys.platform
    names = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}
    kind = platform.machine().lower()
    return system, names.get(kind, kind)


def fetch_uv() -> str:
    """Install the pinned uv into the private folder, in the first way that works."""
    say(f"uv {UV_VERSION} is not here yet: fetching it from the Python package index into .tools/")
    TOOLS.mkdir(exist_ok=True)
    reasons = []
    for name, way in (("pip", uv_by_pip), ("a virtual environment", uv_by_venv), ("a direct download", uv_by_download)):
        try:
            way()
            if uv_works(TOOLS / "bin" / "uv"):
                return str(TOOLS / "bin" / "uv")
            reasons.append(f"  with {name}: the uv that came does not start on this machine")
        except (OSError, ValueError, KeyError, Failed, zipfile.BadZipFile) as error:
            reasons.append(f"  with {name}: {re.sub('//[^/@ ]+@', '//***@', str(error))}")
    raise Failed(
        "uv (the installer that Halte uses) could not be fetched:\n" + "\n".join(reasons) + "\n"
        "Check the internet connection. Behind a company proxy: set HTTPS_PROXY, SSL_CERT_FILE and PIP_INDEX_URL.\n"
        "Or install uv yourself (docs.astral.sh/uv) and start the same command again."
    )


def install_uv(python: object) -> None:
    """Let the pip of ``python`` install uv into the private folder; wheels only, hashes checked."""
    if run([python, "-m", "pip", "--version"]).returncode:
        raise Failed("pip is not installed")
    hashes = [checksum for _, checksum in UV_WHEELS.values()] + list(UV_OTHER_HASHES)
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        wanted = Path(folder, "uv.txt")
        wanted.write_text(f"uv=={UV_VERSION} " + " ".join(f"--hash=sha256:{one}" for one in hashes) + "\n")
        target = Path(folder, "uv")
        command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", "--target", target, "-r", wanted]
        result = run(command, env=environment(), timeout=300)
        if result.returncode:
            raise Failed((last_words(result, 1) or "pip failed").strip())
        keep_uv(target / "bin" / "uv")


def keep_uv(binary: Path) -> None:
    """Move a fetched uv to its place."""
    (TOOLS / "bin").mkdir(parents=True, exist_ok=True)
    binary.chmod(0o755)
    os.replace(binary, TOOLS / "bin" / "uv")


def uv_by_pip() -> None:
    """First way: the pip of the Python that runs this script."""
    install_uv(sys.executable)


def uv_by_venv() -> None:
    """Second way: a virtual environment with its own pip (where the system has none)."""
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        if run([sys.executable, "-m", "venv", folder], timeout=180).returncode:
            raise Failed("the venv module of this Python is missing or incomplete")
        install_uv(Path(folder, "bin", "python"))


class Links(html.parser.HTMLParser):
    """File names and addresses on an HTML index page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """See :class:`html.parser.HTMLParser`."""
        address = dict(attrs).get("href") or ""
        if tag == "a" and address:
            path = urllib.parse.urlsplit(address).path
            self.found[urllib.parse.unquote(path.rsplit("/", 1)[-1])] = address


def uv_by_download() -> None:
    """Last way: fetch the wheel over HTTPS and unpack the one file that is needed."""
    if machine() not in UV_WHEELS:
        raise Failed(f"no ready-made uv for {' '.join(machine())}")
    name, checksum = UV_WHEELS[machine()]
    page = (own_index() or PYPI).rstrip("/") + "/uv/"
    body, kind, page = download(page, "application/vnd.pypi.simple.v1+json, text/html;q=0.5")
    if "json" in kind:
        links = {entry["filename"]: entry["url"] for entry in json.loads(body)["files"]}
    else:
        parser = Links()
        parser.feed(body.decode("utf-8", "replace"))
        links = parser.found
    if name not in links:
        raise Failed(f"the package index does not offer {name}")
    wheel, _, _ = download(urllib.parse.urljoin(page, links[name]), "*/*")
    if hashlib.sha256(wheel).hexdigest() != checksum:
        raise Failed("the downloaded file is not the one we trust (its sha256 differs)")
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        packed, binary = Path(folder, "uv.whl"), Path(folder, "uv")
        packed.write_bytes(wheel)
        with zipfile.ZipFile(packed) as archive:
            binary.write_bytes(archive.read(f"uv-{UV_VERSION}.data/scripts/uv"))
        keep_uv(binary)


def download(address: str, accept: str) -> tuple[bytes, str, str]:
    """Body, content type and final address; a name and password in the address are sent the usual way."""
    parts = urllib.parse.urlsplit(address)
    handlers: list = []
    if parts.scheme == "https":
        handlers.append(urllib.request.HTTPSHandler(context=certificates()))
    if parts.username:
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        host = parts.hostname + (f":{parts.port}" if parts.port else "")
        address = urllib.parse.urlunsplit(parts._replace(netloc=host))
        user, word = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
        root = f"{parts.scheme}://{host}/"
        passwords.add_password(None, root, user, word, is_authenticated=True)
        handlers.append(urllib.request.HTTPBasicAuthHandler(passwords))
    request = urllib.request.Request(address, headers={"Accept": accept, "User-Agent": "halte-bootstrap"})
    last: Exception = Failed("no answer")
    for attempt in range(3):
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=60) as answer:
                return answer.read(), answer.headers.get("Content-Type", ""), answer.geturl()
        except urllib.error.HTTPError as error:
            raise Failed(f"{parts.hostname} answered {error.code} {error.reason}") from error
        except OSError as error:
            last = error
            time.sleep(1 + attempt)
    raise Failed(f"{parts.hostname} cannot be reached ({getattr(last, 'reason', last)})")


def certificates() -> ssl.SSLContext:
    """The certificates that the machine's owner named, else the system's."""
    named = environment().get("SSL_CERT_FILE")
    return ssl.create_default_context(cafile=named if named and os.path.isfile(named) else None)


# --- Python 3.10 ----------------------------------------------------------------------------------------------------


def is_python(path: object) -> bool:
    """Whether this is a complete CPython 3.10; found out by running it, because pyenv's shims may exist and fail."""
    return run([path, "-I", "-c", PYTHON_PROBE], timeout=30).returncode == 0


def find_python(uv: str) -> str | None:
    """A CPython 3.10 on this machine: UV_PYTHON, what uv sees, pyenv's folder, PATH."""
    named = os.environ.get("UV_PYTHON", "")
    if named and os.sep in named:
        if is_python(named):
            return named
        say("UV_PYTHON does not name a working Python 3.10: looking further")
    env = environment()
    env.pop("UV_PYTHON", None)
    seen = run([uv, "python", "find", "--no-project", "--system", "--no-python-downloads", "cpython@3.10"], env=env)
    versions = [
        path
        for folder in pyenv_folders()
        for path in folder.glob("versions/3.10.*/bin/python3.10")
        if path.parts[-3][5:].isdigit()
    ]
    candidates: list = [seen.stdout.strip()] if seen.returncode == 0 else []
    candidates += sorted(versions, key=lambda path: int(path.parts[-3][5:]), reverse=True)
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/opt/homebrew/bin", "/usr/local/bin"]
    candidates += [Path(folder, "python3.10") for folder in folders if folder]
    return next((str(one) for one in candidates if one and os.access(one, os.X_OK) and is_python(one)), None)


def pyenv_folders() -> list[Path]:
    """Where pyenv may keep its Pythons: PYENV_ROOT, beside its shims on PATH, the home folder (HOME may be empty)."""
    places = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    shims = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder.endswith("shims")]
    places += [folder.parent for folder in shims]
    places += [Path(os.path.expanduser("~"), ".pyenv"), Path(pwd.getpwuid(os.getuid()).pw_dir, ".pyenv")]
    return list(dict.fromkeys(place for place in places if os.access(place, os.R_OK | os.X_OK)))


def fetch_python(uv: str) -> str:
    """Let uv download a CPython 3.10 into the private folder."""
    say("Python 3.10 is not here yet: fetching it with uv into .tools/ (30 MB)")
    env = environment()
    env.pop("UV_PYTHON", None)
    result = run([uv, "python", "install", "--no-bin", "cpython@3.10"], env=env, timeout=900)
    if result.returncode:  # older versions of uv do not know --no-bin
        result = run([uv, "python", "install", "cpython@3.10"], env=env, timeout=900)
    found = find_python(uv)
    if not found:
        raise Failed(NO_PYTHON + ("\nuv said:\n" + last_words(result) if result.returncode else ""))
    return found


# --- packages -------------------------------------------------------------------------------------------------------


def choose(purpose: str) -> tuple[list[str], str]:
    """The options of ``uv sync``, and a sentence to print when the extra encoder is left out of the tests."""
    if purpose == "run":
        own = os.environ.get("HALTE_ENCODER", "use") not in ("", "use")
        return ["--no-dev", *(["--extra", "encoder"] if own else [])], ""
    if os.environ.get("HALTE_SKIP_ENCODER"):
        return ["--group", "dev"], "without the extra encoder, because HALTE_SKIP_ENCODER is set"
    if "encoder" in stamped().get("options", []):
        return ["--group", "dev", "--extra", "encoder"], ""  # it is here already: free disk no longer matters
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < ENCODER_DISK_GB:
        return ["--group", "dev"], f"without the extra encoder: {free:.0f} GB of disk free, {ENCODER_DISK_GB} needed"
    return ["--group", "dev", "--extra", "encoder"], ""


def stamped() -> dict:
    """What the last successful set-up wrote down."""
    try:
        read = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def digest() -> str:
    """Changes when the packages to install change, or when the folder was moved (scripts hold its path)."""
    parts = [str(ROOT).encode(), (ROOT / "uv.lock").read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready(options: list[str]) -> bool:
    """Whether a set-up with these options, or with more, was done and still starts."""
    stamp = stamped()
    done = stamp.get("options", [])
    enough = set(options) - {"--no-dev"} <= set(done)
    return stamp.get("digest") == digest() and enough and is_python(VENV / "bin" / "python")


def sync(uv: str, python: str, options: list[str]) -> subprocess.CompletedProcess:
    """Install exactly what the lock file lists."""
    env = environment()
    env["UV_PYTHON"] = python
    result = run([uv, "sync", "--frozen", "--quiet", *options], env=env, timeout=3600)
    if result.returncode and own_index():
        # The lock file names the addresses of PyPI's files; where only a mirror is reachable, take them from there.
        say("the files of the lock file cannot be reached: trying the package index that is set on this machine")
        with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
            wanted = Path(folder, "wanted.txt")
            command = [uv, "export", "--frozen", "--quiet", "--no-emit-project", *options, "-o", wanted]
            for step in (
                command,
                [uv, "venv", "--quiet", "--allow-existing", "--python", python, VENV],
                [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", VENV / "bin" / "python", wanted],
                [uv, "pip", "install", "--quiet", "--no-deps", "--python", VENV / "bin" / "python", "-e", ROOT],
            ):
                again = run(step, env=env, timeout=3600)
                if again.returncode:
                    return result
            return again
    return result


def install(uv: str, python: str, options: list[str]) -> list[str]:
    """Install, without the extra encoder when it is only that which fails; returns the options that worked."""
    started = time.monotonic()
    what = "the assistant" + (", the tests" if "dev" in options else "")
    what += ", the extra encoder" if "encoder" in options else ""
    say(f"installing {what}; the first time this takes some minutes")
    STAMP.unlink(missing_ok=True)
    TOOLS.mkdir(exist_ok=True)
    result = sync(uv, python, options)
    if result.returncode and "encoder" in options and "dev" in options:
        say("the extra encoder cannot be installed here: going on without it, its tests will be skipped")
        options = ["--group", "dev"]
        result = sync(uv, python, options)
    if result.returncode:
        raise Failed(
            "the packages could not be installed. uv said:\n" + last_words(result, 12) + "\n"
            "Often this is the internet connection or a full disk (4 GB are needed): start the same command again."
        )
    say(f"installed in {time.monotonic() - started:.0f} s")
    return options


def main() -> int:
    """Set up, or find that nothing is to be done."""
    parser = argparse.ArgumentParser(description="Set up Halte on this machine.")
    parser.add_argument("purpose", choices=("run", "test"), help="what to install: the assistant, or also its tests")
    parser.add_argument("--force", action="store_true", help="install again, even if nothing changed")
    arguments = parser.parse_args()
    system, kind = machine()
    if (system, kind) not in UV_WHEELS:
        raise Failed(f"Halte runs on Linux and macOS, on x86_64 and ARM processors; this is {system} {kind}.")
    if system == "linux" and platform.libc_ver()[0] != "glibc":
        raise Failed(
            "Halte needs a Linux with glibc (Debian, Ubuntu, Fedora, ...): TensorFlow has no build for others."
        )
    options, remark = choose(arguments.purpose)
    if remark:
        say(remark)
    if not arguments.force and is_ready(options):
        return 0
    uv = find_uv() or fetch_uv()
    say(f"{run([uv, '--version']).stdout.split('(')[0].strip()} is ready")
    python = find_python(uv) or fetch_python(uv)
    say(f"Python 3.10 is {python}")
    wanted = options
    options = install(uv, python, options)
    # Remember what was asked: an encoder that cannot be installed is not tried again at every start.
    STAMP.write_text(json.dumps({"digest": digest(), "options": wanted, "installed": options}) + "\n")
    return 0


if __name__ == "__main__":
    if sys.version_info < (3, 9):  # noqa: UP036 - the machine's own Python may be any
        sys.exit("halte set-up: Python 3.9 or newer is needed to start; this one is " + sys.version.split()[0])
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"halte set-up stopped: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
