/**
 * Every GraphQL document that this connector sends, in one place so that a test can hold them against Shopify's published
 * schemas (2026-04, 2026-07 and 2026-10). Variables carry the names of the arguments that they fill.
 */

/**
 * Sets `available` with a compare-and-swap per row. `@idempotent` and an explicit `changeFromQuantity` are demanded at run
 * time since 2026-04, though the schema has both as optional.
 * https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/inventorySetQuantities
 */
export const SET_QUANTITIES = `mutation CrossdockSetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}`;

/**
 * What the shop shows of inventory items at one location. An item that was never stocked there has no level.
 * https://shopify.dev/docs/api/admin-graphql/2026-10/queries/nodes
 */
export const READ_LEVELS = `query CrossdockReadLevels($ids: [ID!]!, $locationId: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id
      inventoryLevel(locationId: $locationId) {
        quantities(names: ["available"]) { name quantity }
      }
    }
  }
}`;

/**
 * Stocks an item at a location, with its first quantity. Refused when it is stocked already, so it cannot overwrite.
 * https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/inventoryActivate
 */
export const ACTIVATE = `mutation CrossdockActivate($inventoryItemId: ID!, $locationId: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $inventoryItemId, locationId: $locationId, available: $available) @idempotent(key: $key) {
    inventoryLevel { id }
    userErrors { field message }
  }
}`;

/**
 * An order's shipments and open work, without lines: those are read where they are needed. The pages are as large as one
 * query may cost (1,000 points); an order with more than 50 shipments is not something that we expect to meet.
 */
export const READ_ORDER = `query CrossdockReadOrder($id: ID!) {
  order(id: $id) {
    id
    cancelledAt
    fulfillments(first: 50) {
      id
      status
      trackingInfo(first: 5) { number }
    }
    fulfillmentOrders(first: 50) {
      nodes {
        id
        status
        assignedLocation { location { id } }
      }
    }
  }
}`;

/** What one shipment carried, a page at a time. */
export const READ_SHIPPED_LINES = `query CrossdockReadShippedLines($id: ID!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 100, after: $after) {
      nodes { quantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/** What is left to ship of one fulfillment order, a page at a time. */
export const READ_OPEN_LINES = `query CrossdockReadOpenLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 100, after: $after) {
      nodes { id remainingQuantity lineItem { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

/**
 * Reports a shipment. It has no idempotency key: read what is left before sending it again.
 * https://shopify.dev/docs/api/admin-graphql/2026-10/mutations/fulfillmentCreate
 */
export const CREATE_FULFILLMENT = `mutation CrossdockCreateFulfillment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status }
    userErrors { field message }
  }
}`;

/** All of them by name. */
export const DOCUMENTS = {
  SET_QUANTITIES,
  READ_LEVELS,
  ACTIVATE,
  READ_ORDER,
  READ_SHIPPED_LINES,
  READ_OPEN_LINES,
  CREATE_FULFILLMENT,
} as const;
