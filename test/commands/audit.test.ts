import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { script } from "../../src/platform/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { openProgram } from "./program.ts";

const verifier = fileURLToPath(new URL("../../tools/verify-log.mjs", import.meta.url));

test("what an operator signs and exports, an auditor checks without the program; what was changed is named", async (t) => {
  const program = await openProgram(t);
  const core = openCore(program.database);
  await tell(
    core,
    [1, 2, 3].map((units) => ({ id: `receipt-${units}`, minute: units, fact: stock.received(units) })),
  );
  const file = (name: string) => join(program.dataDir, name);
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await program.run(["audit", ...args]);
    assert.equal(stderr, "");
    return { code, stdout };
  };
  const keys = (await run("key")).stdout;
  assert.match(keys, /^crossdock\/[0-9a-f-]{36}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\n$/);
  await run("checkpoint", "--out", file("kept.txt"));
  assert.match(await readFile(file("kept.txt"), "utf8"), /^crossdock\/.*\n3\n.{44}\n\n— crossdock\//);

  await tell(core, [{ id: "receipt-4", minute: 4, fact: stock.received(4) }]);
  await run("export", "--out", file("log.ndjson"));
  await run("prove", "receipt-2", "--source", "/accounts/wms-1", "--out", file("fact.json"));
  const check = spawnSync(
    process.execPath,
    [verifier, "--key", keys.trim(), "--checkpoint", file("kept.txt"), file("log.ndjson"), file("fact.json")],
    { encoding: "utf8" },
  );
  assert.match(check.stdout, /log\.ndjson: holds: facts 0 to 3 are 4 of the 4/);
  assert.match(check.stdout, /fact\.json: holds: the fact is number 1 of the 4/);
  assert.match((await run("consistency", "3")).stdout, /"from":3,"to":4/);

  const good = await run("verify", "--checkpoint", file("kept.txt"));
  assert.match(
    good.stdout,
    /4 sealed facts, 4 hashed again, \d checkpoint\(s\) compared\n.*\neverything is as it was sealed\n$/,
  );
  assert.equal(good.code, 0);
  await program.database.execute(
    script("update backbone.event set data = data || '{\"quantity\": 300}' where id = 'receipt-3'"),
  );
  const bad = await run("verify", "--checkpoint", file("kept.txt"), "--key", keys.trim());
  assert.match(
    bad.stdout,
    /BROKEN fact-changed: fact \d+ \(StockReceived, id receipt-3\) at .* is not what was sealed as leaf 2/,
  );
  assert.equal(bad.code, 1);
  const { code } = await program.run(["audit", "prove", "no-such"]);
  assert.equal(code, 2);
});
