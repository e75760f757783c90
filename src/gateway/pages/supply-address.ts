/** Address of what is to come of an item. */
export const supplyAddress = (item: string): string =>
  `/stock/supply?${new URLSearchParams({ item }).toString()}`;
