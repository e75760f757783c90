import type { ItemId, LocationId, MasterKind, MasterRecord } from "@crossdock/canonical";
import type { Static } from "typebox";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller, Page, PageRequest } from "./asking.ts";
import type {
  CalendarView,
  ChangePage,
  ImportAnswer,
  ItemPage,
  ItemView,
  LocationPage,
  LotPage,
  MasterResult,
} from "./master-views.ts";

type Row<Of extends string, Whole> = Whole extends { [Name in Of]: readonly (infer One)[] } ? One : never;

export type ItemRowView = Row<"items", Static<typeof ItemPage>>;
export type LocationRowView = Row<"locations", Static<typeof LocationPage>>;
export type LotRowView = Row<"lots", Static<typeof LotPage>>;
export type ChangeRowView = Row<"changes", Static<typeof ChangePage>>;

/** What became of a statement that has the right form. */
export type StatedResult = Omit<MasterResult, "index" | "errors">;

/** Master data: items and their names, units, kits, costs and lots; locations and their names. */
export type MasterPort = {
  /** One result a statement, in the same order. Those that are refused stop none of the others. `keep` is given them within the change. */
  state(
    batch: { readonly records: readonly MasterRecord[]; readonly caller: Caller },
    keep: KeepAnswer<readonly StatedResult[]>,
  ): Promise<readonly StatedResult[]>;
  /** Rehearses a file, or takes it where a token says what it must do. `problem`: the file cannot be read as one of its kind. */
  importFile(file: {
    readonly kind: MasterKind;
    readonly bytes: Uint8Array;
    readonly token?: string | undefined;
    readonly skipRefused?: boolean | undefined;
    readonly caller: Caller;
  }): Promise<ImportAnswer | { readonly problem: string }>;
  /** An empty file of a kind. */
  template(kind: MasterKind): { readonly name: string; readonly contentType: string; readonly body: string };
  item(itemId: ItemId): Promise<ItemView | undefined>;
  /** `itemClass`: those of it. */
  itemPage(
    page: PageRequest & { readonly itemClass?: string | undefined },
  ): Promise<Page<ItemRowView> | "bad-cursor">;
  locationPage(page: PageRequest): Promise<Page<LocationRowView> | "bad-cursor">;
  /** Undefined when there is no such location. */
  calendar(locationId: LocationId): Promise<CalendarView | undefined>;
  lots(itemId: ItemId, page: PageRequest): Promise<Page<LotRowView> | "bad-cursor">;
  /** What was changed, the newest first. */
  changes(
    page: PageRequest & {
      readonly itemId?: ItemId | undefined;
      readonly locationId?: LocationId | undefined;
    },
  ): Promise<Page<ChangeRowView> | "bad-cursor">;
};
