import type { Manifest } from "@crossdock/connector-kit";
import { X12Settings } from "./settings.ts";

/** Name of the secret that goes along with what is posted, when the account's delivery says so. */
export const TOKEN_SECRET = "token";

export const manifest: Manifest = {
  name: "x12",
  title: "EDI partner (ASC X12)",
  version: "0.1.0",
  speaks: "ASC X12 004010 and 005010: 850, 997, 999 and TA1 in; 855, 856, 846, 997 and TA1 out",
  settings: X12Settings,
  secrets: {
    [TOKEN_SECRET]:
      "The bearer token of the partner's address, from the partner's EDI desk; only used when `delivery.bearer` is true.",
  },
};
