import {
  type AccountId,
  type AvailabilitySeries,
  type LineId,
  type OrderState,
  quantity,
  type Reference,
  referenceText,
} from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { OrdersPort, OrderView, PartnerItem, PartnerOrder, PartnerPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Integration } from "../integration/index.ts";
import { availabilityPort } from "./availability.ts";

/** The scheme of a customer's own part numbers. */
const OWN_NAMES = "buyer-part";

type Parts = {
  readonly availability: Availabilities;
  readonly governance: Governance;
  readonly integration: Pick<Integration, "accounts">;
};

/** What a partner may have, and has ordered, in the partner's own words. */
export function partnerPort(parts: Parts, orders: Pick<OrdersPort, "page" | "find">): PartnerPort {
  const { governance, availability, integration } = parts;
  const asking = availabilityPort(availability, governance);
  return {
    async items(accountId, names) {
      const channelId = (await integration.accounts.get(accountId))?.channelId;
      if (channelId === undefined) return { is: "no-channel" };
      const own = (name: string): Reference => ({ scheme: OWN_NAMES, value: name, scope: accountId });
      const known = await governance.resolveItems(names.map(own));
      const itemOf = (name: string) => known.get(referenceText(own(name)));
      const items = [...new Set([...known.values()].map((item) => item.itemId))].map((value) => ({
        scheme: "id",
        value,
      }));
      const unknown = names.filter((name) => itemOf(name) === undefined);
      if (items.length === 0) return { is: "answered", items: [], unknown };
      const [now, ahead] = await Promise.all([
        asking.ask({ channelId, items, fresh: false }),
        asking.series({ channelId, items, timeZone: "UTC" }),
      ]);
      if (now.is === "unknown-channel" || ahead.is === "unknown-channel") return { is: "no-channel" };
      const figures = new Map(now.figures.map((figure) => [figure.itemId, figure]));
      const series = new Map(ahead.figures.map((each) => [each.itemId, each]));
      const told = names.flatMap((name): PartnerItem[] => {
        const item = itemOf(name);
        const figure = item === undefined ? undefined : figures.get(item.itemId);
        if (item === undefined || figure === undefined) return [];
        const { availableToPromise: available } = figure;
        const next = nextOf(series.get(item.itemId), available);
        return [
          { name, itemId: item.itemId, sku: item.sku, available, ...(next === undefined ? {} : { next }) },
        ];
      });
      return { is: "answered", items: told, unknown };
    },
    openOrders: (accountId, page) => openOrders(orders, accountId, page),
  };
}

/** When there will be more than now, and how many more. */
function nextOf(series: AvailabilitySeries | undefined, now: number): PartnerItem["next"] {
  const next = series?.points.find(({ availableToPromise }) => availableToPromise > now);
  return next === undefined ? undefined : { at: next.at, units: quantity(next.availableToPromise - now) };
}

const ENDED: ReadonlySet<OrderState> = new Set(["rejected", "shipped", "cancelled"]);

async function openOrders(
  orders: Pick<OrdersPort, "page" | "find">,
  accountId: AccountId,
  page: Parameters<PartnerPort["openOrders"]>[1],
): ReturnType<PartnerPort["openOrders"]> {
  const found = await orders.page({ ...page, accountIds: [accountId] });
  if (found === "bad-cursor") return found;
  const open = found.rows.filter(({ state }) => !ENDED.has(state));
  const whole = await Promise.all(open.map(({ orderId }) => orders.find(orderId)));
  const rows = whole.flatMap((order) => (order === undefined ? [] : [toPartnerOrder(order, accountId)]));
  return { rows, next: found.next };
}

function toPartnerOrder({ order, state, lines, receivedAt }: OrderView, accountId: AccountId): PartnerOrder {
  const nameOf = (line: LineId): string | undefined => {
    const stated = order.lines.find(({ lineId }) => lineId === line);
    const own = stated?.names?.find(
      ({ scheme, scope }) => scheme === OWN_NAMES && (scope ?? accountId) === accountId,
    );
    return own?.value;
  };
  return {
    ...{ orderId: order.orderId, orderNumber: order.orderNumber, state, receivedAt },
    lines: lines.map(({ lineId, itemId, ordered, promised, shipped }) => {
      const name = nameOf(lineId);
      return { lineId, itemId, ordered, promised, shipped, ...(name === undefined ? {} : { name }) };
    }),
  };
}
