import { checker, problemsText } from "@crossdock/canonical";
import type { Account } from "@crossdock/connector-kit";
import { Type } from "typebox";

/** What an account of this connector may be told. Its secrets are apart. */
export const WmsSettings = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        pattern: "^https?://[^\\s?#]+$",
        maxLength: 500,
        description:
          "Base address of the warehouse: releases are posted to its /orders, and missing events asked for at its /events. Without one the warehouse fetches releases, and gaps stay until it sends again.",
      }),
    ),
    rotation: Type.Optional(
      Type.Boolean({
        description:
          "While the signing secret is being changed: messages signed with `previousSigningSecret` are genuine as well.",
      }),
    ),
    warehouseCodes: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.String({ minLength: 1, maxLength: 80 }), {
        description: "The warehouse's own code by our location id, where the two differ.",
      }),
    ),
  },
  { title: "WmsSettings", additionalProperties: false },
);
export type WmsSettings = Type.Static<typeof WmsSettings>;

const check = checker(WmsSettings);

/** The account's settings with their type. Throws a TypeError when the product let others through, which is a bug. */
export function settingsOf(account: Account): WmsSettings {
  const checked = check(account.settings);
  if (checked.ok) return checked.value;
  throw new TypeError(`account ${account.accountId} has other settings: ${problemsText(checked.problems)}`);
}
