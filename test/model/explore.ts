/**
 * Explores every state that a model can reach, breadth first, up to symmetry. A state is a few bytes; two states that differ
 * only in the names of servers or users are one. The first violation found has the shortest history that leads to one.
 */
import { FoundStates } from './found-states.ts';

export type State = Uint8Array;

export interface Step {
  /** Made only when somebody reads it. */
  readonly label: () => string;
  readonly state: State;
  /** A crash, a pause, a lost message: something that need not happen. */
  readonly isFault: boolean;
}

export interface Model {
  readonly initial: State;
  /** What may happen next. Whoever keeps a state of it until the model is asked again copies it. */
  next(state: State): readonly Step[];
  /** The one state that stands for all that are like it. Whoever keeps it copies it. */
  canonical(state: State): State;
  violation(state: State): string | undefined;
  /** Users are served. From every state one like it must be in reach without further faults. */
  isServed(state: State): boolean;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly violation: { readonly what: string; readonly trace: readonly string[] } | undefined;
  /** The most steps from any state to one in which users are served; undefined if from some state none is in reach. */
  readonly furthestFromServed: number | undefined;
}

export interface ExploreOptions {
  readonly statesLimit: number;
  /** Liveness asks for all transitions to be kept. Default true. */
  readonly isLivenessChecked?: boolean;
}

export function explore(model: Model, { statesLimit, isLivenessChecked = true }: ExploreOptions): Exploration {
  const found = new FoundStates(model.initial.length);
  const parents: number[] = [];
  const edges: number[] = [];
  let transitions = 0;
  const visit = (state: State, parent: number): number => {
    const { count } = found;
    const number = found.add(model.canonical(state));
    if (number === count) parents.push(parent);
    return number;
  };
  const ended = (at: number, what: string): Exploration => ({
    states: found.count,
    transitions,
    violation: { what, trace: traceTo(model, at, found, parents) },
    furthestFromServed: undefined,
  });
  visit(model.initial, -1);
  for (let at = 0; at < found.count; at++) {
    const state = found.at(at);
    const wrong = model.violation(state);
    if (wrong !== undefined) return ended(at, wrong);
    if (found.count > statesLimit) throw new Error(`The model has more than ${statesLimit} states`);
    for (const step of model.next(state)) {
      transitions += 1;
      const to = visit(step.state, at);
      if (isLivenessChecked && !step.isFault) edges.push(at, to);
    }
  }
  if (!isLivenessChecked) return { states: found.count, transitions, violation: undefined, furthestFromServed: 0 };
  const distances = distancesToServed(model, found, edges);
  const stuck = distances.indexOf(-1);
  if (stuck >= 0) return ended(stuck, 'nobody can be served any more');
  let furthestFromServed = 0;
  for (const distance of distances) furthestFromServed = Math.max(furthestFromServed, distance);
  return { states: found.count, transitions, violation: undefined, furthestFromServed };
}

/** Backwards from all served states; −1 where none is in reach. */
function distancesToServed(model: Model, found: FoundStates, edges: readonly number[]): Int32Array {
  const starts = new Int32Array(found.count + 1);
  for (let edge = 1; edge < edges.length; edge += 2) starts[(edges[edge] as number) + 1]! += 1;
  for (let state = 0; state < found.count; state++) starts[state + 1]! += starts[state] as number;
  const filled = starts.slice();
  const sources = new Int32Array(edges.length / 2);
  for (let edge = 0; edge < edges.length; edge += 2)
    sources[filled[edges[edge + 1] as number]!++] = edges[edge] as number;
  const distances = new Int32Array(found.count).fill(-1);
  const queue: number[] = [];
  for (let index = 0; index < found.count; index++) {
    if (!model.isServed(found.at(index))) continue;
    distances[index] = 0;
    queue.push(index);
  }
  for (let position = 0; position < queue.length; position++) {
    const to = queue[position] as number;
    for (let source = starts[to] as number; source < (starts[to + 1] as number); source++) {
      const from = sources[source] as number;
      if (distances[from] !== -1) continue;
      distances[from] = (distances[to] as number) + 1;
      queue.push(from);
    }
  }
  return distances;
}

/** The labels of the way there, walked again from the beginning so that every server keeps its name. */
function traceTo(model: Model, at: number, found: FoundStates, parents: readonly number[]): string[] {
  const path: number[] = [];
  for (let index = at; index > 0; index = parents[index] as number) path.unshift(index);
  const labels: string[] = [];
  let state = model.initial;
  for (const index of path) {
    const step = model.next(state).find((it) => found.add(model.canonical(it.state)) === index);
    if (step === undefined) throw new Error('The model is not symmetric: a step of the trace is missing');
    labels.push(step.label());
    state = step.state.slice();
  }
  return labels;
}
