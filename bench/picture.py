"""The picture of a run that the README shows: one SVG that is right on light and on dark ground."""

import math

import points
import results

WIDTH = 880
LEFT, RIGHT = 190, 24
COLOURS = {"nats": "b", "redis": "c", "mosquitto": "d", "coppice": "a", "bound_jansson": "e"}
NAMES = {"bound_jansson": "C bound"}

FONT = 'system-ui,-apple-system,&quot;Segoe UI&quot;,sans-serif'
GROUND = ("#f7f9f6", "#14181a")

# What each class of shapes looks like, as attributes: many viewers know no style sheets, and librsvg no variables in them.
LOOKS = {
    "": {"fill": "#1d2420", "font-size": "13"},
    "h": {"fill": "#1d2420", "font-size": "17", "font-weight": "650"},
    "s": {"fill": "#626c66", "font-size": "12.5"},
    "t": {"fill": "#626c66", "font-size": "11.5"},
    "n": {"fill": "#1d2420", "font-size": "11.5", "font-weight": "600"},
    "r": {"stroke": "#dfe3dd"},
    "o": {"stroke": "#8d968f", "stroke-width": "1.5"},
    "w": {"stroke": "#1d2420", "stroke-width": "1.2", "opacity": ".55"},
    "a": {"fill": "#2f7d4f"}, "b": {"fill": "#3b6fb5"}, "c": {"fill": "#c2503f"}, "d": {"fill": "#b08a2e"},
    "e": {"fill": "#8d968f"},
}
# What a style sheet makes of them on dark ground, where there is one that is understood.
DARK = {
    "h": "fill:#e8ece9", "s": "fill:#9aa49d", "t": "fill:#9aa49d", "n": "fill:#e8ece9", "r": "stroke:#333b36",
    "o": "stroke:#7c857f", "w": "stroke:#e8ece9", "a": "fill:#6cc390", "b": "fill:#7fb0ee", "c": "fill:#f08c7c",
    "d": "fill:#dcbc63", "e": "fill:#7c857f",
}


def look(style):
    """The attributes of a class, its name included, so that the dark style sheet finds it."""
    attributes = {"class": style} if style else {}
    return " ".join(f'{name}="{value}"' for name, value in (attributes | LOOKS[style]).items())


def dark_style():
    rules = [f".g{{fill:{GROUND[1]}}}", "text{fill:#e8ece9}"] + [f".{name}{{{rule}}}" for name, rule in DARK.items()]
    return "@media (prefers-color-scheme:dark){" + "".join(rules) + "}"


class Drawing:
    def __init__(self):
        self.parts = []
        self.y = 0

    def text(self, x, y, text, style="", anchor="start"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {look(style)} text-anchor="{anchor}">{text}</text>')

    def line(self, x1, y1, x2, y2, style):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look(style)}/>')

    def bar(self, x1, x2, y, height, style):
        self.parts.append(f'<rect x="{min(x1, x2):.1f}" y="{y:.1f}" width="{abs(x2 - x1):.1f}" height="{height}" rx="2" '
                          f'{look(style)}/>')

    def whisker(self, low, high, y):
        self.line(low, y, high, y, "w")
        for x in (low, high):
            self.line(x, y - 3, x, y + 3, "w")

    def svg(self, title):
        height = math.ceil(self.y)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
                f'role="img" aria-label="{title}" font-family="{FONT}">\n<style>{dark_style()}</style>\n'
                f'<rect width="{WIDTH}" height="{height}" rx="12" class="g" fill="{GROUND[0]}"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


def times(value):
    return f"{results.digits(value)}×"


def draw(record, path):
    drawing = Drawing()
    ratios(drawing, record)
    drawing.y += 26
    small = [panel for panel in panels(record) if panel[2]]
    for start in range(0, len(small), 2):
        tallest = 0
        for column, panel in enumerate(small[start:start + 2]):
            tallest = max(tallest, bars(drawing, 10 + column * (WIDTH - 10) / 2, drawing.y, WIDTH / 2 - 40, *panel))
        drawing.y += tallest + 22
    machine = record["machine"]
    repetitions = 1 + max((sample["repetition"] for sample in record["samples"]), default=0)
    drawing.text(10, drawing.y + 6, f"Medians of {repetitions} repetitions; thin lines: least to greatest. {record['date']}, "
                 f"{machine['processor']}, {machine['cores']} cores, {machine['system']}.", "t")
    drawing.y += 18
    with open(path, "w") as file:
        file.write(drawing.svg("Coppice beside nats-server, redis-server and mosquitto"))


def ratios(drawing, record):
    """Coppice's deliveries for a second of CPU, as how many times those of each peer."""
    chosen = results.taken(record, "capacity")
    found = {(point.name, peer): results.ratio(record, "capacity", point.name, "coppice", peer, "perCPUSecond")
             for point in chosen for peer in points.PEERS}
    known = [value for value in found.values() if value]
    if not known:
        return
    least = min(value[1] for value in known)
    low = 0.9 if least >= 1 else min(0.5, least * 0.8)
    high = max(value[2] for value in known) * 1.7
    span = math.log(high / low)
    place = lambda value: LEFT + math.log(max(value, low) / low) / span * (WIDTH - LEFT - RIGHT)
    drawing.text(10, 24, "Deliveries for each second of the server’s CPU", "h")
    drawing.text(10, 44, "How many times as many Coppice makes. One sender or more to many clients; W messages under way.", "s")
    x = 10
    for peer in points.PEERS:
        drawing.bar(x, x + 12, 57, 12, COLOURS[peer])
        drawing.text(x + 18, 67, f"as {peer}", "s")
        x += 34 + 7.2 * len(f"as {peer}")
    top = 84
    height = len(chosen) * 46
    for mark in (0.5, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500):
        if low <= mark <= high:
            drawing.line(place(mark), top, place(mark), top + height, "o" if mark == 1 else "r")
            drawing.text(place(mark), top + height + 16, f"{mark:g}×", "t", "middle")
    y = top
    for point in chosen:
        size, _, window = point.title.partition(", ")
        drawing.text(LEFT - 14, y + 19, size.replace(" to ", " → "), "", "end")
        drawing.text(LEFT - 14, y + 34, window, "t", "end")
        for number, peer in enumerate(points.PEERS):
            value = found[point.name, peer]
            if not value:
                continue
            level = y + 6 + number * 12
            drawing.bar(place(1), place(value[0]), level, 9, COLOURS[peer])
            drawing.whisker(place(value[1]), place(value[2]), level + 4.5)
            end = max(place(value[2]), place(1))
            drawing.text(end + 6, level + 8.5, times(value[0]), "n")
        y += 46
    drawing.y = y + 22


def panels(record):
    """Small charts of what is measured in units: title, remark, [(server, spread)], how it is written."""
    shown = ["coppice"] + points.PEERS + ["bound_jansson"]

    def of(kind, point, key):
        return [(name, value) for name in shown if (value := results.figure(record, kind, point, name, key))]
    rates = {clients: results.figure(record, "latency", str(clients), "coppice", "rate") for clients in (100, 1000)}
    size = lambda value: f"{value / 1000:.1f} kB" if value >= 10_000 else f"{value:,.0f} B"
    wanted = [("Memory of an idle connection", "10,000 clients logged in; less is better",
               of("idle", "10000", "bytesPerConnection"), size),
              ("Logins for each second of CPU", "10,000 clients at once; more is better",
               of("idle", "10000", "loginsPerCPUSecond"), results.short)]
    for clients, rate in rates.items():
        if rate:
            wanted.append((f"Latency, 99 of 100 deliveries", f"{clients:,} clients, {rate[0]:.0f} messages/s; less is better",
                           of("latency", str(clients), "p99"), results.microseconds))
    return wanted


def bars(drawing, x, y, width, title, remark, values, write):
    drawing.text(x, y + 14, title, "h")
    drawing.text(x, y + 33, remark, "s")
    start, most = x + 88, max(value[2] for _, value in values)
    length = width - 88 - 76
    level = y + 46
    for name, value in values:
        drawing.text(start - 10, level + 12, NAMES.get(name, name), "s" if name != "coppice" else "", "end")
        end = start + max(2, value[0] / most * length)
        drawing.bar(start, end, level, 15, COLOURS[name])
        drawing.whisker(start + value[1] / most * length, start + value[2] / most * length, level + 7.5)
        drawing.text(max(end, start + value[2] / most * length) + 7, level + 12, write(value[0]), "n")
        level += 22
    return level - y
