import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second in /proc; the kernel's USER_HZ, which is 100 on every Linux that we know. */
const TICKS_PER_SECOND = 100;

const MICROSECONDS_PER_TICK = 1_000_000 / TICKS_PER_SECOND;

/** What `/proc/<pid>/stat` says of a process, times in clock ticks (man 5 proc_pid_stat). */
export type ProcessStat = {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended and were waited for. */
  readonly ended: number;
};

/** Reads a line of `/proc/<pid>/stat`. The command stands in brackets and may itself hold spaces and brackets. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const at = (field: number) => Number(fields[field - 3] ?? Number.NaN);
  return { parent: at(4), own: at(14) + at(15), ended: at(16) + at(17) };
}

/** The busy and the whole time of all processors since boot, from `/proc/stat`, in clock ticks. */
export function parseProcessors(text: string): { readonly busy: number; readonly stolen: number } {
  const line = text.split("\n").find((row) => row.startsWith("cpu ")) ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { busy: user + nice + system + irq + softIrq, stolen };
}

/** Processor time that a process and what it started have used so far, in microseconds; undefined where there is no /proc. */
export function usedByTree(pid: number): number | undefined {
  const stats = allStats();
  if (!stats.has(pid)) return undefined;
  let ticks = 0;
  const open = [pid];
  while (open.length > 0) {
    const next = open.pop() ?? 0;
    const stat = stats.get(next);
    ticks += (stat?.own ?? 0) + (stat?.ended ?? 0);
    for (const [child, { parent }] of stats) if (parent === next) open.push(child);
  }
  return ticks * MICROSECONDS_PER_TICK;
}

/** Time that all processors have worked, for us or for others, in microseconds; undefined where there is no /proc. */
export function usedByAll(): number | undefined {
  const text = read("/proc/stat");
  if (text === undefined) return undefined;
  const { busy, stolen } = parseProcessors(text);
  return (busy + stolen) * MICROSECONDS_PER_TICK;
}

function allStats(): ReadonlyMap<number, ProcessStat> {
  const pids = list("/proc").filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid) => {
      const text = read(`/proc/${pid}/stat`);
      return text === undefined ? [] : [[Number(pid), parseStat(text)]];
    }),
  );
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not Linux: the figures are left out of the report.
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended meanwhile, or this is not Linux.
    return undefined;
  }
}
