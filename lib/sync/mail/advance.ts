/**
 * The ordinary course of a Sync (rule 2): carry out the commands, compare, fetch and render, store the next generation, and
 * only then answer.
 */
import { BackendError } from '../../backends/index.ts';
import type { CollectionAnswer, CommandOutcome } from '../collection-answer.ts';
import type { CollectionRequest } from '../collection-request.ts';
import type { Renderer } from '../sync.ts';
import { formatSyncKey } from '../sync-key.ts';
import { type CommandSite, outcomeOf } from './client-commands.ts';
import { type CollectionSession, look, skippedUntil } from './collection-session.ts';
import {
  type CollectionState,
  optionsOf,
  optionsText,
  type SkippedItem,
  type StoredResult,
} from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';
import { sizeOfDelta } from './delta.ts';
import { fetchOutcomes } from './fetch-items.ts';
import { cutOffOf } from './filter.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import type { Holding } from './holding.ts';
import { makeWindow } from './make-window.ts';
import { type CommandRun, runCommands } from './run-commands.ts';
import { runResourceCommands } from '../resources/run-resource-commands.ts';

/** What the device stands on: the state at the key that it came with. */
export interface Standing {
  readonly loaded: LoadedState;
  readonly holding: Holding;
  readonly generation: number;
  /** Carried out under this key already. */
  readonly results: readonly StoredResult[];
  readonly isRetry: boolean;
  /** Fewer items than the device asks for. */
  readonly windowLimit: number | undefined;
  readonly skipped: readonly SkippedItem[];
}

/** Results remembered under one key; a device that repeats itself with ever new commands loses the oldest. */
const RESULTS_LIMIT = 4_000;
/** A mail system that fails at an item is given so many further requests to recover (MS-ASCMD 2.2.3.177.17, Status 16). */
const FAILURES_LIMIT = 2;

export async function advance<T>(
  session: CollectionSession,
  standing: Standing,
  request: CollectionRequest,
  renderer: Renderer<T>,
): Promise<CollectionAnswer<T>> {
  const { context } = session;
  const { state } = standing.loaded;
  const options = optionsOf(request, state);
  const cutOff = cutOffOf(options.filterDays, context.clock.now());
  const reach = Math.min(cutOff, state.reach);
  const before = await look(session, reach);
  const commands = request.commands;
  const site = siteOf(session, standing, request, before);
  const { resources } = context;
  const run =
    session.folder.itemClass === 'Email' || !resources
      ? await runCommands(site, commands)
      : await runResourceCommands(
          {
            ...site,
            source: resources,
            options,
            now: new Date(context.clock.now()),
            announcements: context.announcements,
            announcer: request.announcer,
            mayRepeat: standing.loaded.failures < FAILURES_LIMIT,
            log: context.log,
          },
          commands,
        ).catch((error: unknown) => {
          if (error instanceof BackendError && error.code === 'failed') standing.loaded.failures++;
          throw error;
        });
  if (run.hasEffects) session.view.markStale();

  const done = [...run.results.values()];
  const made = await makeWindow(session, standing, request, renderer, { done, cutOff, reach });
  await renderer.beforeStored?.(made.rendered.changes);
  const outcomes = await outcomesOf(session, request, renderer, run, made.snapshot);
  const results = mergedResults(standing.results, commands, run);
  const hasRecorded = commands.some((command) => command.kind !== 'fetch');
  const isNew = standing.isRetry || hasRecorded || sizeOfDelta(made.rendered.delta) > 0;
  const next: CollectionState = {
    ...state,
    ...(isNew && {
      generation: state.generation + 1,
      previousGeneration: standing.generation,
      base: standing.holding.underMark(made.snapshot.mark),
      delta: made.rendered.delta,
      results,
      cutOff,
      reach: made.left > 0 ? reach : Math.min(state.cutOff, cutOff),
      windowLimit: standing.windowLimit,
    }),
    options,
    isConfirmed: true,
    skipped: made.skipped,
  };
  const isSame =
    !isNew &&
    state.isConfirmed &&
    made.skipped === state.skipped &&
    optionsText(options) === standing.loaded.optionsText;
  const { answers } = standing.loaded;
  const answered = standing.isRetry ? answers + 1 : isNew ? 1 : answers;
  const loaded = isSame
    ? standing.loaded
    : await context.states.store(session.sort, standing.loaded.version, next, answered);

  if (made.left === 0 && request.getChanges && !isNew) {
    loaded.quiet = { version: made.snapshot.version, cutOff, until: skippedUntil(loaded.state) };
  }
  return {
    kind: 'answer',
    // Fetches alone leave the key: they change nothing that the device has, a lost answer is as easily asked for again, and a new
    // key would be a write. What must be new is the key of the first answer, and of what tells or does something (MS-ASCMD 2.2.3.181.4).
    syncKey: formatSyncKey(next.series, next.generation),
    changed: isNew || outcomes.length > 0,
    outcomes,
    changes: made.rendered.changes,
    moreAvailable: made.left > 0,
  };
}

function siteOf(
  session: CollectionSession,
  standing: Standing,
  request: CollectionRequest,
  snapshot: FolderSnapshot,
): CommandSite {
  const { context, folder, deviceId } = session;
  const { state } = standing.loaded;
  return {
    mailbox: context.mailbox,
    lease: context.lease,
    folder,
    snapshot,
    holding: standing.holding,
    conflict: optionsOf(request, state).conflict,
    deletesAsMoves: request.deletesAsMoves,
    occasion: [context.lease.user, deviceId, folder.id, state.series, String(standing.generation)],
    stored: standing.results,
    trash: async () => {
      const known = await context.hierarchy.ofKind('trash');
      const trash = known && (await context.hierarchy.materialize(known.id));
      if (trash) context.views.peek(trash.id)?.markStale();
      return trash?.backendId;
    },
  };
}

async function outcomesOf<T>(
  session: CollectionSession,
  request: CollectionRequest,
  renderer: Renderer<T>,
  run: CommandRun,
  snapshot: FolderSnapshot,
): Promise<CommandOutcome<T>[]> {
  const fetched = await fetchOutcomes(session, request.commands, renderer, snapshot);
  return request.commands.flatMap((_, index) => {
    const result = run.results.get(index);
    const outcome = fetched.get(index) ?? (result && outcomeOf<T>(result));
    return outcome ? [outcome] : [];
  });
}

/** Earlier results under the same key stay known; only those of this request count as told. */
function mergedResults(
  earlier: readonly StoredResult[],
  commands: CollectionRequest['commands'],
  run: CommandRun,
): StoredResult[] {
  const now = commands.flatMap((_, index) => run.results.get(index) ?? []);
  const repeated = new Set(now);
  const others = earlier.filter((result) => !repeated.has(result)).map((result) => ({ ...result, isAnswered: false }));
  return [...others, ...now.map((result) => ({ ...result, isAnswered: true }))].slice(-RESULTS_LIMIT);
}
