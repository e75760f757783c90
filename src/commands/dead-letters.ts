import { createDeadLetters } from "../backbone/index.ts";
import { readersOf } from "../ports/services.ts";
import type { Product } from "../product.ts";
import { openServedProduct } from "./serve.ts";
import { commandLog, openSession } from "./session.ts";

/** Letters that one call lists or retries: more is more than a person reads. */
const LETTERS_MAX = 1_000;
/** The exit code of a command that was asked for what cannot be. */
const EXIT_MISUSED = 2;

/** What to do with dead letters. `number` absent: all open ones of the reader. */
export type DeadLettersCommand =
  | { readonly is: "list"; readonly dismissed: boolean }
  | { readonly is: "retry"; readonly reader: string; readonly number?: number | undefined }
  | { readonly is: "dismiss"; readonly reader: string; readonly number: number; readonly because: string };

/** `crossdock dead-letters`, over the database that the settings name. */
export async function deadLettersCommand(command: DeadLettersCommand): Promise<number> {
  const name = "crossdock dead-letters";
  const session = await openSession({ applicationName: name, pending: "refuse", log: commandLog() });
  const product = await openServedProduct(session);
  try {
    return await deadLetters(product, command);
  } finally {
    await product.close();
    await session.close();
  }
}

/** Lists what readers of the log could not take, has it taken again, or decides that it never is. */
export async function deadLetters(product: Product, command: DeadLettersCommand): Promise<number> {
  switch (command.is) {
    case "list":
      return list(product, command.dismissed);
    case "retry":
      return retry(product, command);
    case "dismiss":
      return dismiss(product, command);
    default:
      return command satisfies never;
  }
}

async function list(product: Product, dismissed: boolean): Promise<number> {
  const state = dismissed ? "dismissed" : "open";
  const letters = await createDeadLetters(product).page({ state, limit: LETTERS_MAX });
  for (const letter of letters) {
    const { subscriber, number, type, attempts, reason, dismissed_because: because } = letter;
    const told = because === null ? reason : `${reason}; dismissed: ${because}`;
    console.log(`${subscriber} ${number} ${type ?? "?"} (${attempts} attempts) ${told}`);
  }
  if (letters.length === 0) console.log(`no dead letter is ${state}`);
  return 0;
}

async function retry(
  product: Product,
  { reader, number }: { readonly reader: string; readonly number?: number | undefined },
): Promise<number> {
  const readers = readersOf(product);
  const subscriber = readers.find(({ name }) => name === reader);
  if (subscriber === undefined) {
    console.error(`there is no reader "${reader}"; there are: ${readers.map(({ name }) => name).join(", ")}`);
    return EXIT_MISUSED;
  }
  if (number === undefined) {
    const { taken, failed } = await subscriber.retryDeadLetters(LETTERS_MAX);
    console.log(`${taken} dead letter(s) taken, ${failed} failed again`);
    return failed === 0 ? 0 : 1;
  }
  const answer = await subscriber.retryDeadLetter(number);
  const words = { taken: "is taken", settled: "needed no retry", failed: "failed again" }[answer.is];
  console.log(`fact ${number} ${words}${answer.is === "failed" ? `: ${answer.reason}` : ""}`);
  return answer.is === "failed" ? 1 : 0;
}

async function dismiss(
  product: Product,
  dismissal: { readonly reader: string; readonly number: number; readonly because: string },
): Promise<number> {
  const { reader, number, because } = dismissal;
  if (because.trim() === "") {
    console.error("say why: whoever asks later what became of the fact reads it");
    return EXIT_MISUSED;
  }
  const fate = await createDeadLetters(product).dismiss({ subscriber: reader, number, because });
  if (fate === undefined || fate.letter.state === "taken") {
    const why = fate === undefined ? "there is none" : "it was taken meanwhile";
    console.error(`fact ${number} is no open dead letter of ${reader}: ${why}`);
    return EXIT_MISUSED;
  }
  console.log(`fact ${number} ${fate.already ? "was dismissed before" : "is dismissed"}`);
  return 0;
}
