import assert from "node:assert/strict";
import { it } from "node:test";
import { trials } from "../../src/demo/index.ts";
import { newTown } from "./town.ts";

/** Splits a command into words as a shell does: quotes group, and variables are replaced outside of single quotes. */
function words(command: string, variables: Readonly<Record<string, string>>): string[] {
  const replaced = (text: string) =>
    text.replaceAll(/\$([A-Z]+)/g, (_, name: string) => variables[name] ?? "");
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) =>
    single === undefined ? replaced(double ?? plain ?? "") : single,
  );
}

/** Sends what curl would send for a command. */
function curl(command: string, variables: Readonly<Record<string, string>>): Promise<Response> {
  const [program, ...rest] = words(command, variables);
  assert.equal(program, "curl");
  const headers = new Headers();
  let [url, body]: (string | undefined)[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-H") {
      const [name = "", value = ""] = (rest.shift() ?? "").split(": ");
      headers.set(name, value);
    } else if (word === "-d") body = rest.shift();
    else if (word === "-w") rest.shift();
    else if (word !== "-s") url = word;
  }
  assert.ok(url !== undefined, command);
  return fetch(url, { headers, ...(body === undefined ? {} : { method: "POST", body }) });
}

it("the commands that are shown work when they are pasted, and again", async (t) => {
  const { product, simulation, url, key, trade } = await newTown(t, { isLively: false });
  await trade(4);
  const [item] = simulation.company.items;
  const itemId = item?.itemId ?? "";
  const [position] = await product.ledger.positionPage({ itemId, after: 0, limit: 1 });
  const example = { sku: item?.sku ?? "", itemId, positionId: String(position?.position_id) };
  for (const { shows, command } of [...trials(example), ...trials(example)]) {
    const response = await curl(command, { URL: url, KEY: key });
    const text = await response.text();
    assert.ok(response.ok, `${shows}: ${response.status} ${text}`);
    assert.ok(text.length > 50, `${shows}: ${text}`);
  }
});
