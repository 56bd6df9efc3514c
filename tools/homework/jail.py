"""Start a program in a process that can do no harm to anything but its own marks.

As a module: ``Jail.start``. As a script it is the process itself, before it turns into the program.

What protects from what:

wall clock, processor seconds    loops that never end
memory of all its processes      notebooks that eat memory (watched four times a second), and
address space of each            allocations too sudden for that
size of a file, of the disk      notebooks that fill the disk
number of processes              fork bombs
own user, own mount namespace    deleting or reading anything of the machine: the process sees
                                 Python, the libraries and the course's package, read-only, and an
                                 empty disk in memory; no tests, no solutions, no other submissions
own process namespace            killing or watching other processes; leaving some behind
own network namespace            asking others, sending tests away
no new privileges                programs that run as root

Without namespaces (not Linux, or forbidden there) only the limits hold: a notebook can then read
and delete what the user who grades can. The marks of a submission never depend on what the process
says about them: tests and their verdict stay with the grader (remote.py).
"""

import ctypes
import functools
import json
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FIRST_UID = 2_000_000_000  # beyond what systems give to people; each grader adds its own number
_NEWNS, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
_NEWUTS, _NEWIPC = 0x04000000, 0x08000000
_BIND, _REC, _PRIVATE, _DETACH = 4096, 16384, 1 << 18, 2
_NOSUID, _NODEV = 2, 4
_PDEATHSIG, _NO_NEW_PRIVS, _MOUNT_SETATTR = 1, 38, 442


@dataclass(frozen=True)
class Limits:
    """What one submission may use. ``homework: limits:`` in a source overrides them."""

    seconds: float = 300.0  # by the clock, from start to end, all its restarts included
    cell_seconds: float = 60.0  # of the processor, for each cell
    call_seconds: float = 20.0  # of the processor, for each call of a test
    memory_mb: int = 2500  # of all its processes together
    disk_mb: int = 200
    processes: int = 64
    files: int = 256


class Jail:
    """One process with a socket to it, and a watch over its memory."""

    def __init__(self, limits: Limits, *, namespaces: bool | None = None) -> None:
        self.limits = limits
        self.namespaces = supported() == "" if namespaces is None else namespaces
        self.ended = ""  # why it was killed
        self.worked = 0.0  # seconds of the processors, as last seen
        self._folder = tempfile.TemporaryDirectory(prefix="sdl-jail-", ignore_cleanup_errors=True)

    def start(self, program: list[str], root: Path) -> socket.socket:
        """Run ``program``; its last argument becomes the number of its end of the socket."""
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        open_to_all(fetched())
        spec = {
            "program": [*program, str(number)],
            "limits": asdict(self.limits),
            "namespaces": self.namespaces,
            "uid": FIRST_UID + os.getpid(),
            "folder": self._folder.name,
            "shown": [str(path) for path in shown(root)],
        }
        self.process = subprocess.Popen(
            [sys.executable, "-S", str(HERE / "jail.py"), json.dumps(spec)],
            pass_fds=[number],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(root, self._folder.name),
            cwd=self._folder.name,
            start_new_session=True,
        )
        theirs.close()
        threading.Thread(target=self._watch, daemon=True).start()
        return ours

    def _watch(self) -> None:
        import psutil

        while self.process.poll() is None:
            try:
                me = psutil.Process(self.process.pid)
                family = [me, *me.children(recursive=True)]
                used = sum(_memory(process) for process in family) / 1e6
                self.worked = max(self.worked, sum(_seconds(process) for process in family))
            except psutil.Error:
                used = 0
            if used > self.limits.memory_mb:
                self.kill(f"used more than {self.limits.memory_mb} MB of memory")
            time.sleep(0.25)

    def kill(self, why: str) -> None:
        """End the process and all that it started; the first reason is the one that is told."""
        self.ended = self.ended or why
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.process.kill()

    def close(self) -> str:
        """Kill what is left, and return what the process said on its way out."""
        self.kill("finished")
        assert self.process.stderr is not None
        try:
            _, said = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            said = b""
        self._folder.cleanup()
        return said[-2000:].decode(errors="replace")


def _memory(process: Any) -> int:
    """What a process holds, memory that it shares with others included."""
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _seconds(process: Any) -> float:
    """What a process has taken of the processors."""
    import psutil

    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.Error:
        return 0.0


def environment(root: Path, home: str) -> dict[str, str]:
    """Nothing of the grader's environment: no tokens, no paths but those of the course's data."""
    kept = {name: os.environ[name] for name in ("SDL_DATA", "SDL_CACHE") if name in os.environ}
    if (cache := fetched()).exists():
        kept["SDL_CACHE"] = str(cache)  # the home folder of the process is another
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(root / "src"),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "SDL_QUIET": "1",
        "SDL_DEVICE": "cpu",
        **kept,
    }


def fetched() -> Path:
    """Where the grader's own runs keep what the course's package has fetched."""
    return Path(os.environ.get("SDL_CACHE") or Path.home() / ".cache" / "sdl_lib")


def open_to_all(folder: Path) -> None:
    """Let the process, which may be another user, read our fetched files: they are public."""
    for path in folder.rglob("*"):
        about = path.lstat()
        wanted = about.st_mode | 0o444 | (0o111 if stat.S_ISDIR(about.st_mode) else 0)
        ours = about.st_uid == os.getuid() and not stat.S_ISLNK(about.st_mode)
        if ours and about.st_mode != wanted:
            path.chmod(stat.S_IMODE(wanted))


def shown(root: Path) -> list[Path]:
    """All that the process can see of the machine, read-only."""
    from_system = [Path(p) for p in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache")]
    devices = [Path(f"/dev/{name}") for name in ("null", "zero", "urandom", "random")]
    python = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.prefix).resolve()]
    own = [root / "src", HERE / "student.py", HERE / "wire.py", HERE / "jail.py"]
    data = [Path(folder)] if (folder := os.environ.get("SDL_DATA")) else []
    wanted = [*from_system, *devices, *python, *own, fetched(), *data]
    return [path for path in dict.fromkeys(wanted) if path.exists()]


@functools.cache
def supported() -> str:
    """Why namespaces cannot be had here; empty where they can."""
    if sys.platform != "linux":
        return "only Linux has them"
    root = Path(__file__).resolve().parents[2]
    jail = Jail(Limits(), namespaces=True)
    code = "import socket, sys; socket.socket(fileno=int(sys.argv[1])).send(b'y')"
    link = jail.start([sys.executable, "-c", code], root)
    link.settimeout(30)
    try:
        answer = link.recv(1)
    except OSError:
        answer = b""
    link.close()
    said = jail.close().strip().splitlines()
    return "" if answer == b"y" else (said[-1] if said else "the system refused")


# ---- from here on: the process itself ----------------------------------------------------------


def enter(spec: dict[str, Any]) -> None:
    """Give up everything, step by step, and become the program."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if spec["namespaces"]:
            _namespaces(libc, spec)
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    _limit(spec["limits"], spec["namespaces"])
    os.execv(spec["program"][0], spec["program"])


def _namespaces(libc: Any, spec: dict[str, Any]) -> None:
    root, uid, gid = os.geteuid() == 0, os.geteuid(), os.getegid()
    flags = _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS | (0 if root else _NEWUSER)
    _check(libc.unshare(flags), "unshare")
    if not root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    if child := os.fork():  # the first process of the new namespace: with it, all end
        os.close(int(spec["program"][-1]))
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _new_root(libc, spec, uid=spec["uid"] if root else uid)
    if root:
        os.setgroups([])
        os.setresgid(spec["uid"], spec["uid"], spec["uid"])
        os.setresuid(spec["uid"], spec["uid"], spec["uid"])
        libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # changing the user clears it


def _new_root(libc: Any, spec: dict[str, Any], uid: int) -> None:
    """An empty disk in memory as the root, with what is shown bound into it read-only."""
    top, home = Path(spec["folder"]), spec["folder"]
    options = f"size={spec['limits']['disk_mb']}m,mode=755".encode()
    _check(libc.mount(None, b"/", None, _REC | _PRIVATE, None), "mount /")
    _check(libc.mount(b"tmpfs", bytes(top), b"tmpfs", _NOSUID | _NODEV, options), "mount tmpfs")
    for path in map(Path, spec["shown"]):
        inside = top / path.relative_to("/")
        if path.is_symlink() and not path.is_dir():
            continue
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.mkdir(exist_ok=True) if path.is_dir() else inside.touch()
        _check(libc.mount(bytes(path), bytes(inside), None, _BIND | _REC, None), f"bind {path}")
        if not str(path).startswith("/dev/"):
            _read_only(libc, inside)
    (top / "proc").mkdir(exist_ok=True)
    libc.mount(b"proc", bytes(top / "proc"), b"proc", _NOSUID | _NODEV, None)  # as a convenience
    for folder in (home, "/tmp", "/dev/shm"):
        inside = top / folder.lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        inside.chmod(0o777)
    os.chdir(top)
    _check(libc.pivot_root(b".", b"."), "pivot_root")
    _check(libc.umount2(b".", _DETACH), "umount")
    os.chdir(home)


def _read_only(libc: Any, path: Path) -> None:
    # struct mount_attr: set RDONLY | NOSUID | NODEV below `path`, clear nothing
    attributes = (ctypes.c_uint64 * 4)(1 | 2 | 4, 0, 0, 0)
    done = libc.syscall(
        _MOUNT_SETATTR,
        -100,
        bytes(path),
        0x8000,
        ctypes.byref(attributes),
        ctypes.sizeof(attributes),
    )
    _check(done, f"read-only {path}")


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _limit(limits: dict[str, Any], own_user: bool) -> None:
    megabyte = 1_000_000
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(limits["seconds"]) + 5,
        "RLIMIT_FSIZE": limits["disk_mb"] * megabyte,
        "RLIMIT_NOFILE": limits["files"],
        # libraries reserve more than they use: the watch over the memory is the finer limit
        "RLIMIT_AS": 2 * limits["memory_mb"] * megabyte,
    }
    if own_user:  # it counts the processes of a user: all of yours, where there is no other
        wanted["RLIMIT_NPROC"] = limits["processes"]
    for name, value in wanted.items():
        if kind := getattr(resource, name, None):
            hard = resource.getrlimit(kind)[1]
            least = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (least, least))


if __name__ == "__main__":
    enter(json.loads(sys.argv[1]))
