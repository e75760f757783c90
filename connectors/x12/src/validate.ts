import { show } from "./delimiters.ts";
import { type Fault, fault, type Place } from "./faults.ts";
import { isFaultless } from "./scan.ts";
import { isSegmentId } from "./schema/segment-ids.ts";
import type { SegmentSpec } from "./schema/segments.ts";
import { segments } from "./schema/segments.ts";
import type { Level, Node, SetDefinition } from "./schema/sets.ts";
import type { Segment } from "./segment.ts";
import { elementFaults } from "./validate-elements.ts";

/** Most faults kept of one rejected set: a person reads ten, a partner's program acts on the first. */
export const setFaultsMax = 500;

/** One open loop (or the set itself) and how far into it we are. */
type Frame = {
  readonly level: Level;
  /** Id of the segment that opened the loop; undefined for the set itself. */
  readonly loop: string | undefined;
  /** The node last used; earlier ones can no longer occur. */
  cursor: number;
  /** How often the node at the cursor occurred. */
  count: number;
};

/**
 * Checks the segments of one set, as they come, against its definition: order, limits and what is mandatory
 * (AK304), then the elements of each segment (AK403). `segment` takes all but ST and SE; `end` is called once,
 * at SE or where the set was cut off.
 *
 * A segment belongs to the innermost open loop that has a place for it. One that has no place is reported, and its
 * elements are checked all the same if it is of this set; a loop that opens in the wrong place is entered, so that one
 * mistake is reported once and not again for each segment in the loop.
 */
export class SetValidator {
  readonly faults: Fault[] = [];
  readonly #definition: SetDefinition;
  readonly #specs: ReadonlyMap<string, SegmentSpec>;
  readonly #stack: Frame[];
  /** The segment being looked at. */
  #position = 1;
  #id = "";
  #offset = 0;
  #rejecting = false;
  /** The place `#find` found: a frame and a node in it. */
  #foundDepth = -1;
  #foundIndex = 0;

  constructor(definition: SetDefinition) {
    this.#definition = definition;
    this.#specs = segments[definition.dictionary];
    this.#stack = [{ level: definition.root, loop: undefined, cursor: 0, count: 0 }];
  }

  segment(segment: Segment): void {
    this.#step(segment.id, segment.offset);
    if (this.#rejecting && this.faults.length >= setFaultsMax) return;
    if (this.#find(segment.id)) this.#place();
    else this.#misplaced(this.#here());
    const spec = this.#definition.ids.has(segment.id) ? this.#specs.get(segment.id) : undefined;
    if (spec === undefined || isFaultless(segment, spec.plan)) return;
    const loop = this.#stack.at(-1)?.loop;
    const at = this.#here();
    const faults = elementFaults(segment, spec, loop === undefined ? at : { ...at, loop });
    for (const found of faults) this.#report(found);
  }

  end(offset: number): void {
    this.#step("SE", offset);
    if (this.#rejecting && this.faults.length >= setFaultsMax) return;
    this.#leaveDownTo(-1);
  }

  #step(id: string, offset: number): void {
    this.#position++;
    this.#id = id;
    this.#offset = offset;
  }

  #here(): Place {
    return { segment: this.#id, position: this.#position, offset: this.#offset };
  }

  /** Finds the innermost place that is still ahead; a full one only when there is no other. */
  #find(id: string): boolean {
    this.#foundDepth = -1;
    for (let depth = this.#stack.length - 1; depth >= 0; depth--) if (this.#findAt(depth, id)) return true;
    return this.#foundDepth >= 0;
  }

  /** True when the loop at this depth has room for the segment; a place without room is remembered. */
  #findAt(depth: number, id: string): boolean {
    const frame = this.#stack[depth];
    const places = frame?.level.places.get(id);
    if (frame === undefined || places === undefined) return false;
    for (let at = 0; at < places.length; at++) {
      const index = places[at] ?? 0;
      if (index < frame.cursor) continue;
      const used = index === frame.cursor ? frame.count : 0;
      const room = used < (frame.level.nodes[index]?.max ?? 0);
      if (!room && this.#foundDepth >= 0) continue;
      this.#foundDepth = depth;
      this.#foundIndex = index;
      if (room) return true;
    }
    return false;
  }

  #place(): void {
    const depth = this.#foundDepth;
    const index = this.#foundIndex;
    const frame = this.#stack[depth];
    const node = frame?.level.nodes[index];
    if (frame === undefined || node === undefined) return;
    if (this.#stack.length > depth + 1) this.#leaveDownTo(depth);
    if (index > frame.cursor) this.#passOver(frame, index);
    frame.count = index === frame.cursor ? frame.count + 1 : 1;
    frame.cursor = index;
    if (frame.count > node.max) this.#tooMany(frame, node);
    if (node.body !== undefined) this.#enter(node, node.body);
  }

  #enter(node: Node, body: Level): void {
    this.#stack.push({ level: body, loop: node.id, cursor: 0, count: 0 });
  }

  #tooMany(frame: Frame, node: Node): void {
    const isLoop = node.body !== undefined;
    const what = isLoop ? `loop ${node.id}` : node.id;
    const message = `expected ${what} at most ${times(node.max)}${placeIn(frame)}; this is number ${frame.count}`;
    this.#report(fault("segment", isLoop ? "4" : "5", this.#here(), { message, loop: frame.loop }));
  }

  /** Closes the loops inside `depth`, asking each for what it still owes. */
  #leaveDownTo(depth: number): void {
    while (this.#stack.length > depth + 1) {
      const frame = this.#stack.pop();
      if (frame !== undefined) this.#passOver(frame, frame.level.nodes.length);
    }
  }

  /** Reports the mandatory nodes between the cursor and `index` that did not occur. */
  #passOver(frame: Frame, index: number): void {
    for (let passed = frame.cursor; passed < index; passed++) {
      const node = frame.level.nodes[passed];
      const occurred = passed === frame.cursor && frame.count > 0;
      if (node === undefined || !node.mandatory || occurred) continue;
      const message = `expected ${node.id}, which is mandatory${placeIn(frame)}, before ${this.#id}; found none`;
      this.#report(
        fault("segment", "3", { ...this.#here(), segment: node.id }, { message, loop: frame.loop }),
      );
    }
  }

  #misplaced(at: Place): void {
    const { id } = this.#definition;
    for (let depth = this.#stack.length - 1; depth >= 0; depth--) {
      const frame = this.#stack[depth];
      const index = frame?.level.places.get(at.segment)?.at(-1);
      const node = index === undefined ? undefined : frame?.level.nodes[index];
      if (frame === undefined || node === undefined) continue;
      const reached = frame.level.nodes[frame.cursor]?.id ?? "the end";
      const message = `expected ${at.segment} before ${reached}${placeIn(frame)}; it comes too late`;
      this.#report(fault("segment", "7", at, { message, loop: frame.loop }));
      if (node.body === undefined) return;
      this.#leaveDownTo(depth);
      this.#enter(node, node.body);
      return;
    }
    const loop = this.#stack.at(-1)?.loop;
    if (this.#definition.ids.has(at.segment)) {
      const message = `expected a segment that may follow here; ${at.segment} belongs in a loop of the ${id} that is not open`;
      this.#report(fault("segment", "2", at, { message, loop }));
    } else if (isSegmentId(at.segment)) {
      const message = `expected a segment of the ${id}; ${at.segment} is not part of it`;
      this.#report(fault("segment", "6", at, { message, loop }));
    } else {
      const message = `expected a segment of the ${id}; the standard has no ${show(at.segment)}`;
      this.#report(fault("segment", "1", at, { message, loop }));
    }
  }

  #report(found: Fault): void {
    // Past the limit one fault still counts: the first that decides that the set is rejected.
    const decides = found.severity === "rejecting" && !this.#rejecting;
    if (this.faults.length < setFaultsMax || decides) this.faults.push(found);
    if (decides) this.#rejecting = true;
  }
}

function placeIn(frame: Frame): string {
  return frame.loop === undefined ? "" : ` in loop ${frame.loop}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
