/** How far a draft has come. The last two are its ends. */
export type DraftState = "draft" | "checked" | "approved" | "active" | "dropped";

/** Changes of the rules on their way to the book. */
export type Draft = {
  readonly draftId: string;
  readonly name: string;
  readonly state: DraftState;
  /** The version that its changes are meant for. */
  readonly baseVersion: number;
  /** The version whose rules it puts back. */
  readonly restores: number | undefined;
  /** Raised by each change of what it says. */
  readonly revision: number;
  /** Everybody who has changed what it says. None of them may approve it. */
  readonly authors: readonly string[];
  readonly approvedBy: string | undefined;
  /** The version that it became. */
  readonly version: number | undefined;
};

export type DraftCommand =
  | { readonly step: "change"; readonly by: string }
  /** It was looked at whole, and nothing was found. */
  | { readonly step: "check" }
  | { readonly step: "approve"; readonly by: string }
  /** Rules that it changes were changed since. */
  | { readonly step: "overtake"; readonly activeVersion: number }
  | { readonly step: "activate"; readonly version: number }
  | { readonly step: "drop" };

export type DraftRefusal = {
  readonly refused: "draft-ended" | "draft-not-checked" | "draft-not-approved" | "own-draft";
  readonly message: string;
};

const refusal = (refused: DraftRefusal["refused"], message: string): DraftRefusal => ({ refused, message });

/** What becomes of a draft, or why not. Whatever changes what it says takes back what others said of it. */
export function takeDraftStep(draft: Draft, command: DraftCommand): Draft | DraftRefusal {
  if (draft.state === "active" || draft.state === "dropped") {
    const end = draft.state === "active" ? `holds as version ${draft.version}` : "was dropped";
    return refusal("draft-ended", `The draft ${draft.draftId} ${end}; make another one.`);
  }
  switch (command.step) {
    case "change": {
      const authors = [...new Set([...draft.authors, command.by])];
      return { ...draft, authors, state: "draft", approvedBy: undefined, revision: draft.revision + 1 };
    }
    case "check":
      // Whoever approved it approved what had been found before.
      return { ...draft, state: "checked", approvedBy: undefined };
    case "approve":
      return approved(draft, command.by);
    case "overtake":
      return { ...draft, state: "draft", approvedBy: undefined, baseVersion: command.activeVersion };
    case "activate":
      if (draft.state === "approved") return { ...draft, state: "active", version: command.version };
      return refusal(
        "draft-not-approved",
        `The draft ${draft.draftId} is ${draft.state}; another person has to approve it.`,
      );
    case "drop":
      return { ...draft, state: "dropped", approvedBy: undefined };
    default:
      return command satisfies never;
  }
}

function approved(draft: Draft, by: string): Draft | DraftRefusal {
  if (draft.state === "draft")
    return refusal(
      "draft-not-checked",
      `The draft ${draft.draftId} has changed since it was checked; check it first.`,
    );
  if (draft.authors.includes(by)) {
    const message = `${by} has written the draft ${draft.draftId}; it takes another person to approve it.`;
    return refusal("own-draft", message);
  }
  return { ...draft, state: "approved", approvedBy: by };
}
