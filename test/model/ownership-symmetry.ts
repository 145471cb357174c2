/** States that differ only in the names of servers, users and late messages are one: which one. */
import type { State } from './explore.ts';
import {
  at,
  INCARNATIONS,
  KIND,
  LATE,
  LEFT_BYTES,
  type Layout,
  MESSAGE,
  MESSAGE_BYTES,
  namedBy,
  SERVER_BYTES,
  serverAt,
  serverOf,
  SERVERS,
  USER,
  USER_BYTES,
  userAt,
  WORK,
  WORK_BYTES,
} from './ownership-layout.ts';
import { allOrders } from './orders.ts';

/**
 * One of all the states that differ only in names. Servers are put in the order of what can be said of each without a
 * name; among those of which the same is said, and among users, the smallest state of all orders is it.
 */
export function canonicalOf(layout: Layout, state: State): State {
  const { users } = layout;
  const peoples = allOrders(users);
  let best: State | undefined;
  for (const people of peoples) {
    const marks = Array.from({ length: SERVERS }, (_, server) => markOf(layout, state, server, people));
    for (const order of orders) {
      // order[new] is the old number.
      if (marks[order[0]!]! > marks[order[1]!]! || marks[order[1]!]! > marks[order[2]!]!) continue;
      const servers = [order.indexOf(0), order.indexOf(1), order.indexOf(2)];
      const renamed = rename(layout, state, servers, people);
      if (best === undefined || Buffer.compare(renamed, best) < 0) best = renamed;
    }
  }
  return best as State;
}

const orders = allOrders(SERVERS);

function markOf({ users, workAt }: Layout, state: State, server: number, people: readonly number[]): string {
  let mark = '';
  for (let byte = 0; byte < SERVER_BYTES; byte++) mark += String.fromCharCode(at(state, serverAt(server) + byte));
  for (let place = 0; place < users; place++) {
    const user = people.indexOf(place);
    const owner = at(state, userAt(user) + USER.owner);
    mark += String.fromCharCode(owner > 0 && serverOf(owner) === server ? 1 + ((owner - 1) % INCARNATIONS) : 0);
    const work = workAt(server, user);
    const op = at(state, work + WORK.op);
    const named = namedBy(op);
    for (let byte = 0; byte < WORK_BYTES; byte++)
      mark += String.fromCharCode(byte === named ? 0 : at(state, work + byte));
  }
  return mark;
}

/** `servers[old]` is the new number. */
function rename(
  { users, bytes, workAt, lateAt }: Layout,
  state: State,
  servers: readonly number[],
  people: readonly number[],
): State {
  const to = new Uint8Array(bytes);
  to.set(state.subarray(0, LEFT_BYTES));
  const session = (old: number): number =>
    old === 0 ? 0 : 1 + (servers[serverOf(old)] as number) * INCARNATIONS + ((old - 1) % INCARNATIONS);
  for (let server = 0; server < SERVERS; server++) {
    const target = servers[server] as number;
    to.set(state.subarray(serverAt(server), serverAt(server) + SERVER_BYTES), serverAt(target));
    for (let user = 0; user < users; user++) {
      const from = workAt(server, user);
      const work = workAt(target, people[user] as number);
      to.set(state.subarray(from, from + WORK_BYTES), work);
      const named = namedBy(at(to, work + WORK.op));
      if (named !== undefined) to[work + named] = session(at(to, work + named));
    }
  }
  for (let user = 0; user < users; user++) {
    const own = userAt(people[user] as number);
    to.set(state.subarray(userAt(user), userAt(user) + USER_BYTES), own);
    to[own + USER.owner] = session(at(to, own + USER.owner));
  }
  const messages: State[] = [];
  for (let slot = 0; slot < LATE; slot++) {
    const message = state.slice(lateAt(slot), lateAt(slot) + MESSAGE_BYTES);
    if (message[MESSAGE.kind] !== KIND.none) {
      message[MESSAGE.user] = people[at(message, MESSAGE.user)] as number;
      message[MESSAGE.session] = session(at(message, MESSAGE.session));
      if (message[MESSAGE.kind] === KIND.succession) message[MESSAGE.b] = session(at(message, MESSAGE.b));
    }
    messages.push(message);
  }
  messages.sort((one, other) => Buffer.compare(other, one));
  for (const [slot, message] of messages.entries()) to.set(message, lateAt(slot));
  return to;
}
