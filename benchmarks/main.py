#!/usr/bin/python3
"""The harness behind ./bench: picks workloads and servers, measures them in interleaved rounds, prints tables."""

import argparse
import datetime
import fcntl
import math
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import databases
import growth
import intake
import machine
import measure
import table
import workloads
from processes import Failed
from servers import REPOSITORY, SERVERS, Server, copy_programs, make_certificate
from workloads import Growth, Workload

Plan = list[tuple[Workload | Growth, list[Server]]]

RESULTS = Path(__file__).resolve().parent / "results"
ALL_SERVERS = SERVERS | intake.SERVERS
PEER_FAMILIES = ("nginx", "h2o", "lighttpd", "postgresql", "redis")
SECONDS_AROUND_A_RUN = 1.2  # start, warm-up, end
NAMESPACE_VARIABLE = "BOBBIN_BENCH_CONGESTION"


def parser() -> argparse.ArgumentParser:
    known = (workloads.WORKLOADS | workloads.INTAKES | workloads.GROWTHS).values()
    names = "\n".join(f"  {one.name:<6}{one.title}" if len(one.name) < 6 else f"  {one.name}  {one.title}" for one in known)
    p = argparse.ArgumentParser(prog="./bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                epilog="workloads (W5 is W5a and W5b, growth is both of those; none given: all W but W22):\n" + names)
    p.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    p.add_argument("--mode", choices=("one", "two", "free"), default="one",
                   help="one: server and load share a CPU (the default, for decisions); two: a CPU each; "
                        "free: two CPUs and two server threads, nothing pinned to either")
    p.add_argument("--peers", metavar="LIST", default=",".join(PEER_FAMILIES),
                   help=f"families to compare with, from {','.join(PEER_FAMILIES)}; an empty list: none")
    p.add_argument("--caddy", action="store_true", help="compare with caddy as well")
    p.add_argument("--rounds", type=int, default=5, help="every server runs once in each (default 5)")
    p.add_argument("--seconds", type=float, help="of load in each run (default 2, growth 1; at most 60)")
    p.add_argument("--quick", action="store_true", help="2 rounds of 0.5 s: shows that it works, not how fast")
    p.add_argument("--congestion", metavar="NAME", help="TCP congestion control, such as cubic, in a network "
                                                        "namespace of its own (default: the system's)")
    p.add_argument("--record", metavar="LABEL", help="keep the tables as benchmarks/results/DATE-LABEL.md, plots beside it")
    p.add_argument("--note", action="append", default=[], help="a line for the results file; may be repeated")
    p.add_argument("--plan", action="store_true", help="print what would run, one workload and server a line, and exit")
    return p


def checked_options() -> tuple[argparse.Namespace, Plan]:
    p = parser()
    options = p.parse_args()
    if options.quick:
        options.rounds, options.seconds = 2, 0.5
    families = [name for name in options.peers.split(",") if name]
    if unknown := set(families) - set(PEER_FAMILIES):
        p.error(f"--peers: {', '.join(sorted(unknown))}: choose from {', '.join(PEER_FAMILIES)}")
    if not (1 <= options.rounds <= 100 and 0.1 <= (options.seconds or 1) <= 60):
        p.error("--rounds must be from 1 to 100, --seconds from 0.1 to 60")
    if options.record and not options.record.replace("-", "").isalnum():
        p.error("--record: letters, digits and hyphens")
    # Once: a run may go on past midnight.
    options.results = RESULTS / f"{datetime.date.today().isoformat()}-{options.record}.md" if options.record else None
    if options.results and options.results.exists():
        p.error(f"--record: there is a file of today called {options.results.name}")
    for variable in ("BOBBIN_BINARY", "BOBBIN_NOSYNC_BINARY"):
        if (program := os.environ.get(variable)) and not os.access(program, os.X_OK):
            p.error(f"{variable}: '{program}' is no program (paths begin at the repository's root)")
    try:
        chosen = workloads.select(options.workloads)
        for one in chosen:
            measure.mode_named(one.mode or options.mode)
    except ValueError as error:
        p.error(str(error))
    families += ["bobbin", "floor"] + (["caddy"] if options.caddy else [])
    plan = [(one, [ALL_SERVERS[name] for name in one.servers if ALL_SERVERS[name].family in families]) for one in chosen]
    return options, plan


def seconds_of(one: Workload | Growth, options) -> float:
    return options.seconds or one.seconds


def say(*words: object, end: str = "\n") -> None:
    print(*words, file=sys.stderr, end=end, flush=True)


def enter_namespace(congestion: str) -> None:
    """Starts this program again in a network namespace of its own, which ends with it, and sets the congestion control of its
    loopback routes: a namespace may not choose any it likes as its default, but routes may name any, and the rest of the
    machine keeps what it has."""
    if os.environ.get(NAMESPACE_VARIABLE) != congestion:
        os.environ[NAMESPACE_VARIABLE] = congestion
        rights = [] if os.geteuid() == 0 else ["--map-root-user"]
        os.execvp("unshare", ["unshare", "--net", *rights, "--", sys.executable, *sys.argv])
    commands = ["ip link set lo up"]
    for destination in ("127.0.0.0/8", "127.0.0.1"):
        commands.append(f"ip route replace local {destination} dev lo table local proto kernel scope host src 127.0.0.1 "
                        f"congctl {congestion}")
    for command in commands:
        if subprocess.run(command.split(), check=False).returncode != 0:
            sys.exit(f"--congestion {congestion}: cannot set it in a network namespace")


def run_rounds(one: Workload | Growth, points: Sequence[Workload], servers: list[Server], options) -> growth.Points:
    """A B C A B C …: what disturbs the machine for a while then disturbs everybody."""
    mode = measure.mode_named(one.mode or options.mode)
    rounds = {point: {server.name: [] for server in servers} for point in points}
    for number in range(options.rounds):
        for point in points:
            size = f" {point.title}" if isinstance(one, Growth) else ""
            say(f"{one.name} round {number + 1}/{options.rounds}{size}:", end="")
            for server in servers:
                say(f" {server.name}", end="")
                try:
                    sample = measure.measure(server, point, mode, seconds_of(one, options))
                except Failed as failed:
                    sample = without_paths(str(failed))
                    say(f" [{failed}]", end="")
                rounds[point][server.name].append(sample)
            say()
    return rounds


def without_paths(text: str) -> str:
    """One line that does not name folders of this machine: it goes into the results."""
    return re.sub(r"(?<![\w.])/[^\s\"']*/", "", text.replace("\n", " "))


def command_line() -> str:
    return shlex.join(["./bench", *sys.argv[1:]])


def head(options, plan: Plan) -> str:
    servers = [server for _, servers in plan for server in servers]
    lines = [f"command: `{command_line()}`", *machine.description(servers)]
    if any(point.protocol != workloads.HTTP1 for one, _ in plan for point in one.points):
        lines += machine.versions_of_generator()
    lines += options.note
    return f"# {datetime.date.today().isoformat()}\n\n" + "".join(f"- {line}\n" for line in lines)


def section(one: Workload | Growth, rounds: growth.Points, options) -> str:
    if not rounds:
        return f"\n## {one.name}: {one.title}\n"
    how = f"mode {one.mode or options.mode}, {machine.congestion_control()}, {options.rounds} rounds"
    if isinstance(one, Growth):
        how += f" of {seconds_of(one, options):g} s"
        content = growth.section(one, rounds)
    else:
        how += f" of {measure.STARTS_PER_ROUND} starts" if one.kind == "start" else f" of {seconds_of(one, options):g} s"
        how += f", {measure.idle_connections(one):,} idle connections" if one.kind == "idle" else ""
        how += f", h2load, {one.protocol.name}" if one.protocol != workloads.HTTP1 else ""
        content = table.table(one, rounds[one])
    return f"\n## {one.name}: {one.title}\n\n{how}\n\n{content}"


def possible_points(one: Workload | Growth) -> tuple[list[Workload], str]:
    """Those of its points that the machine allows, and what is to be said of the others."""
    obstacles = {point: measure.obstacle(point) for point in one.points}
    left_out = [f"- {point.title}, left out: {reason}\n" for point, reason in obstacles.items() if reason]
    return [point for point, reason in obstacles.items() if not reason], "".join(["\n", *left_out] if left_out else [])


def keep_plot(one: Growth, rounds: growth.Points, options) -> str:
    """Beside the results, which show it; without --record in the folder of the run."""
    if not (drawing := growth.drawing(one, rounds) if rounds else ""):
        return ""
    if not options.results:
        path = measure.BENCH_FOLDER / f"{one.name}.svg"
        say(f"plot: {path.relative_to(REPOSITORY)}")
    else:
        path = options.results.with_name(f"{options.results.stem}-{one.of}.svg")
    path.write_text(drawing)
    return f"\n![{one.title}]({path.name})\n" if options.results else ""


def main() -> int:
    options, plan = checked_options()
    if options.plan:
        for workload, servers in plan:
            print(*(f"{workload.name} {server.name}" for server in servers), sep="\n")
        return 0
    if options.congestion:
        enter_namespace(options.congestion)
    measure.BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    with (measure.BENCH_FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("another ./bench is running: two at a time would measure each other")
        try:
            return run(options, plan)
        finally:
            databases.remove_cluster()
            measure.remove_leftovers()


def announce(options, plan: Plan) -> None:
    runs = [(options.rounds * len(one.points) * len(servers), seconds_of(one, options)) for one, servers in plan]
    seconds = sum(number * (each + SECONDS_AROUND_A_RUN) for number, each in runs)
    say(f"{sum(number for number, _ in runs)} runs, about {math.ceil(seconds / 60)} min")


def run(options: argparse.Namespace, plan: Plan) -> int:
    copy_programs()
    make_certificate()
    measure.raise_descriptor_limit()
    for number in (signal.SIGTERM, signal.SIGHUP):  # so that whatever runs is ended on the way out
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    workloads.make_files(measure.ROOT, [point for one, _ in plan for point in one.points])
    announce(options, plan)
    text = head(options, plan)
    print(text, end="", flush=True)
    failed = False
    for one, servers in plan:
        points, left_out = possible_points(one)
        for point in points:
            workloads.warm_page_cache(measure.ROOT, point)
        rounds = run_rounds(one, points, servers, options)
        failed |= any(isinstance(sample, str) for of_point in rounds.values() for samples in of_point.values() for sample in samples)
        rounds = {point: table.undisturbed(of_point) for point, of_point in rounds.items()}
        part = section(one, rounds, options) + left_out
        if isinstance(one, Growth):
            part += keep_plot(one, rounds, options)
        print(part, end="", flush=True)
        text += part
        if options.results:
            options.results.write_text(text)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
