/**
 * A phone as the property test has it: it keeps what it did until an answer says that it was heard, it loses answers and
 * repeats itself, and in the end it must hold what the mailbox holds.
 */
import type { ClientCommand } from '../../../lib/sync/index.ts';
import type { PhoneCollection, PhoneItem } from './phone.ts';

export class ModelPhone {
  readonly collection: PhoneCollection;
  /** Done on the phone, not acknowledged. */
  pending: ClientCommand[] = [];
  /** Subjects of drafts that the server said it has. */
  readonly acknowledged = new Set<string>();
  /** What it had before the last answer, while it has asked nothing since. */
  #before: { readonly key: string; readonly items: ReadonlyMap<string, PhoneItem> } | undefined;

  constructor(collection: PhoneCollection) {
    this.collection = collection;
  }

  get isPrimed(): boolean {
    return this.collection.key !== '0';
  }

  /** It goes on from the key before its last answer, with what it had then. */
  goBack(): boolean {
    if (!this.#before) return false;
    const { collection } = this;
    collection.key = this.#before.key;
    collection.items.clear();
    for (const [id, item] of this.#before.items) collection.items.set(id, item);
    this.pending = [];
    this.#before = undefined;
    return true;
  }

  /** One request; the answer arrives, or is lost. Tells what the server said. */
  async sync(windowSize: number, isLost: boolean, isDoubled = false): Promise<'answered' | 'unavailable' | 'lost'> {
    const { collection } = this;
    const commands = this.isPrimed ? [...this.pending] : [];
    const before = { key: collection.key, items: new Map(collection.items) };
    this.#before = undefined;
    const twice = isDoubled ? collection.ask({ commands, windowSize }) : undefined;
    const answer = await collection.ask({ commands, windowSize });
    await twice;
    if (answer.kind === 'refused') {
      if (answer.reason !== 'unavailable') throw new Error(`refused: ${answer.reason} of ${collection.key}`);
      return 'unavailable';
    }
    if (answer.changes.length > windowSize)
      throw new Error(`${answer.changes.length} items in a window of ${windowSize}`);
    if (isLost) return 'lost';
    this.pending = this.pending.filter((command) => !commands.includes(command));
    const failed = new Set<string>();
    const added = new Map<string, string>();
    for (const outcome of answer.outcomes) {
      if (outcome.kind === 'failed') failed.add(outcome.serverId ?? outcome.clientId ?? '');
      if (outcome.kind === 'added') added.set(outcome.clientId, outcome.serverId);
    }
    for (const command of commands) this.#acknowledge(command, failed, added);
    collection.apply(answer);
    if (before.key !== '0' && before.key !== collection.key) this.#before = before;
    return 'answered';
  }

  #acknowledge(command: ClientCommand, failed: ReadonlySet<string>, added: ReadonlyMap<string, string>): void {
    const { items } = this.collection;
    if (command.kind === 'add') {
      const serverId = added.get(command.clientId);
      if (serverId === undefined) throw new Error(`nothing is said of ${command.clientId}`);
      const subject = command.clientId;
      items.set(serverId, { subject, flags: '\\Draft \\Seen' });
      this.acknowledged.add(subject);
    }
    if (command.kind === 'delete' && !failed.has(command.serverId)) items.delete(command.serverId);
    const item = command.kind === 'change' ? items.get(command.serverId) : undefined;
    if (command.kind !== 'change' || !item || failed.has(command.serverId)) return;
    const flags = new Set(item.flags.split(' ').filter((flag) => flag !== ''));
    if (command.change.read) flags.add('\\Seen');
    else flags.delete('\\Seen');
    items.set(command.serverId, { ...item, flags: [...flags].sort().join(' ') });
  }
}
