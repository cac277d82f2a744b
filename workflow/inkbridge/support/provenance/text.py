"""A record as lines to read."""

from inkbridge.support.errors import printable
from inkbridge.support.provenance.record import Provenance


def as_lines(record: Provenance) -> list[str]:
    """Return a record as printable lines, whatever a hostile record holds."""
    lines = [f"{'made by':<15}inkbridge {record['version']}, {record['step']}"]
    lines += [f"{name:<15}{_plain(value)}" for name, value in record["names"].items()]
    lines += [f"{name:<15}{value}" for name, value in _facts(record).items()]
    for source, facts in record.get("sources", {}).items():
        text = "; ".join(f"{name} {value}" for name, value in _facts(facts).items()) or "made in the same way"
        lines.append(f"{'from ' + source:<15}{text}")
    return [printable(line) for line in lines]


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _facts(record: Provenance) -> dict[str, str]:
    """Return label → text for a record, or for the part of it that differs from another."""
    facts = {}
    if "commit" in record or "dirty" in record:
        dirty = record.get("dirty")
        state = ("with changes" if dirty else "without changes") if isinstance(dirty, bool) else "changes unknown"
        facts["source"] = f"{record.get('commit', 'the same commit')}, {state}"
    if record.get("version") and "step" not in record:
        facts["version"] = str(record["version"])
    facts |= {name: str(record[name]) for name in ("configuration", "seed") if record.get(name) is not None}
    machine = [record.get("device_name"), record.get("device"), record.get("precision")]
    threads = record.get("threads")
    words = [str(part) for part in machine if part is not None] + ([f"threads: {threads}"] if threads else [])
    if words:
        facts["computed on"] = ", ".join(words)
    if record.get("versions"):
        facts["versions"] = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return facts
