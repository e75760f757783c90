/** How a buyer is told that something is there: no number, because it is wrong a moment later and says too much to competitors. */
export type ShownState = "in-stock" | "low" | "out";

/** What a channel's rule says of what is shown. */
export type Showing = {
  /** Below this it is told none. */
  readonly minimumToPublish: number;
  /** Below this buyers are told that few are left; 0: never. */
  readonly lowBelow: number;
};

/** What buyers are told of a figure. */
export function shownState({ minimumToPublish, lowBelow }: Showing, figure: number): ShownState {
  if (figure <= 0 || figure < minimumToPublish) return "out";
  return figure < lowBelow ? "low" : "in-stock";
}
