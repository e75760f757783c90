import { describeConfig, describeSettings } from "../platform/index.ts";
import { readSettings } from "./session.ts";

/** `crossdock config`: every setting with its value now, what it means and what it may be. Secrets are not shown. */
export async function showConfig(): Promise<number> {
  const values = describeConfig(readSettings());
  const blocks = describeSettings().map(({ env, description, rule, defaultText, secret }) => {
    const fallback = defaultText === "" ? "" : `; ${defaultText} when absent`;
    const file = secret ? ` May be given as a file, in ${env}_FILE.` : "";
    return `${env}=${values[env]}\n     ${description}${file}\n     May be ${rule}${fallback}.`;
  });
  console.log(blocks.join("\n\n"));
  return 0;
}
