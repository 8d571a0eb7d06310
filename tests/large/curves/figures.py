"""What was found, as a file of JSON. It needs the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.large.curves.plan import Point


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one process: seconds of its `first` run and of those after it.

    `loading_gib` and `peak_gib` are the most memory that it had resident: until the model was
    loaded, and from then on.
    """

    first: float
    others: list[float]
    loading_gib: float
    peak_gib: float

    @property
    def seconds(self) -> float:
        return median(self.others)

    @property
    def tracing(self) -> float:
        """What the first run alone needed."""
        return self.first - self.seconds


@dataclass(frozen=True, kw_only=True)
class Figures:
    date: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    costs: Mapping[Point, Cost]

    def write(self, file: Path) -> None:
        costs = [{"point": asdict(each), "cost": asdict(self.costs[each])} for each in self.costs]
        lines = ",\n".join(json.dumps(each) for each in costs)
        head = {"date": self.date, "machine": self.machine, "versions": self.versions}
        file.write_text(f'{json.dumps(head)[:-1]}, "costs": [\n{lines}\n]}}\n')

    @classmethod
    def read(cls, file: Path) -> Figures:
        data = json.loads(file.read_text())
        pairs = data.pop("costs")
        costs = {Point(**each["point"]): Cost(**each["cost"]) for each in pairs}
        return cls(costs=costs, **data)
