import type { Connector } from "@crossdock/connector-kit";
import { Type } from "typebox";

/**
 * The connector of accounts that speak our own interface: a sales desk, a script, another program. They send canonical statements
 * through the gateway, so there is nothing to map, and they are told nothing by themselves.
 */
export const directConnector: Connector = {
  manifest: {
    name: "direct",
    title: "Crossdock's own interface",
    version: "1.0.0",
    speaks: "Crossdock system and process APIs v1",
    settings: Type.Object({}, { additionalProperties: false }),
    secrets: {},
  },
};
