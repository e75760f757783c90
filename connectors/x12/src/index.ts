/**
 * ASC X12: reading, checking, acknowledging and writing interchanges.
 *
 * Terms. An *interchange* (ISA … IEA) holds functional *groups* (GS … GE), which hold transaction *sets* (ST … SE:
 * an 850, an 856 …), which are *segments* of *elements*. A *fault* is anything wrong, with its place, its code in
 * the list an acknowledgement reports it in, and a sentence. A *TA1* answers an interchange, a *997* a group. The
 * *connector*, `x12`, makes orders of 850s and papers of our documents, by the profile of a trading partner.
 *
 * Invariants.
 * - No byte is lost: the tokens of a file, in order, are the file, however it was cut into pieces on its way in.
 * - No input throws. Whatever is wrong is a fault, and reading goes on behind it.
 * - A set is rejected when something required is missing or cannot be read, and accepted with errors otherwise. One that we
 *   have no definition of is judged by its frame, and named as unchecked.
 * - Each group that is no FA group gets one 997 unless its interchange is rejected; an FA group gets none.
 * - What is written can be read back: a value that holds a delimiter is refused, never mended.
 *
 * What this part does not do: the codec does not judge business content (that a CTT adds up, that an item exists),
 * keep control numbers, or know partners; `connector/index.ts` says what the connector leaves. The dictionaries hold
 * the sets we use, not the standard, whose text is licensed.
 */

export {
  type AcknowledgementContext,
  acknowledge,
  type GroupStatus,
  groupStatus,
  interchangeStatus,
  type Status,
  setStatus,
} from "./acknowledge.ts";
export {
  type CheckOptions,
  checkFile,
  type FileCheck,
  FileChecker,
  type FileError,
  type FileVerdict,
  fileErrorsMax,
} from "./check.ts";
export {
  CONTENT_TYPE,
  ITEM_NAMES_DEFAULT,
  ReplyContent,
  UNITS_DEFAULT,
  X12Settings,
  x12,
} from "./connector/index.ts";
export { type Delimiters, readableText } from "./delimiters.ts";
export { type EnvelopeOptions, EnvelopeReader } from "./envelope.ts";
export type { Fault, FaultLevel, Severity } from "./faults.ts";
export type { Group, Interchange, SetChecker, TransactionSet } from "./interchange.ts";
export { type Reading, readInterchanges, serialise } from "./read.ts";
export { type SetDefinition, setDefinition } from "./schema/sets.ts";
export { Segment } from "./segment.ts";
export {
  buildSscc,
  checkDigit,
  isGtin,
  isSscc,
  type SerialShippingContainer,
  type SsccBuilt,
} from "./sscc.ts";
export {
  binaryBytesMax,
  type Gap,
  type GapReason,
  gapBytesMax,
  segmentBytesMax,
  type Token,
  Tokenizer,
  tokenize,
} from "./tokenizer.ts";
export { SetValidator } from "./validate.ts";
export {
  controlNumberMax,
  type OutgoingElement,
  type OutgoingGroup,
  type OutgoingInterchange,
  type OutgoingSegment,
  type OutgoingSet,
  type Party,
  type Refusal,
  type Written,
  writeInterchange,
} from "./write.ts";
