import { show } from "./delimiters.ts";
import { type Fault, fault } from "./faults.ts";
import type { Segment } from "./segment.ts";
import { binaryBytesMax } from "./tokenizer.ts";

/**
 * The fault of a BIN or BDS that could not be cut by the length it announces (BIN01, BDS02), in any set. Its data was cut at
 * the first terminator instead, so nobody can say what it was, nor whether the segments behind it are data as well.
 */
export function binaryFault(segment: Segment, position: number): Fault | undefined {
  if ((segment.id !== "BIN" && segment.id !== "BDS") || segment.binary) return undefined;
  const at = { segment: segment.id, position, offset: segment.offset };
  const lengthAt = segment.id === "BIN" ? 1 : 2;
  const announced = segment.element(lengthAt);
  if (!/^\d{1,15}$/.test(announced) || Number(announced) > binaryBytesMax) {
    const message = `${segment.id}0${lengthAt} (length of the data): expected a number up to ${binaryBytesMax}; found ${show(announced)}`;
    const code = announced === "" ? "1" : "6";
    return fault("element", code, at, {
      element: lengthAt,
      message,
      severity: "rejecting",
      dataElement: "784",
    });
  }
  const { element } = segment.delimiters;
  const found = segment.elements.slice(lengthAt + 1).join(element).length;
  const message = `${segment.id}0${lengthAt + 1} (data): expected ${announced} bytes and then a terminator; found ${found} before one`;
  const details = { element: lengthAt + 1, message, severity: "rejecting", dataElement: "785" } as const;
  return fault("element", found < Number(announced) ? "4" : "5", at, details);
}
