"""A row of the table."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Faults of one kind: how many were injected, what was lost, and what could not be tried."""

    fault: str
    injected: int = 0
    lost: list[str] = field(default_factory=list)
    """What was lost, one entry for each fault that was not survived."""
    skipped: list[str] = field(default_factory=list)
    """What could not be injected here, and why."""
    kinds: Counter[str] = field(default_factory=Counter)
    """What the faults hit, if they differ."""
    note: str = ""
    """Other measurements."""

    def inject(self, kind: str = "", count: int = 1) -> None:
        """Count a fault."""
        self.injected += count
        if kind:
            self.kinds[kind] += count

    def lose(self, *lines: str) -> None:
        """Record a fault that was not survived or not reported as it must be: ``lines`` say how. No lines, no loss."""
        if lines:
            self.lost.append("\n".join(lines))

    def skip(self, reason: str) -> None:
        """Record that faults could not be injected on this machine."""
        self.skipped.append(reason)

    def expect(self, condition: bool, line: str) -> None:
        """Count a fault that is survived if ``condition`` holds."""
        self.inject()
        if not condition:
            self.lose(line)

    @property
    def survived(self) -> int:
        return self.injected - min(len(self.lost), self.injected)

    def row(self) -> str:
        """Return the row of the table."""
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.kinds.items()))
        missed = [f"**not injected**: {reason}" for reason in self.skipped]
        words = "; ".join(part for part in (kinds, self.note, *missed) if part)
        return f"| {self.fault} | {self.injected:,} | {self.survived:,} | {len(self.lost):,} | {words} |"
