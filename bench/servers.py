"""The servers that are measured: how each is started on a free port of the loopback, with its limits raised and keeping nothing
on disk, and how it is ended. Each is pinned to one core."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COPPICE = os.environ.get("COPPICE_BINARY") or os.path.join(ROOT, ".build/release/coppice")
BUILT = os.path.join(ROOT, ".build/bench")
SECRET = "bench"
# It is nobody's, so it may stand in flags.
os.environ["COPPICE_INSECURE_FLAGS"] = "1"
# What commands are run by besides `taskset`: a scheduling policy.
PRIORITY = []


class Missing(Exception):
    """A program that isn't there."""


def find(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if not path:
        raise Missing(name)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server. `kind` is the protocol by which `coppice flood` speaks to it."""

    running = []

    def __init__(self, name, kind, command, port, core, folder):
        self.name, self.kind, self.port, self.folder = name, kind, port, folder
        self.log = open(os.path.join(folder, "log"), "w+")
        # A group of its own: Control-C reaches the bench alone, which ends its servers itself.
        self.process = subprocess.Popen(
            PRIORITY + ["taskset", "-c", str(core)] + command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            cwd=folder, start_new_session=True)
        self.pid = self.process.pid  # chrt and taskset become the server
        Server.running.append(self)
        self.wait_until_open()

    @property
    def address(self):
        return f"localhost:{self.port}"

    def wait_until_open(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        with open(self.log.name) as log:
            said = log.read()[-2000:]
        self.end()
        raise RuntimeError(f"{self.name} doesn't listen on port {self.port}; it said:\n{said}")

    def end(self):
        if self in Server.running:
            Server.running.remove(self)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def end_all():
        for server in list(Server.running):
            server.end()


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def coppice(port, folder, parent=None, flags=()):
    command = [COPPICE, "node", "-lp", str(port), "--memory", "--clock", "none", "--redirect-gap", "0",
               "--log-level", "error", "-ms", SECRET, *flags]
    return command + (["-rh", "localhost", "-rp", str(parent), "-s", SECRET] if parent else [])


def nats(port, folder, routes=None):
    """`routes`: (port of the own cluster listener, those of the others)."""
    text = f"""
        host: 127.0.0.1
        port: {port}
        max_connections: 100000
        max_pending: 1073741824
        write_deadline: "60s"
        """
    if routes:
        others = ", ".join(f'"nats-route://127.0.0.1:{other}"' for other in routes[1])
        text += f'\ncluster {{ name: bench, host: 127.0.0.1, port: {routes[0]}, routes: [{others}] }}\n'
    return [find("nats-server"), "-c", write(folder, "nats.conf", text)]


def mosquitto(port, folder):
    text = f"""
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_connections -1
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
log_type none
user root
"""
    return [find("mosquitto"), "-c", write(folder, "mosquitto.conf", text)]


def redis(port, folder):
    return [find("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no",
            "--protected-mode", "no", "--maxclients", "100000", "--tcp-backlog", "4096", "--client-output-buffer-limit", "pubsub", "0", "0", "0"]


def bound(name):
    def command(port, folder):
        path = os.path.join(BUILT, name)
        if not os.access(path, os.X_OK):
            raise Missing(path)
        return [path, str(port)]
    return command


# Name, protocol, command. Coppice first: ratios are its own to each of the others.
KINDS = {
    "coppice": ("coppice", coppice),
    "nats": ("nats", nats),
    "redis": ("redis", redis),
    "mosquitto": ("mqtt", mosquitto),
    "bound_jansson": ("coppice", bound("bound_jansson")),
    "bound_uv": ("coppice", bound("bound_uv")),
}
PEERS = ["nats", "redis", "mosquitto"]


def start(name, core, **options):
    kind, command = KINDS[name]
    folder = tempfile.mkdtemp(prefix="coppice-bench-")
    port = free_port()
    return Server(name, kind, command(port, folder, **options), port, core, folder)


def chain(core, length=3):
    """Nodes of Coppice, each under the one before."""
    nodes = [start("coppice", core)]
    while len(nodes) < length:
        nodes.append(start("coppice", core, parent=nodes[-1].port))
    return nodes


def mesh(core, length=3):
    """Servers of NATS, each of which is linked to each: one hop from anywhere to anywhere."""
    routes = [free_port() for _ in range(length)]
    return [start("nats", core, routes=(own, [other for other in routes if other != own])) for own in routes]


def versions():
    """What each program says of itself."""
    found = {}
    for name, arguments in (("coppice", [COPPICE, "--version"]), ("nats", ["nats-server", "--version"]),
                            ("redis", ["redis-server", "--version"]), ("mosquitto", ["mosquitto", "-h"])):
        try:
            command = [arguments[0] if os.path.isabs(arguments[0]) else find(arguments[0])] + arguments[1:]
            text = subprocess.run(command, capture_output=True, text=True, timeout=10)
            line = (text.stdout or text.stderr).strip().splitlines()[0]
            found[name] = next((word.lstrip("v=") for word in line.replace("v=", " ").split()
                                if word.lstrip("v")[:1].isdigit()), line)
        except (Missing, OSError, IndexError, subprocess.SubprocessError):
            found[name] = None
    return found
