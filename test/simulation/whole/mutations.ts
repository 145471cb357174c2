/**
 * Rules of the real code, each broken in one place: what the simulation must be able to find (ownership.md, sync-state.md). A
 * mutation is a replacement in a source file as it is loaded; one whose text is not there any more is an error.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Mutation {
  readonly rule: string;
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The seeds before have not found it when last looked at: they are passed over. Default: 1. */
  readonly from?: number;
}

const ROOT = join(import.meta.dirname, '../../..');

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'no-version': {
    rule: 'a state write without the version condition',
    file: 'lib/sync/user-records.ts',
    find: "[equals('version', previous), atMost('epoch', this.#lease.epoch)]",
    replace: "[atMost('epoch', this.#lease.epoch)]",
  },
  'late-deadline': {
    rule: 'the deadline is stamped when the answer to the beat is there',
    file: 'lib/pool/session.ts',
    find: 'this.#deadline = Math.max(this.#deadline, appliedSince +',
    replace: 'this.#deadline = Math.max(this.#deadline, this.#now() +',
    from: 160,
  },
  'no-intent': {
    rule: 'a message goes out without its intent record',
    file: 'lib/outbox/store-outbox.ts',
    find: '(await this.#intents.begin(lease, message.deviceId, message.clientId, about))',
    replace: "({ key: { partition: '', sort: '' }, status: 'intent', messageId: about.messageId } as const)",
  },
  'intent-not-looked-up': {
    rule: 'a message that comes again goes out again without looking at its intent',
    file: 'lib/outbox/store-outbox.ts',
    find: 'const { sending, intent } = await this.#earlier(asked);',
    replace: 'const [sending, intent] = [asked, undefined as Intent | undefined];',
  },
  'unknown-is-applied': {
    rule: 'a state write without an answer counts as applied: the re-read is skipped',
    file: 'lib/sync/user-records.ts',
    find: "if (result.outcome === 'applied') return { version,",
    replace: "if (result.outcome !== 'refused') return { version,",
    from: 15,
  },
  'suspended-serves': {
    rule: 'a server that is past its own deadline goes on',
    file: 'lib/pool/held-lease.ts',
    find: 'return this.#isOpen && this.#holder.isLive();',
    replace: 'return this.#isOpen && !this.#holder.isOver;',
  },
  'claim-from-living': {
    rule: 'a user is claimed from a session that nobody fenced',
    file: 'lib/pool/locate.ts',
    find: 'if (life.value === undefined) return claim',
    replace: 'if (stale !== undefined || life.value === undefined) return claim',
  },
  'stale-owner': {
    rule: 'a server that remembers a former owner believes itself more than the newer epoch that it is told',
    file: 'lib/server/pool-service.ts',
    find: "if (location.kind !== 'theirs' || location.epoch > epoch) return location;",
    replace: 'if (location !== undefined) return location;',
    from: 20,
  },
  'ticket-not-run-again': {
    rule: 'a device that waits at an owner that is lost is left waiting',
    file: 'lib/server/peer/peers.ts',
    find: 'if (!this.#isClosed) this.#options.onLost(ticketOf(peer, ticket));',
    replace: '',
  },
  'no-message-id-lookup': {
    rule: 'what a device adds is added again without looking for its Message-ID',
    file: 'lib/sync/mail/run-commands.ts',
    find: 'let uid = (await mailbox.findMessageId(folder.backendId, messageId)).at(-1);',
    replace: 'let uid = undefined as number | undefined;',
    from: 65,
  },
};

/** Everything imported from here on is changed so. Throws for a name or a text that is not there. */
export function mutate(name: string): void {
  const mutation = MUTATIONS[name];
  if (mutation === undefined) throw new Error(`There is no mutation ${name}`);
  const file = join(ROOT, mutation.file);
  const source = mutatedSource(mutation, readFileSync(file, 'utf8'));
  const url = pathToFileURL(file).href;
  registerHooks({
    load: (address, context, nextLoad) =>
      address === url ? { ...nextLoad(address, context), source } : nextLoad(address, context),
  });
}

function mutatedSource({ rule, file, find, replace }: Mutation, source: string): string {
  if (source.split(find).length !== 2) throw new Error(`${file} has not exactly one place for: ${rule}`);
  return source.replace(find, () => replace);
}
