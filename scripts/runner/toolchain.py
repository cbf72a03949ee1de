"""Installs what is missing: Go tools, Jupyter, the kernel, a warm build cache, MNIST.

Each part keeps a stamp in .tools/stamps: the full text of what it was made
from. A part whose stamp still fits is skipped, so a set-up that is up to date
costs a few file reads and one `go env`, and without MNIST_DIR a look at the
data. The Go and the Python parts run side by side.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import guard
from project import JUPYTER, KERNEL, ROOT, SCRIPTS, TOOLS, VENV_PYTHON, Problem, absolute_data, jupyter_env, known_notebooks

BIN = TOOLS / "bin"
LOGS = TOOLS / "log"
SCRATCH = TOOLS / "tmp"  # empty at the start of a set-up, whatever became of the last one
# gopls completes code in JupyterLab and is most of the build time; it lives in
# a folder of its own so that reports neither wait for it nor start it.
GOPLS_BIN = TOOLS / "gopls"
GOPLS = "golang.org/x/tools/gopls"
GOPLS_CACHE = TOOLS / "gopls-cache"  # not the user's; without what is in it, the first Tab takes gopls seconds of work
# GoNB connects to gopls no sooner than 12 s after the kernel's start, and opens every Go file of our module in it at the first
# Tab, which gopls does not answer in the 8 s that GoNB gives it; all cells behind it wait. So the project's GoNB is built from
# a copy of its module with these edits: file, what stands there, what in its place, how often. gopls reads files by itself.
GONB = "github.com/janpfeifer/gonb"
EDITS = (
    ("internal/goexec/goplsclient/exec.go", "time.After(ConnectTimeout)", "time.After(200 * time.Millisecond)", 2),
    ("internal/goexec/tracking.go", "\tif entry.IsDir {\n", "\tif entry.IsDir {\n\t\treturn\n", 1),
)
# Pinned beside the others, but only ./scripts/test runs it, through `go tool`.
STATICCHECK = "honnef.co/go/tools/cmd/staticcheck"


# What would change the bits of results by the level of the processor that code
# is compiled for, or the packages and kernels that it takes: the same in every
# shell. (INKLING_KERNELS is a choice of the user's, and part of a run's key.)
SAME_BITS = {"GOAMD64": "v1", "GOARM64": "", "GOARM": "", "GO386": "", "GOPPC64": "", "GORISCV64": "",
             "GOEXPERIMENT": "", "GOFIPS140": "", "GODEBUG": ""}


@dataclass(frozen=True)
class Go:
    """The Go installation, and where its user keeps modules and builds."""

    path: str
    version: str
    env: dict[str, str]

    def environment(self, **more: str) -> dict[str, str]:
        """For our own go commands: the user's places and proxies, not the user's flags or C compiler."""
        return {**os.environ, **self.env, "GOENV": "off", "GOFLAGS": "", "CGO_ENABLED": "0", "GO111MODULE": "",
                "GOWORK": "off", "GOTOOLCHAIN": "local", "GOOS": "", "GOARCH": "", **SAME_BITS, **more}


@dataclass(frozen=True)
class Setup:
    """A set-up that is ready to run notebooks."""

    python: str  # has nbclient
    go_version: str
    notes: tuple[str, ...]  # what the user should know at every start


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Cost:
    """What a part of a first set-up took with empty caches on an AMD EPYC: what was fetched, and processor time as getrusage counts it."""

    fetched: int  # MB
    seconds: int


COSTS = {"Jupyter": Cost(52, 14), "Go tools": Cost(99, 60), "build cache": Cost(41, 56), "code completion": Cost(0, 75)}


def estimate(parts: list[str]) -> str:
    """What a set-up of these parts is about to do, in one line."""
    fetched, seconds = (sum(getattr(COSTS[p], what) for p in parts) for what in ("fetched", "seconds"))
    return (f"set-up, once, into .tools/ and Go's caches: {', '.join(parts)}; at most {fetched} MB to fetch and, measured on one machine, "
            f"{seconds} s of processor time: about {seconds // 2} s on two free cores")


@dataclass
class Came:
    """What a part came to, if not to what it should."""

    to: str = ""


class Progress:
    """Says what a part does, when it is ready, and now and then what a long set-up is at."""

    EVERY = 15.0  # seconds

    def __init__(self):
        self.at_work: dict[str, str] = {}
        self.start = time.monotonic()

    @contextlib.contextmanager
    def part(self, name: str, doing: str):
        """While this lasts, the part is at work; what it yields may say that it came to nothing."""
        start, came = time.monotonic(), Came()
        say(f"  {name}: {doing}")
        self.at_work[name] = doing
        try:
            yield came
        finally:
            del self.at_work[name]
        say(f"  {name}: {came.to or f'ready in {time.monotonic() - start:.0f} s'}")

    def line(self, seconds: float) -> str:
        return f"  … {seconds:.0f} s: " + "; ".join(f"{name}, {doing}" for name, doing in list(self.at_work.items()))

    @contextlib.contextmanager
    def told(self):
        """While this lasts, a line every EVERY seconds."""
        ended = threading.Event()

        def tell():
            while not ended.wait(self.EVERY):
                if self.at_work:
                    say(self.line(time.monotonic() - self.start))

        teller = threading.Thread(target=tell, daemon=True)
        self.start = time.monotonic()
        teller.start()
        try:
            yield
        finally:
            ended.set()
            teller.join()


progress = Progress()


def find_go() -> Go:
    path = shutil.which("go")
    wanted = re.search(r"^go (\S+)", (ROOT / "go.mod").read_text(), re.M).group(1)
    if path is None:
        raise Problem(f"no Go found: install Go {wanted} or newer (https://go.dev/dl) and put it on the PATH")
    names = ["GOVERSION", "GOROOT", "GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB",
             "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH"]
    env = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""}
    run = subprocess.run([path, "env", "-json", *names], env=env, cwd="/", text=True, capture_output=True)
    if run.returncode != 0:
        raise Problem(f"{path} env fails: {last_line(run.stderr)}")
    values = json.loads(run.stdout)
    version = values.pop("GOVERSION")
    if version_numbers(version) < version_numbers(wanted):
        raise Problem(f"found {version} at {path}: Go {wanted} or newer is needed (https://go.dev/dl)")
    return Go(path, version, {k: v for k, v in values.items() if v})


def version_numbers(text: str) -> tuple[int, ...]:
    """(1, 26, 8) of go1.26.8; anything that is no release counts as newest."""
    match = re.match(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(n or 0) for n in match.groups()) if match else (999,)


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


# Stamps


def stamp_fits(name: str, text: str) -> bool:
    try:
        return (TOOLS / "stamps" / name).read_text() == text
    except OSError:
        return False


def write_stamp(name: str, text: str) -> None:
    path = TOOLS / "stamps" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def drop_stamp(name: str) -> None:
    (TOOLS / "stamps" / name).unlink(missing_ok=True)


def file_texts(*paths: Path) -> str:
    return "".join(f"--- {p.relative_to(ROOT)}\n{p.read_text()}" for p in paths)


class Children:
    """The programs that the set-up runs, so that a signal ends them all.

    Each leads a group of its own and holds the set-up's lock: even after a
    kill -9 of the set-up, the next one begins only when they have ended.
    """

    def __init__(self):
        self.running: set[subprocess.Popen] = set()
        self.guard = threading.Lock()
        self.stopped = False
        self.lock: tuple[int, ...] = ()

    def start(self, command: list[str], env: dict[str, str] | None = None, **options) -> subprocess.Popen:
        env = {**(os.environ if env is None else env), "TMPDIR": str(SCRATCH)}
        with self.guard:
            if self.stopped:
                raise Problem("interrupted")
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=self.lock, env=env, **options)
            self.running.add(child)
            return child

    def ended(self, child: subprocess.Popen) -> None:
        with self.guard:
            self.running.discard(child)

    def stop(self) -> None:
        """Ends what runs, and lets nothing begin any more."""
        with self.guard:
            self.stopped = True
            running = list(self.running)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for child in running:
                with contextlib.suppress(OSError):
                    os.killpg(child.pid, number)
            if number == signal.SIGTERM:
                deadline = time.monotonic() + 2
                while any(child.poll() is None for child in running) and time.monotonic() < deadline:
                    time.sleep(0.05)


children = Children()


def run_logged(log: str, command: list[str], **options) -> str | None:
    """Runs a command with its output in .tools/log; returns None, or the line that says what failed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / log
    with path.open("w") as out, children.start(command, stdout=out, stderr=subprocess.STDOUT, **options) as run:
        run.wait()
        children.ended(run)
    if children.stopped:
        raise Problem("interrupted")
    if run.returncode == 0:
        return None
    text = path.read_text(errors="replace")
    errors = re.findall(r"(?im)^(?:error|fatal):? .*", text)
    return errors[-1] if errors else last_line(text)


# Parts


def pinned_tools() -> list[str]:
    """The packages in the tool block of scripts/tools/go.mod."""
    block = re.search(r"(?ms)^tool \((.*?)^\)", (SCRIPTS / "tools" / "go.mod").read_text())
    return block.group(1).split()


def tools_of(gopls: bool) -> tuple[Path, list[str]]:
    """The folder and the packages of the tools that notebooks need, or of the one that completes code."""
    return GOPLS_BIN if gopls else BIN, [t for t in pinned_tools() if t != STATICCHECK and (t == GOPLS) == gopls]


def tools_stamp(go: Go) -> str:
    return f"{go.version}\n{EDITS}\n{file_texts(SCRIPTS / 'tools' / 'go.mod', SCRIPTS / 'tools' / 'go.sum')}"


def tools_there(go: Go, gopls: bool) -> bool:
    folder, tools = tools_of(gopls)
    return stamp_fits("gopls" if gopls else "go tools", tools_stamp(go)) and all((folder / t.rsplit("/", 1)[1]).exists() for t in tools)


def go_tools(go: Go, gopls: bool) -> None:
    """Builds the tools that scripts/tools/go.mod pins."""
    if tools_there(go, gopls):
        return
    name = "gopls" if gopls else "go tools"
    drop_stamp(name)
    folder, tools = tools_of(gopls)
    with progress.part("code completion" if gopls else "Go tools", f"building {', '.join(t.rsplit('/', 1)[1] for t in tools)}"):
        log = f"{name.replace(' ', '-')}.log"
        env = go.environment(GOBIN=str(folder))
        failed = run_logged(log, [go.path, "install", *(() if gopls else edited(go)), *tools], cwd=SCRIPTS / "tools", env=env)
        if failed and not gopls:  # as it is, it works as well, and an error of the network is told
            failed = run_logged(log, [go.path, "install", *tools], cwd=SCRIPTS / "tools", env=env)
        if failed:
            raise Problem(f"building the Go tools failed: {failed} (all of it in .tools/log/{log})")
        write_stamp(name, tools_stamp(go))


def edited(go: Go) -> list[str]:
    """What makes go install take GoNB from a copy with EDITS; nothing where it has not what they look for."""
    fetched = subprocess.run([go.path, "mod", "download", "-json", GONB], cwd=SCRIPTS / "tools", env=go.environment(), text=True, capture_output=True)
    with contextlib.suppress(OSError, ValueError, KeyError):
        module, copy = Path(json.loads(fetched.stdout)["Dir"]), SCRATCH / "gonb"
        if all((module / name).read_text().count(there) == often for name, there, _, often in EDITS):
            shutil.copytree(module, copy, ignore=shutil.ignore_patterns("docs", "examples", "*_test.go"), copy_function=shutil.copyfile)
            for folder, _, _ in os.walk(copy):
                os.chmod(folder, 0o700)  # modules are read-only
            for name, there, instead, _ in EDITS:
                (copy / name).write_text((copy / name).read_text().replace(there, instead))
            (SCRATCH / "tools.mod").write_text((SCRIPTS / "tools" / "go.mod").read_text() + f"\nreplace {GONB} => {json.dumps(str(copy))}\n")
            shutil.copyfile(SCRIPTS / "tools" / "go.sum", SCRATCH / "tools.sum")
            return [f"-modfile={SCRATCH / 'tools.mod'}"]
    return []


def kernel_spec(go: Go) -> dict:
    """kernel.json: a hostile shell (GOFLAGS=-mod=mod, GOWORK=off, …) must not break cells.

    An empty value makes go fall back on its settings file, so that is off too
    and the places of modules and builds are named. Jupyter substitutes $NAME
    in these values, hence the doubled dollars. Cells are linked without tables
    for a debugger, so that they start sooner, and built without cgo as all that
    is set up here (see Go.environment), so that they find it in the build cache.
    """
    env = {"GOENV": "off", "GOFLAGS": "-ldflags=-w", "CGO_ENABLED": "0", "GOPROXY": "off", "GOWORK": "",
           "GO111MODULE": "", "GOTOOLCHAIN": "local", "GOOS": "", "GOARCH": "", "GOBIN": "", "GOPLSCACHE": str(GOPLS_CACHE), **SAME_BITS}
    env |= {name: go.env[name] for name in ("GOROOT", "GOPATH", "GOMODCACHE", "GOCACHE") if name in go.env}
    env = {name: value.replace("$", "$$") for name, value in env.items()}
    ours = os.pathsep.join([str(BIN), str(GOPLS_BIN), os.path.dirname(go.path)])
    env["PATH"] = ours.replace("$", "$$") + os.pathsep + "${PATH}"
    return {
        "argv": [sys.executable, "-I", "-S", str(SCRIPTS / "runner" / "guard.py"),
                 str(BIN / "gonb"), "--kernel", "{connection_file}", f"-go_work={ROOT}"],
        "display_name": "Go (inkling)",
        "language": "go",
        "interrupt_mode": "message",
        "env": env,
    }


def kernel(go: Go) -> None:
    """Installs the kernel; its paths are absolute, so a moved project installs it anew."""
    spec = json.dumps(kernel_spec(go), indent=1)
    folder = JUPYTER / "data" / "kernels" / KERNEL
    path = folder / "kernel.json"
    with contextlib.suppress(OSError):
        if path.read_text() == spec:
            return
    if "," in str(ROOT):
        raise Problem(f"GoNB cannot work in a folder with a comma in its path: {ROOT}")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(spec)


def warm_stamp(go: Go, packages: list[str]) -> str:
    return f"{go.version}\n{ROOT}\n{file_texts(ROOT / 'go.mod', ROOT / 'go.sum')}{packages}"


def warm(go: Go) -> None:
    """Fills the build cache with all that notebooks import, so that the first cell is quick."""
    packages = notebook_packages(go)
    stamp = warm_stamp(go, packages)
    if not packages or stamp_fits("warm", stamp):
        return
    drop_stamp("warm")
    with progress.part("build cache", "compiling what the notebooks import") as came:
        # Cells run without a proxy, so what they may ask for is fetched now.
        unfetched = run_logged("modules.log", [go.path, "mod", "download"], cwd=ROOT, env=go.environment())
        with cell_like(go, packages) as (folder, env):
            Path(folder, "main_test.go").write_text('package main\n\nimport "testing"\n\nfunc TestNothing(t *testing.T) {}\n')
            for command in (["mod", "init", "warm"], ["work", "init"], ["work", "use", str(ROOT), "."],
                            ["build", "-o", "warm"], ["test", "-c", "-o", "warm.test"]):
                failed = run_logged("warm.log", [go.path, *command], cwd=folder, env=env)
                if failed and unfetched:
                    raise Problem(f"fetching Go modules failed: {unfetched} (all of it in .tools/log/modules.log)")
                if failed:
                    # A package that does not compile shows its errors in the cells.
                    came.to = f"not warmed, {failed}"
                    return
        write_stamp("warm", stamp)


@contextlib.contextmanager
def cell_like(go: Go, packages: list[str]):
    """A folder with a program of the shape of a cell that imports packages, a module to be in a workspace with ours, and its environment."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        imports = "".join(f"\t_ {json.dumps(p)}\n" for p in packages)
        Path(folder, "main.go").write_text(f"package main\n\nimport (\n{imports})\n\nfunc main() {{}}\n")
        yield folder, go.environment(GOWORK="", GOPROXY="off")


def completion(go: Go) -> None:
    """Builds gopls and lets it read all that notebooks import, so that the first Tab is quick."""
    go_tools(go, gopls=True)
    packages = notebook_packages(go)
    stamp = tools_stamp(go) + warm_stamp(go, packages)
    if not packages or stamp_fits("completion", stamp):
        return
    drop_stamp("completion")
    with progress.part("code completion", "gopls reads what the notebooks import") as came, cell_like(go, packages) as (folder, env):
        env = {**env, "GOFLAGS": kernel_spec(go)["env"]["GOFLAGS"], "GOPLSCACHE": str(GOPLS_CACHE)}
        for command in ([go.path, "mod", "init", "warm"], [go.path, "work", "init"], [go.path, "work", "use", str(ROOT), "."],
                        [str(GOPLS_BIN / "gopls"), "check", "main.go"]):
            failed = run_logged("completion.log", command, cwd=folder, env=env)
            if failed:
                came.to = f"not warmed, {failed}"
                return
        write_stamp("completion", stamp)


def mnist(go: Go) -> None:
    """Fetches MNIST if need be: a notebook's cells use what is there, see package data/download.
    Data that were asked for and cannot be had end the set-up, and not every cell."""
    choice = absolute_data(os.environ.get("INKLING_DATA", ""))
    own = choice not in ("", "auto", "mnist", "synthetic")
    if choice == "synthetic" or os.environ.get("MNIST_DIR") and not own:
        return
    start = time.monotonic()
    with children.start([go.path, "run", "./scripts/inkling", "data"], cwd=ROOT, env=go.environment(INKLING_DATA=choice),
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE if own else None, text=True) as run:
        said, wrong = run.communicate()
        children.ended(run)
    if own and run.returncode:
        lines = [line for line in wrong.splitlines() if line.strip() and not line.startswith("# ")]  # that, above errors of go build
        raise Problem(next((line.removeprefix("inkling: ") for line in lines if line.startswith("inkling: ")), lines[0] if lines else "no data"))
    found = said.partition("\n")[0].strip()
    if found:
        say(f"  data: {found} in {time.monotonic() - start:.0f} s")


def notebook_packages(go: Go) -> list[str]:
    """What notebooks may import of ours, and what they do import of Go's library."""
    folders = {p.parent for p in (ROOT / "pkg").rglob("*.go")
               if not p.name.endswith("_test.go") and "internal" not in p.parts}
    ours = ["inkling/" + f.relative_to(ROOT).as_posix() for f in folders]
    theirs = set()
    for notebook in known_notebooks():
        with contextlib.suppress(OSError, ValueError, KeyError):
            for cell in json.loads(notebook.read_text())["cells"]:
                source = "".join(cell["source"])
                for block in re.findall(r'(?m)^import\s+(\([^)]*\)|[^\n]*)', source):
                    theirs.update(re.findall(r'"([a-z0-9/]+)"', block))
    theirs = {t for t in theirs if Path(go.env.get("GOROOT", "/"), "src", t).is_dir()}
    return sorted([*ours, *(theirs | {"flag", "fmt", "log", "math", "os", "time", "strings", "slices"})]) if ours else []


def python_stamp() -> str:
    return f"{sys.version}\n{file_texts(SCRIPTS / 'requirements.txt', SCRIPTS / 'constraints.txt')}"


def python_there() -> bool:
    return stamp_fits("python", python_stamp()) and works(VENV_PYTHON)


def python_packages() -> Setup | None:
    """Installs Jupyter; None when it is there, notes when the machine's own is used instead."""
    stamp = python_stamp()
    if python_there():
        return None
    if stamp_fits("python", "machine\n" + stamp):
        found = machine_jupyter()
        if found:
            return found
    drop_stamp("python")
    with progress.part("Jupyter", "installing into .tools/venv") as came:
        failed = install_venv(SCRIPTS / "requirements.txt")
        if failed is None:
            write_stamp("python", stamp)
            return None
        found = machine_jupyter()
        if found is None:
            raise Problem(f"Jupyter could not be installed: {failed}; and no Jupyter with nbclient 0.7 or newer is on this machine")
        write_stamp("python", "machine\n" + stamp)
        came.to = failed
    return found


def install_venv(requirements: Path, venv: Path = VENV_PYTHON.parents[1], log: str = "pip") -> str | None:
    """Makes an environment anew; returns None, or the line that says what failed."""
    missing = [m for m in ("venv", "ensurepip") if not has_module(sys.executable, m)]
    if missing:
        return f"this Python ({sys.executable}) has no {missing[0]} module (on Debian: apt install python3-venv)"
    shutil.rmtree(venv, ignore_errors=True)
    failed = run_logged(f"{log}-venv.log", [sys.executable, "-m", "venv", str(venv)])
    if failed:
        return f"python -m venv fails: {failed}"
    env = {k: v for k, v in os.environ.items() if k not in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")}
    # Without --no-compile a third of the time goes into modules nobody imports.
    failed = run_logged(f"{log}.log", [str(venv / "bin" / "python"), "-m", "pip", "install", "--no-input", "--no-compile",
                                    "--disable-pip-version-check", "--retries", "2", "--timeout", "20",
                                    "--progress-bar", "off", "-r", str(requirements)], env=env)
    return failed and f"{failed} (all of it in .tools/log/{log}.log)"


def has_module(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], env=jupyter_env(), capture_output=True).returncode == 0


def works(python: Path) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run([str(python), "-c", ""], capture_output=True).returncode == 0
    return False


def machine_jupyter() -> Setup | None:
    """A Python of this machine that has nbclient 0.7 or newer and nbconvert."""
    candidates = [sys.executable, "/usr/bin/python3"]
    jupyter = shutil.which("jupyter")
    if jupyter:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            first = Path(jupyter).read_text().split("\n", 1)[0]
            if first.startswith("#!"):
                candidates.append(first[2:].strip())
    program = ("import nbclient, nbconvert; from importlib.metadata import version as v; from importlib.util import find_spec; "
               "print(v('nbclient'), v('nbconvert'), 'drawn' if find_spec('latex2mathml') else 'shown as TeX')")
    for python in dict.fromkeys(candidates):
        with contextlib.suppress(OSError):
            run = subprocess.run([python, "-c", program], env=jupyter_env(), text=True, capture_output=True)
            if run.returncode == 0:
                nbclient, nbconvert, formulas = run.stdout.strip().split(" ", 2)
                if version_numbers(nbclient) >= (0, 7, 0):
                    return Setup(python, "", (f"using the Jupyter of this machine ({python}: nbclient {nbclient}, "
                                              f"nbconvert {nbconvert}; formulas are {formulas}), not the pinned one; "
                                              "`rm -r .tools` tries again",))
    return None


@contextlib.contextmanager
def locked():
    """One set-up at a time per project; a second one waits and then finds it done."""
    try:
        TOOLS.mkdir(exist_ok=True)
        lock = open(TOOLS / "lock", "w")
    except OSError as error:
        raise Problem(f"cannot write in {TOOLS}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another set-up of this project to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        children.lock = (lock.fileno(),)
        yield


def prepare(gopls: bool = False) -> Setup:
    """Makes everything ready that notebooks need, quickly when it is."""
    go = find_go()
    with locked():
        try:
            shutil.rmtree(SCRATCH, ignore_errors=True)
            SCRATCH.mkdir()
            guard.sweep()
            return prepare_parts(go, gopls)
        except OSError as error:
            raise Problem(f"cannot set up in {TOOLS}: {error.strerror or error}") from None


def prepare_parts(go: Go, gopls: bool) -> Setup:
    def go_part():
        go_tools(go, gopls=False)
        kernel(go)
        warm(go)
        mnist(go)
        if gopls:
            try:
                completion(go)
            except Problem as problem:
                if children.stopped:
                    raise
                say(f"  no code completion: {problem}")

    missing = [name for name, there in (
        ("Jupyter", python_there() or stamp_fits("python", "machine\n" + python_stamp())), ("Go tools", tools_there(go, gopls=False)),
        ("build cache", stamp_fits("warm", warm_stamp(go, notebook_packages(go)))), ("code completion", not gopls or tools_there(go, gopls=True) and stamp_fits("completion", tools_stamp(go) + warm_stamp(go, notebook_packages(go)))),
    ) if not there]
    if missing:
        say(estimate(missing))
    with progress.told(), concurrent.futures.ThreadPoolExecutor() as lanes:
        try:
            parts = [lanes.submit(python_packages), lanes.submit(go_part)]
            machine, _ = (part.result() for part in parts)
        except KeyboardInterrupt:
            children.stop()
            raise
    for folder in ("config", "runtime", "ipython"):
        (JUPYTER / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    private(JUPYTER / "runtime")
    defaults(JUPYTER / "config")
    if machine:
        return Setup(machine.python, go.version, machine.notes)
    return Setup(str(VENV_PYTHON), go.version, ())


# What JupyterLab and nbconvert do here unless the user says otherwise: no question whether to fetch news at the first start, and in
# exports to text figures as files with their alternative texts, where the same figure in HTML is dropped by code hosts and tools.
AS_FILES = {"display_data_priority": ["image/svg+xml", "image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain"]}
EXPORTS = {"MarkdownExporter": "inkling-markdown", "RSTExporter": "inkling-rst", "ASCIIDocExporter": "inkling-asciidoc"}  # folders in templates/exports
DEFAULTS = {
    "labconfig/default_setting_overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}},
    "jupyter_nbconvert_config.json": {name: {"NbConvertBase": AS_FILES, "template_name": template} for name, template in EXPORTS.items()},
}
EARLIER = {"jupyter_nbconvert_config.json": {"MarkdownExporter": {"NbConvertBase": AS_FILES}}}  # which nobody has changed, and which made no alternative texts


def defaults(folder: Path, data: Path = JUPYTER / "data") -> None:
    """Writes the settings that are not there; what a user has changed stays. Templates follow ours."""
    for name, value in DEFAULTS.items():
        path = folder / name
        if not path.exists() or name in EARLIER and path.read_text() == json.dumps(EARLIER[name], indent=1) + "\n":
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(json.dumps(value, indent=1) + "\n")
    shutil.copytree(SCRIPTS / "runner" / "templates" / "exports", data / "nbconvert" / "templates", dirs_exist_ok=True, copy_function=shutil.copyfile)


def private(folder: Path) -> None:
    """Closes a folder to other users: who reads a token or a kernel's key there can run code."""
    folder.chmod(0o700)
    for entry in os.scandir(folder):
        if entry.is_file(follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.chmod(entry.path, 0o600)


def main(given: list[str]) -> int:
    """Sets up and prints the Python that has Jupyter, for ./scripts/test."""
    if given:
        raise Problem(f"takes no arguments, found {given[0]!r}")
    print(prepare().python)
    return 0
