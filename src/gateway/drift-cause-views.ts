import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;

/** Something that may have made a snapshot and the books differ, and that somebody can settle. */
export const DriftCause = Type.Object(
  {
    cause: Type.Union(
      [
        Type.Literal("numbers-missing"),
        Type.Literal("rows-unresolved"),
        Type.Literal("records-waiting"),
        Type.Literal("records-parked"),
        Type.Literal("duplicates-held"),
        Type.Literal("facts-dead"),
      ],
      {
        description:
          "`numbers-missing`: messages of the source's own numbering have not come. `rows-unresolved`: rows of the snapshot itself name " +
          "something unknown. `records-waiting` and `records-parked`: what the source said and we could not take. `duplicates-held`: it " +
          "looks like something said before. `facts-dead`: no reader could take it.",
      },
    ),
    count: Type.Integer({ minimum: 1, description: "Messages, rows, records or facts." }),
    stream: Type.Optional(Type.String()),
    first: Type.Optional(Type.Integer()),
    last: Type.Optional(Type.Integer()),
    since: Type.Optional(Type.String({ format: "date-time" })),
  },
  { title: "DriftCause", ...closed },
);
export type DriftCause = Static<typeof DriftCause>;

/** The causes that can be named, as things stand now. */
export const DriftCauses = Type.Object(
  { causes: Type.Array(DriftCause) },
  { title: "DriftCauses", ...closed },
);
export type DriftCauses = Static<typeof DriftCauses>;
