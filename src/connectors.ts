import type { Connector } from "@crossdock/connector-kit";
import { shopify } from "@crossdock/connector-shopify";
import { wmsConnector } from "@crossdock/connector-wms";
import { x12 } from "@crossdock/connector-x12";
import { directConnector } from "./integration/index.ts";

/** The connectors that come with the product. Another one is a package and a line here. */
export const BUILT_IN_CONNECTORS: readonly Connector[] = [directConnector, shopify, wmsConnector, x12];
