import { Type } from "typebox";

/**
 * A name that a system has for an item or a location. `scope` is whose name it is: a customer's part number means nothing
 * without the customer. Schemes for items: `id`, `sku`, `gtin`, `vendor-part`, `buyer-part`, or a connector's own such as
 * `shopify-variant`. For locations: `id`, `code`, `gln`, or a connector's own.
 */
export const Reference = Type.Object(
  {
    scheme: Type.String({ pattern: "^[a-z0-9-]{1,40}$" }),
    value: Type.String({ minLength: 1, maxLength: 200 }),
    scope: Type.Optional(
      Type.String({
        maxLength: 64,
        description: "The account whose name this is; absent when it is global.",
      }),
    ),
  },
  { title: "Reference", additionalProperties: false },
);
export type Reference = Type.Static<typeof Reference>;

/** One text per reference, for maps and messages: `scheme:value`, or `scheme:value@scope`. */
export function referenceText(reference: Reference): string {
  const { scheme, value, scope } = reference;
  return scope === undefined || scope === "" ? `${scheme}:${value}` : `${scheme}:${value}@${scope}`;
}
