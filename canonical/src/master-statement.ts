import { type Static, Type } from "typebox";
import { Instant } from "./ids.ts";
import { MasterRecord } from "./master.ts";
import { Sequence } from "./snapshot.ts";
import { Version } from "./statement.ts";

/**
 * What a source says about master data, in its own references. `effectiveAt` is when it was so there, by which it is judged who owned the
 * measure; from when a name, a factor or a cost holds is in the record itself. Without a version a source's statements count as they come.
 */
export const MasterStatement = Type.Object(
  {
    type: Type.Literal("MasterDataStated"),
    /** Unique in its source, for ever. */
    id: Type.String({ minLength: 1, maxLength: 200 }),
    effectiveAt: Instant,
    sequence: Type.Optional(Sequence),
    version: Type.Optional(Version),
    data: MasterRecord,
  },
  { title: "MasterStatement", additionalProperties: false },
);
export type MasterStatement = Static<typeof MasterStatement>;
