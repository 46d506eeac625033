"""The machine that figures are of, without its name."""

import os
import platform


def describe():
    model = "unknown"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as info:
        kib = int(next(line for line in info if line.startswith("MemTotal")).split()[1])
    return {"processor": model, "cores": os.cpu_count(), "memoryGiB": round(kib / (1 << 20)),
            "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}", "distribution": distribution(),
            "loadBefore": round(os.getloadavg()[0], 2)}


def distribution():
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"
