/**
 * The ordinary course of a Sync (rule 2): carry out the commands, compare, fetch and render, store the next generation, and
 * only then answer.
 */
import type { CollectionAnswer, CommandOutcome } from '../collection-answer.ts';
import type { CollectionRequest } from '../collection-request.ts';
import { formatServerId } from '../server-id.ts';
import type { Renderer } from '../sync.ts';
import { formatSyncKey } from '../sync-key.ts';
import { type CommandSite, outcomeOf } from './client-commands.ts';
import { type CollectionSession, look, scopeOf, skippedUntil } from './collection-session.ts';
import {
  type CollectionState,
  optionsText,
  renderingText,
  type SkippedItem,
  type StoredResult,
  withEffects,
} from './collection-state.ts';
import type { LoadedState } from './collection-states.ts';
import { sizeOfDelta } from './delta.ts';
import { countOf, differencesOf, NO_DIFFERENCES, windowOf } from './differences.ts';
import { fetchOutcomes, fetcherOf } from './fetch-items.ts';
import { cutOffOf } from './filter.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';
import type { Holding } from './holding.ts';
import { prefetchNext } from './prefetch-next.ts';
import { type Rendered, renderWindow } from './rendering.ts';
import { type CommandRun, runCommands } from './run-commands.ts';

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
/** Looks again after a window of which nothing was left to send. */
const ATTEMPTS = 4;

export async function advance<T>(
  session: CollectionSession,
  standing: Standing,
  request: CollectionRequest,
  renderer: Renderer<T>,
): Promise<CollectionAnswer<T>> {
  const { context } = session;
  const { state } = standing.loaded;
  const options = request.options ?? state.options;
  const cutOff = cutOffOf(options.filterDays, context.clock.now());
  const reach = Math.min(cutOff, state.reach);
  const before = await look(session, reach);
  const commands = request.commands;
  const run = await runCommands(siteOf(session, standing, request, before), commands);
  if (run.hasEffects) session.view.markStale();

  const made = await makeWindow(session, standing, request, renderer, run, cutOff, reach);
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
  if (made.left > 0) prefetchNext(session, loaded, renderer, request.windowSize, made.snapshot);
  return {
    kind: 'answer',
    syncKey: formatSyncKey(next.series, next.generation),
    changed: isNew || outcomes.length > 0,
    outcomes,
    changes: made.rendered.changes,
    moreAvailable: made.left > 0,
  };
}

interface Made<T> {
  readonly snapshot: FolderSnapshot;
  readonly rendered: Rendered<T>;
  readonly left: number;
  readonly skipped: readonly SkippedItem[];
}

async function makeWindow<T>(
  session: CollectionSession,
  standing: Standing,
  request: CollectionRequest,
  renderer: Renderer<T>,
  run: CommandRun,
  cutOff: number,
  reach: number,
): Promise<Made<T>> {
  const limit = Math.min(request.windowSize, standing.windowLimit ?? request.windowSize);
  const rendering = renderingText(request.options ?? standing.loaded.state.options);
  let skipped = standing.skipped;
  for (let attempt = 1; ; attempt++) {
    const snapshot = await look(session, reach);
    skipped = stillSkipped(skipped, snapshot, session.context.clock.now());
    const holding = withEffects(standing.holding.underMark(snapshot.mark), [...run.results.values()]);
    const differences = request.getChanges
      ? differencesOf(holding, snapshot, scopeOf(session, cutOff, skipped, snapshot.mark))
      : NO_DIFFERENCES;
    const window = windowOf(differences, limit);
    const fetch = fetcherOf(session, snapshot.mark, renderer, rendering);
    const rendered = await renderWindow(session.folder.id, snapshot.mark, window, holding, renderer, fetch);
    for (const { uid, flags, error } of rendered.poisoned) {
      const serverId = formatServerId(session.folder.id, snapshot.mark, uid);
      await session.context.poison.record({ deviceId: session.deviceId, serverId, cause: 'not-rendered', error });
      const until = session.context.clock.now() + session.context.settings.poisonRetryMs;
      skipped = [...skipped, { mark: snapshot.mark, uid, flags, until }];
    }
    if (rendered.gone > 0) session.view.markStale();
    if (rendered.unfounded > 0) session.view.startOver();
    const isFruitless = countOf(window) > 0 && sizeOfDelta(rendered.delta) === 0;
    if (!isFruitless || attempt === ATTEMPTS) return { snapshot, rendered, left: window.left, skipped };
  }
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
    conflict: (request.options ?? state.options).conflict,
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

/** Without those whose time has come or whose message changed or went; the same list if all stay. */
function stillSkipped(skipped: readonly SkippedItem[], snapshot: FolderSnapshot, now: number): readonly SkippedItem[] {
  const still = skipped.filter(
    (item) => item.until > now && item.mark === snapshot.mark && snapshot.flagTextOf(item.uid) === item.flags,
  );
  return still.length === skipped.length ? skipped : still;
}
