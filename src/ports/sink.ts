import type { PublicationSink } from "../availability/index.ts";
import type { Integration } from "../integration/index.ts";

/** Channels, as availability tells them: through the connectors of their accounts. */
export function publicationSink(
  integration: Pick<Integration, "publish" | "publisherLimits">,
): PublicationSink {
  return {
    async rowsPerCall(account) {
      return (await integration.publisherLimits(account))?.rowsPerCall;
    },
    publish: (account, rows, lease) => integration.publish(account, rows, lease),
  };
}
