"""One run of a generator against a server, and what came out of it."""

import json
import os
import subprocess

import servers

SERVER_CORE, FLOOD_CORE = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)


class Failed(Exception):
    """A run that doesn't count."""


class Flood:
    """A running `coppice flood`, or another generator, that is ended with the bench."""

    running = []

    @staticmethod
    def run(command, timeout):
        process = subprocess.Popen(servers.PRIORITY + ["taskset", "-c", str(FLOOD_CORE)] + command,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        Flood.running.append(process)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {timeout} s") from None
        finally:
            Flood.end(process)
        return process.returncode, out, err

    @staticmethod
    def end(process):
        if process in Flood.running:
            Flood.running.remove(process)
        if process.poll() is None:
            process.kill()
            process.communicate()

    @staticmethod
    def end_all():
        for process in list(Flood.running):
            Flood.end(process)


def flood(server, *, clients, seconds, senders=1, window=None, rate=None, payload=128, nodes=None, sender_nodes=None,
          pids=None, more=(), timeout=None, may_be_wrong=False):
    """Runs `coppice flood` and returns its report as a dictionary."""
    command = [servers.COPPICE, "flood", "--json", "--protocol", server.kind, "--nodes", nodes or server.address,
               "--pid", ",".join(str(pid) for pid in pids or [server.pid]), "--clients", str(clients),
               "--senders", str(senders), "--payload", str(payload), "--duration", str(seconds)]
    command += ["--rate", str(rate)] if rate else ["--window", str(window or 1)]
    if sender_nodes:
        command += ["--sender-nodes", sender_nodes]
    status, out, err = Flood.run(command + list(more), timeout or seconds * 4 + 60)
    if status not in (0, 1) or not out.startswith("{"):
        raise Failed(f"coppice flood ended with status {status}: {err.strip()[-300:]}")
    report = json.loads(out)
    if status == 1 and not may_be_wrong:
        raise Failed(f"{server.name}: {report['faults']}, {report['closedByServer']} closed by the server")
    return report


def once(name, **options):
    """The same against a server that is started for it."""
    server = servers.start(name, SERVER_CORE)
    try:
        return flood(server, **options)
    finally:
        server.end()


# Every measurement is a dictionary of numbers; the summary makes medians and ratios of them.

def capacity(name, point, seconds):
    report = once(name, clients=point.clients, senders=point.senders, window=point.window_for(name),
                  payload=point.payload, seconds=seconds)
    return {"perCPUSecond": report["server"]["deliveriesPerCPUSecond"], "perSecond": report["deliveriesPerSecond"],
            "perGeneratorSecond": report["deliveries"] * 1e6 / max(1, report["workerCPUMicroseconds"])}


def latency(name, clients, rate, seconds):
    report = once(name, clients=clients, rate=rate, seconds=seconds)
    return {key: report["latency"][key] for key in ("p50", "p90", "p99", "p99.9", "max")}


def idle(name, clients):
    # A message or two, so that the run has an end; memory is read before them.
    report = once(name, clients=clients, rate=2, seconds=0.6)
    return {"bytesPerConnection": report["server"]["bytesPerConnection"], "loginsPerSecond": report["loginsPerSecond"],
            "loginsPerCPUSecond": report["server"].get("loginsPerCPUSecond", 0)}


def hops(system, clients, window, rate, seconds):
    """Throughput with the sender at the same server as all others and at the far end, all servers on one core; and latency at
    the far end beside that of a server that is alone, which waits for nobody's acknowledgement. Coppice's chain of three is two
    hops; any two of NATS's are one."""
    alone = once(system, clients=clients, rate=rate, seconds=seconds)
    group = servers.chain(SERVER_CORE) if system == "coppice" else servers.mesh(SERVER_CORE)
    try:
        far, near = group[0], group[-1]
        pids = [server.pid for server in group]
        settle(group)
        result = {"hops": 2 if system == "coppice" else 1, "p50Alone": alone["latency"]["p50"]}
        for where, sender in (("Near", near), ("Far", far)):
            full = flood(near, clients=clients, window=window, seconds=seconds, sender_nodes=sender.address, pids=pids)
            half = flood(near, clients=clients, rate=rate, seconds=seconds, sender_nodes=sender.address, pids=pids)
            result["perSecond" + where] = full["deliveriesPerSecond"]
            result["p50" + where] = half["latency"]["p50"]
            result["p99" + where] = half["latency"]["p99"]
        result["kept"] = result["perSecondFar"] / result["perSecondNear"]
        result["addedPerHop"] = (result["p50Far"] - result["p50Alone"]) / result["hops"]
        return result
    finally:
        for server in group:
            server.end()


def linked(clients, window, seconds):
    """Deliveries for each second of a node's CPU, alone, and with a parent that has to have every message before it is shown."""
    alone = once("coppice", clients=clients, window=window, seconds=seconds)
    group = servers.chain(SERVER_CORE, length=2)
    try:
        settle(group)
        below = flood(group[1], clients=clients, window=window, seconds=seconds)
    finally:
        for server in group:
            server.end()
    key = "deliveriesPerCPUSecond"
    return {"alone": alone["server"][key], "linked": below["server"][key],
            "kept": below["server"][key] / alone["server"][key]}


def settle(group):
    """Waits until a message of one end reaches the other."""
    for _ in range(40):
        report = flood(group[-1], clients=2, rate=50, seconds=0.2, sender_nodes=group[0].address, may_be_wrong=True,
                       more=["--patience", "0.3"])
        if report["verdict"] == "right":
            return
    raise Failed("the servers don't become one network")


def slow(name, stopped_for, window=64, payload=1024):
    """1000 clients at full load, without and with a tenth of them stopped."""
    result = {}
    for which, more in (("Before", []), ("During", ["--slow", "10", "--slow-time", str(stopped_for)])):
        # What the peers drop for those who don't read counts as theirs; how it is for the others is what is asked.
        report = once(name, clients=1000, window=window if name != "mosquitto" else 8, payload=payload,
                      seconds=stopped_for + 2 if more else max(3, stopped_for / 3), more=more, may_be_wrong=bool(more))
        result["p50" + which] = report["latency"]["p50"]
        result["p99" + which] = report["latency"]["p99"]
        result["perSecond" + which] = report["deliveriesPerSecond"]
        result["memory" + which] = report["server"]["residentMost"] - report["server"]["residentBefore"]
        if more:
            result |= {"stopped": report["slow"], "closed": report["slowClosed"], "othersClosed": report["closedByServer"],
                       "lost": report["faults"]["lost"]}
    result["p99Ratio"] = result["p99During"] / max(1, result["p99Before"])
    return result


def generator(name, point, seconds):
    """The same point by the C program: what a generator costs at least."""
    server = servers.start(name, SERVER_CORE)
    try:
        path = os.path.join(servers.BUILT, "generator")
        status, out, err = Flood.run([path, str(server.port), str(point.clients), str(point.window), str(point.payload),
                                      str(seconds)], seconds * 4 + 60)
        if status != 0:
            raise Failed(f"the C generator ended with status {status}: {out}{err}")
        report = json.loads(out)
        return {"perSecond": report["deliveries"] / report["seconds"],
                "perGeneratorSecond": report["deliveries"] / max(1e-9, report["cpuSeconds"])}
    finally:
        server.end()
