/** A process that makes load: takes orders from its parent, runs them one after the other, answers with what it saw. */
import { serveOrders } from "./child-process.ts";
import { drive } from "./drive.ts";

serveOrders(drive);
