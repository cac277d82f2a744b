"""What a row of the table counts."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Faults of one kind: how many were injected, and what was lost."""

    fault: str
    injected: int = 0
    lost: list[str] = field(default_factory=list)
    """What was lost, for each fault that was not survived."""
    kinds: Counter[str] = field(default_factory=Counter)
    """What the faults hit, where they differ."""
    note: str = ""
    """What else was measured."""

    def inject(self, kind: str = "", count: int = 1) -> None:
        """Count a fault."""
        self.injected += count
        if kind:
            self.kinds[kind] += count

    def lose(self, *lines: str) -> None:
        """Note that a fault was not survived, or not told as it must be: ``lines`` say how, unless there are none."""
        if lines:
            self.lost.append("\n".join(lines))

    def expect(self, condition: bool, line: str) -> None:
        """Count a fault that is survived where ``condition`` holds."""
        self.inject()
        if not condition:
            self.lose(line)

    @property
    def survived(self) -> int:
        return self.injected - min(len(self.lost), self.injected)

    def row(self) -> str:
        """Return the row of the table."""
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.kinds.items()))
        words = "; ".join(part for part in (kinds, self.note) if part)
        return f"| {self.fault} | {self.injected:,} | {self.survived:,} | {len(self.lost):,} | {words} |"
