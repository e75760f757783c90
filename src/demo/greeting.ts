/** Where the demonstration can be asked, and with what. */
export type Place = { readonly url: string; readonly key: string };

/** What can be asked about: an item that everybody wants, and a position that has a history. */
export type Example = { readonly sku: string; readonly itemId: string; readonly positionId: string };

/** One thing to try: what it shows, and the command. */
export type Trial = { readonly shows: string; readonly command: string };

const authorized = `-H "authorization: Bearer $KEY"`;

/** Commands that work when they are pasted into a shell that has `URL` and `KEY`, as `settingLines` sets them. */
export function trials({ sku, itemId, positionId }: Example): readonly Trial[] {
  const reservation = JSON.stringify({
    channelId: "api",
    ttlSeconds: 120,
    lines: [{ lineId: "1", item: { scheme: "sku", value: sku }, quantity: { value: 2, unit: "EA" } }],
  });
  return [
    {
      shows: "how many the web shop may sell, and why that many",
      command: `curl -s -w "\\n" ${authorized} "$URL/experience/v1/availability?channel=web&sku=${sku}"`,
    },
    {
      shows: "a hold on two for two minutes; sent again, it gives the first answer",
      command: `curl -s -w "\\n" ${authorized} -H "idempotency-key: try-1" -H "content-type: application/json" "$URL/process/v1/reservations" -d '${reservation}'`,
    },
    {
      shows: "where the item lies, by warehouse and status",
      command: `curl -s -w "\\n" ${authorized} "$URL/system/v1/positions?item=${itemId}"`,
    },
    {
      shows: "the transfers, facts and messages behind one of those numbers",
      command: `curl -s -w "\\n" ${authorized} "$URL/system/v1/positions/${positionId}/explanation?limit=3"`,
    },
    {
      shows: "the latest orders, then one by its id",
      command: `curl -s -w "\\n" ${authorized} "$URL/process/v1/orders?limit=3"`,
    },
    {
      shows: "the log of facts from its beginning; go on from `next`",
      command: `curl -s -w "\\n" ${authorized} "$URL/system/v1/events?limit=3"`,
    },
  ];
}

/** The two variables that the commands use. */
export function settingLines({ url, key }: Place): readonly string[] {
  return [`export URL=${url}`, `export KEY=${key}`];
}

/** The commands, as they are shown. */
export function trialText(place: Place, example: Example): string {
  const lines = trials(example).flatMap(({ shows, command }) => ["", `  # ${shows}`, `  ${command}`]);
  const settings = settingLines(place).map((line) => `  ${line}`);
  return [
    "Try this in another terminal:",
    "",
    ...settings,
    ...lines,
    "",
    `  In a browser: ${place.url}/stock?item=${example.sku} (any name, and the key as the password)`,
    `  Everything else: ${place.url}/docs`,
  ].join("\n");
}
