/**
 * Where waiting devices wait, without a socket: a ticket, what it waits for, and who completes it (ownership.md,
 * Routing 3). The door parks the device's response under the ticket and hears of its completion here.
 */

/** What completes a ticket: bytes made by the command that opened it, or "run the request again". */
export type Completion<A = unknown> = { readonly kind: 'answer'; readonly answer: A } | { readonly kind: 'again' };

export interface TicketRequest<A = unknown> {
  readonly deviceId: string;
  /** A newer wait of the same device and purpose ends the older one with `superseded`. */
  readonly purpose: 'ping' | 'sync';
  /** Collections whose changes complete it; a change of the hierarchy does so too. */
  readonly collectionIds: readonly string[];
  /** Called once, with the collections that changed ([] if it was the hierarchy). */
  readonly changed: (collectionIds: readonly string[], hierarchy: boolean) => Completion<A>;
  readonly superseded: () => Completion<A>;
}

export interface WaitingRoom {
  /** A ticket, unique for this process's life. */
  open<A>(request: TicketRequest<A>): string;
  /** The device hung up, or the deadline answered it. */
  close(ticket: string): void;
  /**
   * Told of every completion, once a ticket; those before there was a listener are told when it comes. A completion may come
   * before the opener of the ticket has returned it. At most one listener: the door.
   */
  onCompletion(listener: (ticket: string, completion: Completion) => void): void;
  /** How many wait now. */
  readonly size: number;
  /** Which devices do. */
  devices(): ReadonlySet<string>;
}
