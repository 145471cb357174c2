/** The road of a server that is alone with its store: from its own door to itself. */
import { standaloneLease } from '../../pool/index.ts';
import type { OwnerRoad } from './owner-road.ts';
import type { Road, RoadCompletion, RoadRequest, RoadResult } from './road.ts';

export class StandaloneRoad implements Road {
  readonly #owner: OwnerRoad;
  readonly #session: string;
  #listener: (ticket: string, completion: RoadCompletion) => void = () => {};

  /** `session`: this boot's name. */
  constructor(owner: OwnerRoad, session: string) {
    this.#owner = owner;
    this.#session = session;
  }

  execute(request: RoadRequest): Promise<RoadResult> {
    const lease = standaloneLease(request.account.user, this.#session);
    return this.#owner.execute(request, lease, {
      complete: (ticket, completion) => this.#listener(ticket, completion),
    });
  }

  closeTicket(ticket: string): void {
    this.#owner.closeTicket(ticket);
  }

  onCompletion(listener: (ticket: string, completion: RoadCompletion) => void): void {
    this.#listener = listener;
  }
}
