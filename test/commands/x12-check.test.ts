import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const isa =
  "ISA*00*          *00*          *ZZ*RETAILER       *ZZ*DISTRIBUTOR    *260112*0930*U*00401*000000001*0*P*>~";
const invoice =
  `${isa}GS*IN*RETAILER*DISTRIBUTOR*20260112*0930*1*X*004010~` +
  "ST*810*0001~BIG*20260112*1~SE*3*0001~GE*1*1~IEA*1*000000001~";

let folder = "";
const path = (name: string) => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "crossdock-x12-"));
  await mkdir(path("folder.edi"));
  await writeFile(path("good.edi"), invoice);
  await writeFile(path("odd.edi"), `hello ${invoice}`);
  await writeFile(path("torn.edi"), invoice.slice(0, -30));
  await writeFile(path("empty.edi"), "");
});
after(() => rm(folder, { recursive: true }));

type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

async function check(...args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [main, "x12", "check", ...args]);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code: typeof code === "number" ? code : null, stdout, stderr };
}

type Line = {
  readonly file: string;
  readonly verdict: string;
  readonly unchecked: readonly string[];
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly ack: string;
  readonly roundTrip: boolean;
};

function lines(stdout: string): Line[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("x12 check", () => {
  test("gives a line of JSON for every file, in order, also for those it cannot read", async () => {
    const files = ["missing.edi", "good.edi", "folder.edi", "odd.edi", "empty.edi"].map(path);
    const { code, stdout, stderr } = await check(...files, "--json");
    const found = lines(stdout);
    assert.equal(code, 2);
    assert.deepEqual(
      found.map(({ file }) => file),
      files,
    );
    assert.deepEqual(
      found.map(({ verdict }) => verdict),
      ["rejected", "accepted", "rejected", "accepted-with-errors", "rejected"],
    );
    assert.deepEqual(
      found.map(({ roundTrip }) => roundTrip),
      [false, true, false, true, true],
    );
    const [missing, good] = found;
    assert.match(JSON.stringify(missing?.errors), /"unreadable".*there is no such file/);
    assert.deepEqual(good?.unchecked, ["810 004010"]);
    assert.match(good?.ack ?? "", /^ISA\*.*AK9\*A\*1\*1\*1~\n.*IEA\*1\*000000001~\n$/s);
    assert.equal(stderr.trimEnd().split("\n").length, 2);
  });

  test("tells a person the faults with their places, what was not checked, and the answer", async () => {
    const { code, stdout } = await check(path("good.edi"), path("torn.edi"));
    assert.equal(code, 1);
    assert.match(stdout, /good\.edi: accepted \(1 interchange, 1 transaction set\)\n/);
    assert.match(stdout, /\n {2}only the frames were checked, for want of a definition: 810 004010\n/);
    assert.match(stdout, /\n {4}AK9\*A\*1\*1\*1~\n/);
    assert.match(
      stdout,
      /torn\.edi: rejected [\s\S]*\n {2}SE, segment 3: set "0001" has no SE [\s\S]*\(AK502 2, rejects\)\n/,
    );
    assert.match(stdout, /\n {4}TA1\*000000001\*260112\*0930\*R\*023~\n/);
  });

  test("ends with 0 when every file can be used", async () => {
    assert.equal((await check(path("good.edi"), path("odd.edi"))).code, 0);
  });

  test("stops quietly when nobody reads on", async () => {
    const files = Array.from({ length: 300 }, () => path("good.edi"));
    const child = spawn(process.execPath, [main, "x12", "check", ...files]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "close");
    assert.deepEqual([code, stderr], [0, ""]);
  });
});
