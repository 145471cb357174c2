/**
 * Where the door keeps the responses of waiting devices (ownership.md, Routing 3). Nothing of the road behind is held: a
 * ticket, the response, the answer at the deadline, and what is needed to run the request again.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../platform/index.ts';
import type { Reply, RoadCompletion, RoadWait } from './activesync/road.ts';

export interface Parked {
  /** Sends an answer to the device. */
  readonly answer: (reply: Reply) => void;
  /** Runs the request again, with all it had, to be answered now. */
  readonly again: () => void;
  /** Runs the request again at the next owner, to wait on there. */
  readonly lost: () => void;
  /** Tells the owner that nobody waits for the ticket any more. */
  readonly close: () => void;
}

interface Place {
  readonly parked: Parked;
  readonly atDeadline: Reply;
  readonly timer: Timer;
}

const EARLY_LIMIT = 10_000;

export class Parking {
  readonly #clock: Clock;
  readonly #places = new Map<string, Place>();
  /** Tickets that were completed before the door got to park them. */
  readonly #early = new Map<string, RoadCompletion>();

  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#places.size;
  }

  park(wait: RoadWait, response: ServerResponse, parked: Parked): void {
    const { ticket, atDeadline } = wait;
    const early = this.#early.get(ticket);
    if (early) {
      this.#early.delete(ticket);
      return finish(parked, early);
    }
    if (this.#isClosed) {
      parked.close();
      return parked.answer(atDeadline);
    }
    const timer = this.#clock.after(wait.waitMs, () => {
      parked.close();
      this.#leave(ticket)?.parked.answer(atDeadline);
    });
    this.#places.set(ticket, { parked, atDeadline, timer });
    response.once('close', () => {
      if (this.#leave(ticket)) parked.close();
    });
  }

  /** The ticket was completed by its owner. */
  complete(ticket: string, completion: RoadCompletion): void {
    const place = this.#leave(ticket);
    if (place) finish(place.parked, completion);
    else this.#keepEarly(ticket, completion);
  }

  /** A request that ended without a wait, or whose device is gone, needs no completion any more. */
  forget(ticket: string): void {
    this.#early.delete(ticket);
  }

  /** The server stops: every device, those that come yet too, gets a proper answer; a reset teaches it to wait less. */
  answerAll(): void {
    this.#isClosed = true;
    for (const ticket of this.#places.keys()) {
      const place = this.#leave(ticket);
      if (!place) continue;
      place.parked.close();
      place.parked.answer(place.atDeadline);
    }
  }

  /** Most are parked at once; those of a device that has just hung up never are. */
  #keepEarly(ticket: string, completion: RoadCompletion): void {
    if (this.#early.size >= EARLY_LIMIT) {
      const [oldest] = this.#early.keys();
      if (oldest !== undefined) this.#early.delete(oldest);
    }
    this.#early.set(ticket, completion);
  }

  #leave(ticket: string): Place | undefined {
    const place = this.#places.get(ticket);
    place?.timer.cancel();
    this.#places.delete(ticket);
    return place;
  }
}

function finish(parked: Parked, completion: RoadCompletion): void {
  if (completion.kind === 'reply') parked.answer(completion);
  else parked[completion.kind]();
}
