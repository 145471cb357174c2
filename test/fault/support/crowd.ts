/** People who live on with their phones while something happens to the server, and are asked afterwards what they miss. */
import { SeededRandom } from '../../simulation/support/seeded-random.ts';
import { Ledger } from '../pool/support/ledger.ts';
import { Person } from '../pool/support/person.ts';
import { whileTheyLive } from './living.ts';
import { type Hardships, persistentTransport } from './persistent-transport.ts';
import type { Stage } from './stage.ts';
import { tellsOfTrouble } from './trouble.ts';

export interface CrowdOptions {
  readonly users: readonly string[];
  readonly devicesPerUser: number;
  readonly seed: number;
}

const FIRST_MESSAGES = 6;
const DELIVER_EVERY_MS = 150;
const PATIENCE_MS = 600_000;
const PAUSE_MS = 100;
const PROGRESS_POLL_MS = 5;
/** Where somebody does not come to an end. */
const SHOWN_LINES = 20;

export class Crowd {
  readonly #stage: Stage;
  readonly #people: Person[] = [];
  readonly #ledgers: ReadonlyMap<string, Ledger>;
  readonly #failures: string[] = [];
  readonly #random: SeededRandom;

  private constructor(stage: Stage, { users, devicesPerUser, seed }: CrowdOptions) {
    this.#stage = stage;
    this.#random = new SeededRandom(seed);
    this.#ledgers = new Map(users.map((it) => [it, new Ledger()]));
    const options = { isTrouble: tellsOfTrouble, limitMs: PATIENCE_MS, pauseMs: PAUSE_MS };
    for (const [user, ledger] of this.#ledgers) {
      for (let count = 0; count < devicesPerUser; count++) {
        const hardships = { lost: 0, refused: 0 };
        const phone = stage.phone({ user, transport: persistentTransport(hardships, options) });
        const name = (prefix: string) => stage.name(prefix);
        const onAgain = () => void hardships.refused++;
        const random = this.#random.fork();
        const failures = this.#failures;
        this.#people.push(new Person({ user, phone, hardships, ledger, random, failures, name, onAgain }));
      }
    }
  }

  /** With some mail, and everybody's first Syncs done. */
  static async gather(stage: Stage, options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(stage, options);
    for (const user of options.users) for (let count = 0; count < FIRST_MESSAGES; count++) await crowd.#deliver(user);
    // One after the other: a user's first device makes the folder that the others find.
    for (const person of crowd.#people) await person.begin();
    return crowd;
  }

  /**
   * They live on and mail comes in while that happens; then they finish, and every mailbox and phone has what it must have,
   * each once, and nobody had to begin again. Tells how many commands were done meanwhile.
   */
  async during(happening: () => Promise<void>): Promise<number> {
    const life = {
      people: this.#people,
      news: (user: string) => this.#deliver(user),
      everyMs: DELIVER_EVERY_MS,
      random: this.#random,
      logs: () => this.#stage.server.lines.slice(-SHOWN_LINES).join('\n'),
    };
    await whileTheyLive(life, happening);
    const found = [...this.#failures, ...this.#stage.resyncs.map((it) => `began again: ${it}`)];
    for (const [user, ledger] of this.#ledgers) found.push(...(await this.#missing(user, ledger)));
    if (found.length > 0) throw new Error(`${found.length} differences:\n${found.slice(0, 40).join('\n')}`);
    return this.commands;
  }

  /** How many were done so far. */
  get commands(): number {
    return this.#people.reduce((sum, it) => sum + it.lived.length, 0);
  }

  /** Of all phones. */
  get hardships(): Hardships {
    const sum = (count: (it: Hardships) => number) => this.#people.reduce((all, it) => all + count(it.hardships), 0);
    return { lost: sum((it) => it.lost), refused: sum((it) => it.refused) };
  }

  /** Resolves when so many more were done: a machine may be as slow as it likes. */
  async progress(commands: number): Promise<void> {
    const wanted = this.commands + commands;
    while (this.commands < wanted && this.#failures.length === 0) await pause(PROGRESS_POLL_MS);
  }

  async #missing(user: string, ledger: Ledger): Promise<readonly string[]> {
    const phones = this.#people.filter((it) => it.user === user).map((it) => it.phone);
    try {
      const contents = await this.#stage.settle(user, ...phones);
      const taken = (subject: string) => this.#stage.taken(subject);
      return ledger.check(contents, taken, 'where the phone saw it').map((it) => `${user}: ${it}`);
    } catch (thrown) {
      return [(thrown as Error).message];
    }
  }

  async #deliver(user: string): Promise<void> {
    const subject = this.#stage.name(user);
    this.#ledgers.get(user)?.delivered(subject);
    await this.#stage.put(user, { subject });
  }
}

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));
