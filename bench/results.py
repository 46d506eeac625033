"""What the samples of a run come to: medians with their spread, ratios made within each repetition, a table to read."""

import json
import os
import statistics

import picture
import points


def save(record, folder):
    """Writes the record and its table; the name is the date and how many cores the machine has."""
    os.makedirs(folder, exist_ok=True)
    name = f"{record['date']}-{record['machine']['cores']}-cores" + ("-quick" if record["quick"] else "")
    path = os.path.join(folder, name + ".json")
    with open(path, "w") as file:
        # One sample a line: results are kept in the repository, where changes are read line by line.
        head = {key: value for key, value in record.items() if key != "samples"}
        text = json.dumps(head, indent=1)[:-2]
        lines = ",\n  ".join(json.dumps(round_all(sample)) for sample in record["samples"])
        file.write(f'{text},\n "samples": [\n  {lines}\n ]\n}}\n')
    with open(os.path.join(folder, name + ".txt"), "w") as file:
        file.write(table(record))
    return path


def round_all(sample):
    return {key: float(f"{value:.5g}") if isinstance(value, float) else value for key, value in sample.items()}


def load(path):
    with open(path) as file:
        return json.load(file)


def show(path, drawing):
    record = load(path)
    print(table(record))
    picture.draw(record, drawing)
    return 0


# ---- statistics ----

def spread(values):
    """Median, least and greatest."""
    return (statistics.median(values), min(values), max(values)) if values else None


def values(record, kind, point, server, key):
    return {sample["repetition"]: sample[key] for sample in record["samples"]
            if sample["kind"] == kind and sample["point"] == point and sample["server"] == server and key in sample}


def figure(record, kind, point, server, key):
    return spread(list(values(record, kind, point, server, key).values()))


def ratio(record, kind, point, server, other, key):
    """Of one server to another, each pair of one repetition: what disturbed the machine disturbed both alike."""
    mine, theirs = (values(record, kind, point, name, key) for name in (server, other))
    return spread([mine[each] / theirs[each] for each in mine if theirs.get(each)])


# ---- text ----

def short(value):
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit * 9.995 / 10:
            return f"{digits(value / limit)}{unit}"
    return digits(value)


def digits(value):
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def microseconds(value):
    return f"{digits(value / 1e6)} s" if value >= 1e6 else f"{digits(value / 1e3)} ms" if value >= 1e3 else f"{value:.0f} µs"


def with_spread(found, write=short):
    return "–" if not found else f"{write(found[0])} ({write(found[1])}–{write(found[2])})"


def rows(title, heads, lines):
    lines = [heads] + lines
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    text = [title, ""]
    for number, line in enumerate(lines):
        text.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        if number == 0:
            text.append("  ".join("-" * width for width in widths))
    return "\n".join(text) + "\n"


def table(record):
    machine = record["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items() if version)
    parts = [f"{record['date']}: {machine['processor']}, {machine['cores']} cores, {machine['memoryGiB']} GiB, "
             f"{machine['system']}, {machine['distribution']}\n{versions}\n"
             "Each figure: the median of the repetitions (least–greatest). Ratios are made within a repetition.\n"]
    parts += [capacity_table(record), ratio_table(record), latency_table(record), idle_table(record), hops_table(record),
              generator_table(record), slow_text(record["samples"])]
    if record["failures"]:
        parts.append("What failed:\n" + "\n".join(record["failures"]) + "\n")
    return "\n".join(part for part in parts if part)


def taken(record, kind):
    """The points of a kind that were measured, in the order in which they are listed."""
    names = {sample["point"] for sample in record["samples"] if sample["kind"] == kind}
    return [point for point in points.CAPACITY if point.name in names]


def capacity_table(record):
    lines = [[point.title] + [with_spread(figure(record, "capacity", point.name, name, "perCPUSecond"))
                              for name in points.EVERYBODY] for point in taken(record, "capacity")]
    return lines and rows("Deliveries for each second of the server's CPU", [""] + points.EVERYBODY, lines)


def ratio_table(record):
    others = points.PEERS + points.BOUNDS
    lines = [[point.title] + [with_spread(ratio(record, "capacity", point.name, "coppice", name, "perCPUSecond"), digits)
                              for name in others] for point in taken(record, "capacity")]
    return lines and rows("The same, as how many times what the other does", [""] + others, lines)


def latency_table(record):
    lines = []
    for clients, _ in points.LATENCY:
        rate = figure(record, "latency", str(clients), "coppice", "rate")
        for key in ("p50", "p99", "max"):
            cells = [with_spread(figure(record, "latency", str(clients), name, key), microseconds)
                     for name in points.EVERYBODY]
            if rate and any(cell != "–" for cell in cells):
                lines.append([f"{clients:,} clients, {rate[0]:.0f}/s: {key}"] + cells)
    return lines and rows("Latency at half the load that the slowest peer can take", [""] + points.EVERYBODY, lines)


def latency_text(record, names):
    """Latency at fixed rates, and how Coppice's compares, each pair of one repetition."""
    lines = []
    for clients, rate, _ in points.FIXED_RATES:
        for key in ("p50", "p99", "max"):
            cells = [with_spread(figure(record, "latency", str(clients), name, key), microseconds) for name in names]
            lines.append([f"{clients:,} clients, {rate}/s: {key}"] + cells)
        cells = ["1"] + [with_spread(ratio(record, "latency", str(clients), "coppice", name, "p99"), digits)
                         for name in names[1:]]
        lines.append(["p99, of theirs"] + cells)
    return rows("Latency at fixed rates", [""] + names, lines)


def linked_text(record):
    lines = []
    for clients, window in points.LINKED:
        cells = [with_spread(figure(record, "linked", str(clients), "coppice", key), write)
                 for key, write in (("alone", short), ("linked", short), ("kept", digits))]
        lines.append([f"1 to {clients:,}, 128 B, W={window}"] + cells)
    return rows("Deliveries for each second of the node's CPU", ["", "alone", "under a parent", "kept"], lines)


def idle_table(record):
    lines = []
    for clients in points.IDLE:
        for key, title, write in (("bytesPerConnection", "bytes per connection", lambda value: f"{value:,.0f}"),
                                  ("loginsPerSecond", "logins/s", short), ("loginsPerCPUSecond", "logins/CPU s", short)):
            cells = [with_spread(figure(record, "idle", str(clients), name, key), write) for name in points.EVERYBODY]
            if any(cell != "–" for cell in cells):
                lines.append([f"{clients:,}: {title}"] + cells)
    return lines and rows("Idle connections: memory, and how fast they come in", [""] + points.EVERYBODY, lines)


def hops_table(record):
    names = [name for name in ("coppice", "nats") if figure(record, "hops", "100", name, "kept")]
    lines = [[f"{title}"] + [with_spread(figure(record, "hops", "100", name, key), write) for name in names]
             for key, title, write in (("kept", "throughput kept", digits), ("p50Alone", "p50, one server alone", microseconds),
                                       ("p50Near", "p50, sender at the same one", microseconds),
                                       ("p50Far", "p50, the far end", microseconds),
                                       ("addedPerHop", "added p50 per hop", lambda value: f"{value:.0f} µs"))]
    return names and rows("Three servers in a row (Coppice: 2 hops, NATS: 1), 100 clients at the far end", [""] + names, lines)


def generator_table(record):
    keys = (("perSecond", "deliveries/s"), ("perGeneratorSecond", "deliveries/CPU s of the generator"))
    found = ratio(record, "generator", "1000-256", "flood", "generator", "perSecond")
    lines = [[title] + [with_spread(figure(record, "generator", "1000-256", name, key)) for name in ("flood", "generator")]
             + [with_spread(ratio(record, "generator", "1000-256", "flood", "generator", key), digits)] for key, title in keys]
    return found and rows("coppice flood beside a C program that checks nothing, at bound_jansson, 1 to 1,000, W=256",
                          ["", "flood", "C", "ratio"], lines)


def slow_text(samples):
    lines = []
    for sample in samples:
        if sample["kind"] == "slow":
            lines.append([sample["server"], f"{sample['stopped']} ({sample['closed']} closed)",
                          f"{microseconds(sample['p50Before'])} / {microseconds(sample['p99Before'])}",
                          f"{microseconds(sample['p50During'])} / {microseconds(sample['p99During'])}",
                          digits(sample["p99Ratio"]), f"{sample['memoryDuring'] / 1e6:.0f} MB",
                          f"{sample['othersClosed']} closed, {sample['lost']} lost"])
    return lines and rows("A tenth of 1,000 clients stops reading at full load (1 KiB)",
                          ["", "stopped", "others' p50/p99 before", "during", "p99 ratio", "memory grown", "wrong"], lines)
