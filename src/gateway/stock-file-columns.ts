/** Reads `field:heading,field:heading`; undefined when it is not that. */
export function readColumns(given: string): Readonly<Record<string, string>> | undefined {
  const pairs = given.split(",").filter((pair) => pair.trim() !== "");
  const read = pairs.map((pair) => /^\s*([a-z]+)\s*:\s*(.+?)\s*$/.exec(pair));
  const known = read.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const],
  );
  return known.length === pairs.length ? Object.fromEntries(known) : undefined;
}
