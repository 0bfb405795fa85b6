"""The report: what each seed of each row reached, and what that comes to beside the paper."""

import json
import statistics
from pathlib import Path
from typing import Any

from validation.paper.rows import ROWS, Row, Target
from validation.paper.settings import SETTINGS, Settings, paper

REPORTS = Path(__file__).parent.parent / "reports"
JSON, MARKDOWN = REPORTS / "paper.json", REPORTS / "paper.md"
OTHERS = ("last", "max_firing", "dead", "fire_count", "ttfs")
COLUMNS = ["row", "settings", "seeds", "test accuracy", "paper", "target", "reached", "worst"]
COLUMNS += ["last epoch", "max firing", "dead", "fire count", "TTFS (ms)", "s per seed"]

Entries = list[dict[str, Any]]


def entries() -> Entries:
    """Return what has been measured, an entry for each row and settings."""
    return json.loads(JSON.read_text()) if JSON.exists() else []


def _entry_of(row: Row, settings: str, among: Entries) -> dict[str, Any] | None:
    key = row.name, settings
    return next((each for each in among if (each["name"], each["settings"]) == key), None)


def runs_of(row: Row, settings: str, among: Entries) -> list[dict[str, Any]]:
    """Return what its seeds reached with the settings of today; those of older ones are stale."""
    entry = _entry_of(row, settings, among)
    return entry["runs"] if entry and entry["with"] == _chosen(row, settings) else []


def _chosen(row: Row, settings: str) -> dict[str, Any]:
    """Return the settings that are not defaults, as JSON has them."""
    values, defaults = _plain(SETTINGS[settings](row)), _plain(Settings())
    return {name: x for name, x in values.items() if x != defaults[name]}


def _plain(settings: Settings) -> dict[str, Any]:
    return json.loads(json.dumps(settings._asdict()))


def add(row: Row, settings: str, run: dict[str, Any]) -> dict[str, Any]:
    """Add one seed, and write the report again; returns the entry."""
    there = entries()
    runs = [each for each in runs_of(row, settings, there) if each["seed"] != run["seed"]]
    runs = sorted([*runs, run], key=lambda each: each["seed"])
    entry = summary(row, settings, runs, target(row, there))
    rest = [each for each in there if (each["name"], each["settings"]) != (row.name, settings)]
    order = list(ROWS)
    everything = sorted([*rest, entry], key=lambda e: (order.index(e["name"]), e["settings"]))
    JSON.write_text(json.dumps(everything, indent=1) + "\n")
    MARKDOWN.write_text(markdown(everything))
    return entry


def summary(
    row: Row, settings: str, runs: list[dict[str, Any]], wanted: Target | None
) -> dict[str, Any]:
    """Return what the seeds of a row come to; accuracies in percent."""
    tests = [run["test"] for run in runs]
    mean, std = statistics.fmean(tests), _std(tests)
    passes = None
    if wanted:
        # A trial without some of its spikes is no test.
        enough = len(runs) >= row.n_seeds and not any(run["failed"] for run in runs)
        passes = bool(
            enough and mean >= wanted.mean and std < wanted.std and min(tests) > wanted.worst
        )
    return {
        "name": row.name,
        "neuron": row.neuron,
        "loss": row.loss,
        "settings": settings,
        "seeds": len(runs),
        "mean": round(mean, 2),
        "std": round(std, 2),
        "median": round(statistics.median(tests), 2),
        "worst": round(min(tests), 2),
        "paper": row.published and row.published._asdict(),
        "target": wanted and wanted._asdict(),
        "pass": passes,
        "wall_s": round(sum(run["wall_s"] for run in runs), 1),
        "with": _chosen(row, settings),
        "runs": runs,
    }


def target(row: Row, among: Entries) -> Target | None:
    """Return what a row must reach, if that is known."""
    if not row.rival:
        return row.target
    measured = _entry_of(ROWS[row.rival], "ours", among)
    return Target(measured["mean"]) if measured else None


def line(entry: dict[str, Any]) -> str:
    """Return an entry as one line."""
    verdict = {True: "reached", False: "not reached", None: "no target"}[entry["pass"]]
    return (
        f"{entry['name']} ({entry['settings']}): {accuracy(entry)} %, worst {entry['worst']:.2f}, "
        f"{entry['seeds']} seeds, paper {accuracy(entry['paper'])}, {verdict}, "
        f"{entry['wall_s']:.0f} s"
    )


def accuracy(entry: dict[str, float] | None) -> str:
    """Return mean, standard deviation and median as the paper prints them."""
    if entry is None:
        return "-"
    return f"{entry['mean']:.2f} ± {entry['std']:.2f} ({entry['median']:.2f})"


def markdown(everything: Entries) -> str:
    """Return the report as text."""
    head = (Path(__file__).parent / "report.head.md").read_text()
    table = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    measured = {(entry["name"], entry["settings"]): entry for entry in everything}
    for row in ROWS.values():
        for settings in SETTINGS:
            entry = measured.get((row.name, settings))
            if entry or settings == "ours":
                table.append(_cells(row, settings, entry, target(row, everything)))
    ours = [entry for (_, settings), entry in measured.items() if settings == "ours"]
    needed = ["", "What `ours` has that `paper` has not:", "", *map(_needed, ours)]
    return "\n".join([head, *table, *needed, *_pictures()]) + "\n"


def _needed(entry: dict[str, Any]) -> str:
    """Return what a row needed, as an entry of a list."""
    before, after = _plain(paper(ROWS[entry["name"]])), {**_plain(Settings()), **entry["with"]}
    differ = [f"{name} {_shown(x)}" for name, x in after.items() if x != before[name]]
    return f"- {entry['name']}: {', '.join(differ)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(
            _shown(x) if isinstance(x, str) else " ".join(map(str, x)) for x in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _pictures() -> list[str]:
    drawn = sorted((REPORTS / "paper").glob("*.png"))
    return ["", *(f"![{path.stem}](paper/{path.name})" for path in drawn)]


def _cells(row: Row, settings: str, entry: dict[str, Any] | None, wanted: Target | None) -> str:
    least = f">= {wanted.mean:g}" if wanted else "-"
    paper = accuracy(row.published and row.published._asdict())
    if entry is None:
        reached = "**no**" if wanted or row.rival else "-"
        cells = [row.name, settings, "0", "not run", paper, least, reached, *[""] * 7]
        return f"| {' | '.join(cells)} |"
    reached = {True: "yes", False: "**no**", None: "-"}[entry["pass"]]
    cells = [row.name, settings, str(entry["seeds"]), accuracy(entry), paper, least, reached]
    cells += [f"{entry['worst']:.2f}", *(_spread(entry["runs"], name) for name in OTHERS)]
    cells += [f"{entry['wall_s'] / entry['seeds']:.0f}"]
    return f"| {' | '.join(cells)} |"


def _spread(runs: list[dict[str, Any]], name: str) -> str:
    values = [run[name] for run in runs if name in run]
    return f"{statistics.fmean(values):.2f} ± {_std(values):.2f}" if values else "-"


def _std(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
