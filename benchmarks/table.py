"""Samples → a markdown table: medians over the rounds, and ratios that are medians of the ratios within each round."""

import statistics
from dataclasses import dataclass

from measure import NEAR_NANOSECONDS, QUIET_SHARE, Sample
from workloads import Workload

# One list per server with one entry per round: a sample, or the reason why there is none.
Rounds = dict[str, list[Sample | str]]


@dataclass(frozen=True)
class Column:
    title: str
    key: str
    form: str = ""  # "": three significant digits, or all before the point

    def cell(self, value: float) -> str:
        return format(value, self.form or (",.0f" if value >= 100 else ".1f" if value >= 10 else ".2f"))


LATENCIES = [Column("p50 µs", "p50"), Column("p99 µs", "p99"), Column("p99.9 µs", "p999")]


def columns(workload: Workload) -> tuple[list[Column], str, str]:
    """The columns, what a server costs (the ratio and the spread are of this), and what it yields ("" for nothing)."""
    if workload.kind == "start":
        return [Column("median ms", "start_ms"), Column("fastest ms", "fastest_ms")], "start_ms", ""
    if workload.kind == "idle":
        return [Column("PSS bytes/connection", "pss_per_connection"),
                Column("PSS MB with none", "pss_before_mb"), Column("PSS MB with all", "pss_during_mb"),
                Column("active p50 µs", "p50"), Column("p99 µs", "p99"),
                Column("alone p50 µs", "p50_alone"), Column("p99 µs", "p99_alone"),
                ], "pss_per_connection", ""
    if workload.per_byte:
        return [Column("MB/s", "mb_per_s"), Column("CPU s/GB", "cpu_s_per_gb", ".4f"),
                *LATENCIES], "cpu_s_per_gb", "mb_per_s"
    if workload.kind == "intake":
        return [Column("documents/s", "rate"), Column("CPU µs/document", "cpu_us"), *LATENCIES], "cpu_us", "rate"
    return [Column("requests/s", "rate"), Column("CPU µs/request", "cpu_us"), *LATENCIES], "cpu_us", "rate"


def disturbance(sample: Sample) -> str:
    """Why a sample should not count; "" when it should."""
    if sample.get("placement_ns", 0) > NEAR_NANOSECONDS:
        return "left out, the CPUs lay far apart"
    if sample.get("others_share", 0) > QUIET_SHARE:
        return "left out, other programs kept the CPUs busy"
    return ""


def undisturbed(rounds: Rounds) -> Rounds:
    """The samples that nothing has disturbed, as long as a server has three of them."""
    kept = {name: [s if isinstance(s, str) else disturbance(s) or s for s in samples] for name, samples in rounds.items()}
    return {name: kept[name] if len(good(kept[name])) >= 3 else samples for name, samples in rounds.items()}


def good(samples: list[Sample | str]) -> list[Sample]:
    return [sample for sample in samples if isinstance(sample, dict)]


def median_ratio(above: list[Sample | str], below: list[Sample | str], key: str) -> float | None:
    ratios = [a[key] / b[key] for a, b in zip(above, below) if isinstance(a, dict) and isinstance(b, dict) and b[key] > 0]
    return statistics.median(ratios) if ratios else None


def ratio_cell(above: list[Sample | str], below: list[Sample | str], key: str) -> str:
    ratio = median_ratio(above, below, key)
    return f"{ratio:.2f}" if ratio is not None else "–"


def spread_cell(samples: list[Sample | str], key: str) -> str:
    """The least and the most against the median."""
    values = [sample[key] for sample in good(samples)]
    middle = statistics.median(values) if values else 0
    return f"{(min(values) / middle - 1) * 100:+.0f} % … {(max(values) / middle - 1) * 100:+.0f} %" if middle else "–"


@dataclass(frozen=True)
class Ratio:
    """Of two servers, within each round: one of them is that of the row."""

    title: str
    other: str
    key: str
    inverse: bool = False  # the other ÷ that of the row

    def cell(self, samples: list[Sample | str], rounds: Rounds) -> str:
        other = rounds.get(self.other, [])
        return ratio_cell(other, samples, self.key) if self.inverse else ratio_cell(samples, other, self.key)


def cheapest(workload: Workload, rounds: Rounds, cost: str) -> str:
    """Of those that all are compared with."""
    medians = {name: statistics.median(s[cost] for s in good(rounds[name]))
               for name in workload.reference if good(rounds.get(name, []))}
    return min(medians, key=medians.get) if medians else workload.reference[0]


def ratios(workload: Workload, rounds: Rounds, cost: str, yields: str) -> list[Ratio]:
    reference = cheapest(workload, rounds, cost)
    found = [Ratio(f"{reference} ÷ this, cost", reference, cost, inverse=True)]
    if yields:
        found += [Ratio(f"this ÷ {name}, rate", name, yields) for name in (reference, workload.rival, workload.floor) if name]
    if workload.floor:
        found.append(Ratio(f"this ÷ {workload.floor}, p99", workload.floor, "p99"))
    return found


def table(workload: Workload, rounds: Rounds) -> str:
    shown, cost, yields = columns(workload)
    compared = ratios(workload, rounds, cost, yields)
    lines = [["server", *(column.title for column in shown), *(ratio.title for ratio in compared), "spread of cost", "runs"]]
    for name, samples in rounds.items():
        usable = good(samples)
        if usable:
            cells = [column.cell(statistics.median(sample[column.key] for sample in usable)) for column in shown]
            cells += [ratio.cell(samples, rounds) for ratio in compared]
            lines.append([name, *cells, spread_cell(samples, cost), str(len(usable))])
        else:
            lines.append([name, "failed", *["–"] * (len(lines[0]) - 2)])
    return markdown(lines) + failures(rounds)


def markdown(lines: list[list[str]]) -> str:
    """A table; the first line has the titles."""
    lines = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def failures(rounds: Rounds) -> str:
    lines = []
    for name, samples in rounds.items():
        reasons = [sample for sample in samples if isinstance(sample, str)]
        for reason in sorted(set(reasons)):
            lines.append(f"- {name}, {reasons.count(reason)} of {len(samples)} runs: {reason}\n")
    return "\n" + "".join(lines) if lines else ""
