"""Samples of a growth → tables of cost and memory, the steps that need an explanation, and a plot."""

import math
import statistics

import plot
from table import Rounds, cheapest, failures, good, markdown, median_ratio, ratio_cell, spread_cell
from workloads import Growth, Workload

# A step above this, for ten times as much, is listed.
STEP = 0.20

# Below this many more, the memory of each drowns in that of everything else.
FEWEST_TO_SHARE = 900

# What was measured at each point, from the smallest to the largest.
Points = dict[Workload, Rounds]


def section(growth: Growth, points: Points) -> str:
    parts = [cost_table(growth, points), steps(growth, points), memory_table(growth, points)]
    for point, rounds in points.items():
        parts.append("".join(f"- {point.title}: {line[2:]}\n" for line in failures(rounds).strip().splitlines()))
    return "\n".join(part for part in parts if part)


def servers(points: Points) -> list[str]:
    return list(next(iter(points.values())))


def medians(points: Points, server: str, key: str) -> dict[Workload, float]:
    """Points at which the server failed in every round have none."""
    return {point: statistics.median(sample[key] for sample in good(rounds[server]))
            for point, rounds in points.items() if good(rounds[server])}


def cost_table(growth: Growth, points: Points) -> str:
    names = servers(points)
    lines = [[growth.of, *names, "better nginx ÷ bobbin", "spread of bobbin"]]
    for point, rounds in points.items():
        cells = [medians({point: rounds}, name, "cpu_us").get(point) for name in names]
        nginx = cheapest(point, rounds, "cpu_us")
        lines.append([f"{growth.size(point):,}", *(f"{cell:.2f}" if cell else "failed" for cell in cells),
                      ratio_cell(rounds.get(nginx, []), rounds["bobbin"], "cpu_us"), spread_cell(rounds["bobbin"], "cpu_us")])
    return "CPU µs/request:\n\n" + markdown(lines)


def memory_table(growth: Growth, points: Points) -> str:
    names = servers(points)
    one = growth.of.removesuffix("s")
    lines = [[growth.of, *(f"{name} MB" for name in names), *(f"{name} bytes/{one}" for name in names)]]
    for point, rounds in points.items():
        cells = [medians({point: rounds}, name, "pss_mb").get(point) for name in names]
        shares = [bytes_of_each(growth, points, name, point) for name in names]
        lines.append([f"{growth.size(point):,}", *(plot.significant(cell) if cell else "failed" for cell in cells),
                      *(f"{round(share):,}" if share is not None else "–" for share in shares)])
    return f"PSS of the server, and its own memory for each {one} above the first line:\n\n" + markdown(lines)


def bytes_of_each(growth: Growth, points: Points, server: str, point: Workload) -> float | None:
    """What the server's own memory is above that at the first point, divided by how many more there are."""
    own = medians(points, server, "own_bytes")
    first = next(iter(points))
    more = growth.size(point) - growth.size(first)
    if more < FEWEST_TO_SHARE or point not in own or first not in own:
        return None
    return (own[point] - own[first]) / more


def steps(growth: Growth, points: Points) -> str:
    """Every step where some server's cost grows by more than STEP per decade, with what it is for all of them."""
    lines = []
    for (small, before), (large, after) in zip(points.items(), list(points.items())[1:]):
        decades = math.log10(growth.size(large) / growth.size(small))
        ratios = {name: median_ratio(after[name], before[name], "cpu_us") for name in servers(points)}
        rises = {name: ratio ** (1 / decades) - 1 for name, ratio in ratios.items() if ratio}
        if any(rise > STEP for rise in rises.values()):
            texts = {name: f"{name} {rise * 100:+.0f} %" for name, rise in rises.items()}
            each = ", ".join(f"**{words}**" if rises[name] > STEP else words for name, words in texts.items())
            lines.append(f"- {growth.size(small):,} → {growth.size(large):,} {growth.of}: {each}\n")
    if not lines:
        return f"No step of the cost above {STEP * 100:.0f} % for ten times as many.\n"
    return (f"Steps of the cost above {STEP * 100:.0f} % for ten times as many (medians of the ratios within each round):\n\n"
            + "".join(lines))


def drawing(growth: Growth, points: Points) -> str:
    """The floor, bobbin, and the nginx configuration that is cheaper on the whole; "" when nothing could be measured."""
    costs = {name: medians(points, name, "cpu_us") for name in servers(points)}
    whole = {name: statistics.geometric_mean(found.values()) for name, found in costs.items()
             if name.startswith("nginx") and len(found) == len(points)}
    shown = [name for name in ("floor", "bobbin", min(whole, key=whole.get, default="")) if costs.get(name)]

    if not shown:
        return ""

    def panel(title: str, key: str) -> plot.Panel:
        lines = [plot.Line(name, name.partition("-")[0],
                           [(growth.size(point), value) for point, value in medians(points, name, key).items()])
                 for name in shown]
        return plot.Panel(title, lines)

    panels = [panel("CPU µs/request", "cpu_us"), panel("memory of the server, PSS MB", "pss_mb")]
    return plot.svg(growth.title, f"{growth.of} (logarithmic)", panels)
