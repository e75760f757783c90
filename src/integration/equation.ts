/** What was received is in exactly one of the others. Law 6, for one account. */
export type Equation = {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly waiting: number;
  readonly parked: number;
  readonly deadLettered: number;
  readonly ignored: number;
  readonly dismissed: number;
};

/** What the equation is made of, each counted from rows of its own. */
export type Tallies = {
  /** Deliveries of what had been stored before. */
  readonly repeated: number;
  /** Messages that nothing was made of, by why. */
  readonly messages: {
    readonly stored: number;
    readonly suspect: number;
    readonly dead: number;
    readonly dismissed: number;
  };
  /** Records of the messages that something was made of. */
  readonly records: {
    readonly all: number;
    readonly applied: number;
    readonly duplicates: number;
    readonly ignored: number;
  };
  /** Records that are open, and those that were dropped, which their messages count as ignored. */
  readonly parked: { readonly waiting: number; readonly parked: number; readonly dropped: number };
  /** Applied records whose fact some reader of the log could not take. */
  readonly deadFacts: { readonly open: number; readonly dismissed: number };
};

/**
 * Adds up what became of everything that an account sent: a record where its message was mapped, the message itself where it was not,
 * and each repeated delivery.
 */
export function equationOf({ repeated, messages, records, parked, deadFacts }: Tallies): Equation {
  return {
    received:
      repeated + messages.stored + messages.suspect + messages.dead + messages.dismissed + records.all,
    applied: records.applied - deadFacts.open - deadFacts.dismissed,
    duplicate: repeated + records.duplicates,
    waiting: messages.stored + parked.waiting,
    parked: messages.suspect + parked.parked,
    deadLettered: messages.dead + deadFacts.open,
    ignored: records.ignored - parked.dropped,
    dismissed: messages.dismissed + parked.dropped + deadFacts.dismissed,
  };
}

/** Whether nothing has disappeared, and nothing has come from nowhere. */
export function isBalanced({ received, ...became }: Equation): boolean {
  return received === Object.values(became).reduce((sum, part) => sum + part, 0);
}
