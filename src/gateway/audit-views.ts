import { Instant } from "@crossdock/canonical";
import { Type } from "typebox";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

/** A public key that signed checkpoints. */
export const AuditKeys = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          verifier: Type.String({
            description: "`<origin>+<check digits>+<key>`, as c2sp.org/signed-note has it.",
          }),
          createdAt: Instant,
          retiredAt: Type.Optional(Instant),
        },
        closed,
      ),
    ),
  },
  { title: "AuditKeys", ...closed },
);

/** Hashes in base64, from the bottom of the tree up. */
const hashes = Type.Array(Type.String());

/** That a fact is in the log that was signed. */
export const InclusionProof = Type.Object(
  {
    format: Type.Literal("crossdock-inclusion-proof/1"),
    index: Type.Integer({ minimum: 0, description: "Which fact of the log it is, counted from 0." }),
    size: count,
    leaf: Type.String({ description: "The fact as the text that is hashed." }),
    hashes,
    checkpoint: Type.String({ description: "The signed note of this size." }),
  },
  { title: "InclusionProof", ...closed },
);

/** That the log of one size is the beginning of the log of another. */
export const ConsistencyProof = Type.Object(
  {
    format: Type.Literal("crossdock-consistency-proof/1"),
    from: count,
    to: count,
    fromRoot: Type.String(),
    toRoot: Type.String(),
    hashes,
  },
  { title: "ConsistencyProof", ...closed },
);
