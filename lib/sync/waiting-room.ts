/** The tickets of a user's waiting devices: a few hundred bytes each, completed when a device really has something to fetch. */
import { type Clock, type Log, type Random, randomName } from '../platform/index.ts';
import type { WatchState } from './sync.ts';
import type { Completion, TicketRequest, WaitingRoom } from './waiting.ts';

/** What the room asks of the engine. */
export interface WaitingQuestions {
  /** Nothing moved since the device was last told that the collection is quiet. */
  readonly isStillQuiet: (deviceId: string, collectionId: string) => boolean;
  readonly watchState: (deviceId: string, collectionId: string) => Promise<WatchState>;
  readonly lacksFolders: (deviceId: string) => Promise<boolean>;
}

/** A device that could not be looked after (the store or the mailbox failed) is looked at again then. */
const RETRY_MS = 2_000;

interface Ticket {
  readonly id: string;
  readonly request: TicketRequest;
  /** Collections that moved and are not looked at yet. */
  readonly moved: Set<string>;
  hierarchyMoved: boolean;
  isChecking: boolean;
}

export class TicketRoom implements WaitingRoom {
  readonly #questions: WaitingQuestions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #tickets = new Map<string, Ticket>();
  readonly #byCollection = new Map<string, Set<Ticket>>();
  readonly #byDevice = new Map<string, Ticket>();
  readonly #unheard: [ticket: string, completion: Completion][] = [];
  #listener: ((ticket: string, completion: Completion) => void) | undefined;

  constructor(
    questions: WaitingQuestions,
    tools: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  ) {
    this.#questions = questions;
    this.#clock = tools.clock;
    this.#random = tools.random;
    this.#log = tools.log;
  }

  get size(): number {
    return this.#tickets.size;
  }

  devices(): ReadonlySet<string> {
    return new Set([...this.#tickets.values()].map(({ request }) => request.deviceId));
  }

  open<A>(request: TicketRequest<A>): string {
    const ticket: Ticket = {
      id: randomName(this.#random),
      request,
      moved: new Set(),
      hierarchyMoved: true,
      isChecking: false,
    };
    const holder = `${request.purpose} ${request.deviceId}`;
    const older = this.#byDevice.get(holder);
    if (older) this.#complete(older, older.request.superseded());
    this.#byDevice.set(holder, ticket);
    this.#tickets.set(ticket.id, ticket);
    for (const id of request.collectionIds) {
      const waiting = this.#byCollection.get(id);
      if (waiting) waiting.add(ticket);
      else this.#byCollection.set(id, new Set([ticket]));
      // Between the question and this call something may have moved.
      if (!this.#questions.isStillQuiet(request.deviceId, id)) ticket.moved.add(id);
    }
    void this.#check(ticket);
    return ticket.id;
  }

  close(id: string): void {
    const ticket = this.#tickets.get(id);
    if (ticket) this.#remove(ticket);
  }

  onCompletion(listener: (ticket: string, completion: Completion) => void): void {
    this.#listener = listener;
    for (const [ticket, completion] of this.#unheard.splice(0)) listener(ticket, completion);
  }

  isAwaited(collectionId: string): boolean {
    return this.#byCollection.has(collectionId);
  }

  collectionMoved(collectionId: string): void {
    for (const ticket of this.#byCollection.get(collectionId) ?? []) {
      ticket.moved.add(collectionId);
      void this.#check(ticket);
    }
  }

  hierarchyMoved(): void {
    for (const ticket of this.#tickets.values()) {
      ticket.hierarchyMoved = true;
      void this.#check(ticket);
    }
  }

  /** Answers whoever waits as if a newer request had come. */
  closeAll(): void {
    for (const ticket of this.#tickets.values()) this.#complete(ticket, ticket.request.superseded());
  }

  async #check(ticket: Ticket): Promise<void> {
    if (ticket.isChecking) return;
    ticket.isChecking = true;
    while (this.#tickets.has(ticket.id) && (ticket.moved.size > 0 || ticket.hierarchyMoved)) {
      const ids = [...ticket.moved];
      const asksHierarchy = ticket.hierarchyMoved;
      ticket.moved.clear();
      ticket.hierarchyMoved = false;
      try {
        await this.#ask(ticket, ids, asksHierarchy);
      } catch (error) {
        this.#log.warn({ error, deviceId: ticket.request.deviceId }, 'a waiting device could not be looked after');
        for (const id of ids) ticket.moved.add(id);
        ticket.hierarchyMoved = asksHierarchy;
        this.#clock.after(RETRY_MS, () => {
          ticket.isChecking = false;
          void this.#check(ticket);
        });
        return;
      }
    }
    ticket.isChecking = false;
  }

  async #ask(ticket: Ticket, ids: readonly string[], asksHierarchy: boolean): Promise<void> {
    const { deviceId } = ticket.request;
    const changed: string[] = [];
    for (const id of ids) if ((await this.#questions.watchState(deviceId, id)) !== 'quiet') changed.push(id);
    const lacksFolders = asksHierarchy && (await this.#questions.lacksFolders(deviceId));
    if (!this.#tickets.has(ticket.id)) return;
    if (lacksFolders) this.#complete(ticket, ticket.request.changed([], true));
    else if (changed.length > 0) this.#complete(ticket, ticket.request.changed(changed, false));
  }

  #complete(ticket: Ticket, completion: Completion): void {
    if (!this.#tickets.has(ticket.id)) return;
    this.#remove(ticket);
    if (this.#listener) this.#listener(ticket.id, completion);
    else this.#unheard.push([ticket.id, completion]);
  }

  #remove(ticket: Ticket): void {
    this.#tickets.delete(ticket.id);
    const { purpose, deviceId, collectionIds } = ticket.request;
    const holder = `${purpose} ${deviceId}`;
    if (this.#byDevice.get(holder) === ticket) this.#byDevice.delete(holder);
    for (const id of collectionIds) {
      const waiting = this.#byCollection.get(id);
      waiting?.delete(ticket);
      if (waiting?.size === 0) this.#byCollection.delete(id);
    }
  }
}
