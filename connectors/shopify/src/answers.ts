import { checker } from "@crossdock/canonical";
import { Type } from "typebox";

/**
 * What the documents of `documents.ts` give back, read tolerantly: only what is used is checked, anything more is fine, and
 * an answer of another shape is undefined.
 */

/** What the shop shows of a listing: no such item, an item that is not stocked at the location, or a number. */
export type Level =
  | { readonly known: false }
  | { readonly known: true }
  | { readonly known: true; readonly shows: number };

const text = Type.String();
const nullable = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

const Levels = Type.Object({
  nodes: Type.Array(
    nullable(
      Type.Object({
        id: Type.Optional(text),
        inventoryLevel: Type.Optional(
          nullable(
            Type.Object({ quantities: Type.Array(Type.Object({ name: text, quantity: Type.Integer() })) }),
          ),
        ),
      }),
    ),
  ),
});
const checkLevels = checker(Levels);

/** The levels of `READ_LEVELS` by inventory item gid. */
export function readLevels(data: unknown): ReadonlyMap<string, Level> | undefined {
  const checked = checkLevels(data);
  if (!checked.ok) return undefined;
  const levels = new Map<string, Level>();
  for (const node of checked.value.nodes) {
    if (node?.id === undefined) continue;
    const available = node.inventoryLevel?.quantities.find(({ name }) => name === "available");
    levels.set(
      node.id,
      available === undefined ? { known: true } : { known: true, shows: available.quantity },
    );
  }
  return levels;
}

/** One of the `userErrors` of `SET_QUANTITIES`. `index` is the row at fault, where the field path names one. */
export type SetError = {
  readonly code: string | undefined;
  readonly index: number | undefined;
  readonly message: string;
};

const field = Type.Optional(nullable(Type.Array(Type.Unknown())));
const SetQuantities = Type.Object({
  inventorySetQuantities: Type.Object({
    userErrors: Type.Array(Type.Object({ code: Type.Optional(nullable(text)), field, message: text })),
  }),
});
const checkSetQuantities = checker(SetQuantities);

/** The errors of `SET_QUANTITIES`; none means that every row was set. */
export function readSetErrors(data: unknown): readonly SetError[] | undefined {
  const checked = checkSetQuantities(data);
  if (!checked.ok) return undefined;
  return checked.value.inventorySetQuantities.userErrors.map(({ code, field: path, message }) => ({
    code: code ?? undefined,
    index: indexIn(path ?? []),
    message,
  }));
}

/** The row in a path such as `["input", "quantities", "3", "changeFromQuantity"]`. */
function indexIn(path: readonly unknown[]): number | undefined {
  const index = path[path.indexOf("quantities") + 1];
  return typeof index === "string" && /^\d{1,3}$/.test(index) ? Number(index) : undefined;
}

const userErrors = Type.Array(Type.Object({ field, message: text }));
const checkActivation = checker(Type.Object({ inventoryActivate: Type.Object({ userErrors }) }));

/** Why `ACTIVATE` did not stock the item, or undefined when it did. */
export function readActivation(data: unknown): string | undefined {
  const checked = checkActivation(data);
  if (!checked.ok) return "the answer has another shape";
  const messages = checked.value.inventoryActivate.userErrors.map(({ message }) => message);
  return messages.length === 0 ? undefined : messages.join("; ");
}

const Order = Type.Object({
  order: nullable(
    Type.Object({
      cancelledAt: Type.Optional(nullable(text)),
      fulfillments: Type.Array(
        Type.Object({
          id: text,
          status: text,
          trackingInfo: Type.Array(Type.Object({ number: Type.Optional(nullable(text)) })),
        }),
      ),
      fulfillmentOrders: Type.Object({
        nodes: Type.Array(
          Type.Object({
            id: text,
            status: text,
            assignedLocation: Type.Object({ location: nullable(Type.Object({ id: text })) }),
          }),
        ),
      }),
    }),
  ),
});
const checkOrder = checker(Order);
export type ShopOrder = NonNullable<Type.Static<typeof Order>["order"]>;

/** The order of `READ_ORDER`; `order` is null when the shop does not have it, or not for this app. */
export function readOrder(data: unknown): { readonly order: ShopOrder | null } | undefined {
  const checked = checkOrder(data);
  return checked.ok ? checked.value : undefined;
}

const pageInfo = Type.Object({ hasNextPage: Type.Boolean(), endCursor: Type.Optional(nullable(text)) });
const lineItem = Type.Object({ id: text });

/** A page of lines: what it carries, and where the next begins. */
export type LinePage<Line> = { readonly lines: readonly Line[]; readonly after: string | undefined };
/** A line of a shipment, or what is left of a line of a fulfillment order. */
export type ShippedLine = { readonly lineItemId: string; readonly quantity: number };
export type OpenLine = { readonly id: string; readonly lineItemId: string; readonly remaining: number };

const checkShippedLines = checker(
  Type.Object({
    fulfillment: Type.Object({
      fulfillmentLineItems: Type.Object({
        nodes: Type.Array(Type.Object({ quantity: nullable(Type.Integer()), lineItem })),
        pageInfo,
      }),
    }),
  }),
);

/** A page of `READ_SHIPPED_LINES`. */
export function readShippedLines(data: unknown): LinePage<ShippedLine> | undefined {
  const checked = checkShippedLines(data);
  if (!checked.ok) return undefined;
  const { nodes, pageInfo: page } = checked.value.fulfillment.fulfillmentLineItems;
  return {
    lines: nodes.map((node) => ({ lineItemId: node.lineItem.id, quantity: node.quantity ?? 0 })),
    after: page.hasNextPage ? (page.endCursor ?? undefined) : undefined,
  };
}

const checkOpenLines = checker(
  Type.Object({
    fulfillmentOrder: Type.Object({
      lineItems: Type.Object({
        nodes: Type.Array(Type.Object({ id: text, remainingQuantity: Type.Integer(), lineItem })),
        pageInfo,
      }),
    }),
  }),
);

/** A page of `READ_OPEN_LINES`. */
export function readOpenLines(data: unknown): LinePage<OpenLine> | undefined {
  const checked = checkOpenLines(data);
  if (!checked.ok) return undefined;
  const { nodes, pageInfo: page } = checked.value.fulfillmentOrder.lineItems;
  return {
    lines: nodes.map((node) => ({
      id: node.id,
      lineItemId: node.lineItem.id,
      remaining: node.remainingQuantity,
    })),
    after: page.hasNextPage ? (page.endCursor ?? undefined) : undefined,
  };
}

const checkCreated = checker(
  Type.Object({
    fulfillmentCreate: Type.Object({
      fulfillment: Type.Optional(nullable(Type.Object({ id: text }))),
      userErrors,
    }),
  }),
);

/** What `CREATE_FULFILLMENT` made: the gid of the shipment, or why it was not made. */
export function readCreated(
  data: unknown,
): { readonly id: string } | { readonly refused: string } | undefined {
  const checked = checkCreated(data);
  if (!checked.ok) return undefined;
  const { fulfillment, userErrors: errors } = checked.value.fulfillmentCreate;
  if (errors.length > 0) return { refused: errors.map(({ message }) => message).join("; ") };
  return fulfillment ? { id: fulfillment.id } : undefined;
}
