#!/usr/bin/python3
"""The harness behind ./bench: picks workloads and servers, measures them in interleaved rounds, prints tables."""

import argparse
import datetime
import fcntl
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import machine
import measure
import table
import workloads
from processes import Failed
from servers import SERVERS, Server, copy_programs
from workloads import Workload

RESULTS = Path(__file__).resolve().parent / "results"
PEER_FAMILIES = ("nginx", "h2o", "lighttpd")
NAMESPACE_VARIABLE = "BOBBIN_BENCH_CONGESTION"


def parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {w.name:<6}{w.title}" for w in workloads.WORKLOADS.values())
    p = argparse.ArgumentParser(prog="./bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                epilog="workloads (W5 is W5a and W5b; none given: all):\n" + names)
    p.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    p.add_argument("--mode", choices=("one", "two", "free"), default="one",
                   help="one: server and load share a CPU (the default, for decisions); two: a CPU each; "
                        "free: two CPUs and two server threads, nothing pinned to either")
    p.add_argument("--peers", metavar="LIST", default=",".join(PEER_FAMILIES),
                   help="families to compare with, from nginx,h2o,lighttpd; an empty list: none")
    p.add_argument("--caddy", action="store_true", help="compare with caddy as well")
    p.add_argument("--rounds", type=int, default=5, help="every server runs once in each (default 5)")
    p.add_argument("--seconds", type=float, default=2, help="of load in each run (default 2, at most 60)")
    p.add_argument("--quick", action="store_true", help="2 rounds of 0.5 s: shows that it works, not how fast")
    p.add_argument("--congestion", metavar="NAME", help="TCP congestion control, such as cubic, in a network "
                                                        "namespace of its own (default: the system's)")
    p.add_argument("--record", metavar="LABEL", help="keep the tables as benchmarks/results/DATE-LABEL.md")
    p.add_argument("--note", action="append", default=[], help="a line for the results file; may be repeated")
    p.add_argument("--plan", action="store_true", help="print what would run, one workload and server a line, and exit")
    return p


def checked_options() -> tuple[argparse.Namespace, list[tuple[Workload, list[Server]]]]:
    p = parser()
    options = p.parse_args()
    if options.quick:
        options.rounds, options.seconds = 2, 0.5
    families = [name for name in options.peers.split(",") if name]
    if unknown := set(families) - set(PEER_FAMILIES):
        p.error(f"--peers: {', '.join(sorted(unknown))}: choose from {', '.join(PEER_FAMILIES)}")
    if not (1 <= options.rounds <= 100 and 0.1 <= options.seconds <= 60):
        p.error("--rounds must be from 1 to 100, --seconds from 0.1 to 60")
    if options.record and not options.record.replace("-", "").isalnum():
        p.error("--record: letters, digits and hyphens")
    if options.record and results_file(options.record).exists():
        p.error(f"--record: there is a file of today called {results_file(options.record).name}")
    try:
        chosen = workloads.select(options.workloads)
    except ValueError as error:
        p.error(str(error))
    families += ["bobbin", "floor"] + (["caddy"] if options.caddy else [])
    plan = [(w, [SERVERS[name] for name in w.servers if SERVERS[name].family in families]) for w in chosen]
    return options, plan


def results_file(label: str) -> Path:
    return RESULTS / f"{datetime.date.today().isoformat()}-{label}.md"


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


def run_rounds(workload: Workload, servers: list[Server], mode: measure.Mode, options) -> table.Rounds:
    """A B C A B C …: what disturbs the machine for a while then disturbs everybody."""
    rounds: table.Rounds = {server.name: [] for server in servers}
    for number in range(options.rounds):
        say(f"{workload.name} round {number + 1}/{options.rounds}:", end="")
        for server in servers:
            say(f" {server.name}", end="")
            try:
                rounds[server.name].append(measure.measure(server, workload, mode, options.seconds))
            except Failed as failed:
                rounds[server.name].append(without_paths(str(failed)))
                say(f" [{failed}]", end="")
        say()
    measure.remove_leftovers()
    return rounds


def without_paths(text: str) -> str:
    """One line that does not name folders of this machine: it goes into the results."""
    return re.sub(r"(?<![\w.])/[^\s\"']*/", "", text.replace("\n", " "))


def command_line() -> str:
    return shlex.join(["./bench", *sys.argv[1:]])


def head(options, servers: list[Server]) -> str:
    lines = [f"command: `{command_line()}`", *machine.description(servers), *options.note]
    return f"# {datetime.date.today().isoformat()}\n\n" + "".join(f"- {line}\n" for line in lines)


def section(workload: Workload, rounds: table.Rounds, mode: measure.Mode, options) -> str:
    how = f"mode {mode.name}, {machine.congestion_control()}, {options.rounds} rounds"
    how += f" of {options.seconds:g} s" if workload.kind != "start" else f" of {measure.STARTS_PER_ROUND} starts"
    if workload.kind == "idle":
        how += f", {measure.idle_connections():,} idle connections"
    return f"\n## {workload.name}: {workload.title}\n\n{how}\n\n{table.table(workload, rounds)}"


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
        return run(options, plan)


def run(options: argparse.Namespace, plan: list[tuple[Workload, list[Server]]]) -> int:
    copy_programs()
    measure.raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever runs is ended on the way out
    workloads.make_files(measure.ROOT)
    text = head(options, [server for _, servers in plan for server in servers])
    print(text, end="", flush=True)
    failed = False
    for workload, servers in plan:
        if workload.kind == "load" and workload.status == 200:
            workloads.warm_page_cache(measure.ROOT / workload.content_file)
        mode = measure.mode_named(workload.mode or options.mode)
        rounds = run_rounds(workload, servers, mode, options)
        failed |= any(isinstance(sample, str) for samples in rounds.values() for sample in samples)
        part = section(workload, rounds, mode, options)
        print(part, end="", flush=True)
        text += part
        if options.record:
            RESULTS.mkdir(exist_ok=True)
            results_file(options.record).write_text(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
