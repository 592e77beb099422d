"""Lines over a logarithmic axis, as an SVG that needs nothing else: two panels side by side, a label at the end of every line,
and colours for light and for dark surroundings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 920, 360
# Of a panel's drawing area, and of the room beside it: numbers to its left, labels to its right.
LEFT, TOP, INNER_WIDTH, INNER_HEIGHT, LABEL_WIDTH = 52, 78, 290, 226, 118
LABEL_HEIGHT = 15

STYLE = """
  :root { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d9dee3;
          --floor: #767f89; --bobbin: #0b62d6; --nginx: #b8500c }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #14181d; --ink: #e6edf3; --faint: #9aa4ae; --grid: #343b43;
            --floor: #939ca6; --bobbin: #63a8ff; --nginx: #f0954b }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--faint) }
  .title { font-size: 15px; font-weight: 600; fill: var(--ink) }
  .panel { font-weight: 600; fill: var(--ink) }
  .label { font-weight: 600; fill: var(--colour) }
  .grid { stroke: var(--grid) }
  .line { fill: none; stroke: var(--colour); stroke-width: 2; stroke-linejoin: round }
  .dot { fill: var(--colour) }
"""


@dataclass(frozen=True)
class Line:
    label: str
    colour: str  # floor, bobbin or nginx
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    title: str
    lines: Sequence[Line]


def svg(title: str, x_title: str, panels: Sequence[Panel]) -> str:
    """The panels share the numbers of the x axis; each has a y axis of its own, from 0."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="var(--paper)"/>',
             text(16, 28, title, "title")]
    for number, panel in enumerate(panels):
        parts += draw(panel, x_title, LEFT + number * (LEFT + INNER_WIDTH + LABEL_WIDTH))
    return "\n".join([*parts, "</svg>", ""])


def draw(panel: Panel, x_title: str, left: float) -> list[str]:
    xs = sorted({x for line in panel.lines for x, _ in line.points})
    ticks = y_ticks(max(y for line in panel.lines for _, y in line.points))
    decades = math.log10(xs[-1] / xs[0]) or 1

    def place(x: float, y: float) -> tuple[float, float]:
        return (left + math.log10(x / xs[0]) / decades * INNER_WIDTH, TOP + (1 - y / ticks[-1]) * INNER_HEIGHT)

    parts = [text(left, TOP - 18, panel.title, "panel")]
    for tick in ticks:
        _, y = place(xs[0], tick)
        parts.append(f'<path class="grid" d="M{left:.1f} {y:.1f}h{INNER_WIDTH}"/>')
        parts.append(text(left - 8, y + 4, f"{tick:,g}", anchor="end"))
    for x in xs:
        parts.append(text(place(x, 0)[0], TOP + INNER_HEIGHT + 20, f"{x:,}", anchor="middle"))
    parts.append(text(left + INNER_WIDTH / 2, TOP + INNER_HEIGHT + 42, x_title, anchor="middle"))
    ends = apart([place(*line.points[-1])[1] for line in panel.lines])
    for line, end in zip(panel.lines, ends):
        parts += [f'<g style="--colour: var(--{line.colour})">', *curve(line, place),
                  text(left + INNER_WIDTH + 10, end + 4, f"{line.label} {significant(line.points[-1][1])}", "label"), "</g>"]
    return parts


def curve(line: Line, place) -> list[str]:
    places = [place(x, y) for x, y in line.points]
    parts = [f'<path class="line" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>']
    for (x, y), (number, value) in zip(places, line.points):
        hint = escape(f"{line.label}, {number:,}: {significant(value)}")
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{hint}</title></circle>')
    return parts


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def y_ticks(most: float) -> list[float]:
    """From 0 to the first tick that is not below `most`, in four to eight steps of 1, 2 or 5 times a power of ten."""
    step = 10 ** math.floor(math.log10(most / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if most / (step * factor) <= 8)
    return [step * i for i in range(math.ceil(most / step) + 1)]


def apart(places: Sequence[float]) -> list[float]:
    """Where the labels go so that none covers another: in their order, each at its line's end or as far below as it must be,
    and all of them moved up should they leave the panel."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    found = list(places)
    for above, below in zip(order, order[1:]):
        found[below] = max(found[below], found[above] + LABEL_HEIGHT)
    limit = TOP + INNER_HEIGHT
    for i in reversed(order):
        found[i] = min(found[i], limit)
        limit = found[i] - LABEL_HEIGHT
    return found


def significant(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
