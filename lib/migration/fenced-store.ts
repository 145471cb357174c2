/**
 * The store that a user is copied to, as one copy may write it: nothing that an owner there has written under a higher epoch,
 * and nothing that another copy has written since it was read. A mover that stood still, while another moved the user and the
 * user is served again, can then undo nothing.
 */
import { PoolError } from '../pool/index.ts';
import { atMost, type Condition, type Item, type Store } from '../store/index.ts';
import { COPY } from './copy-items.ts';

/** `epoch`: the highest under which the source can have written. */
export function fenced(store: Store, epoch: number): Store {
  const guard = (conditions: readonly Condition[]): readonly Condition[] =>
    conditions.some((it) => it.kind === 'equals' && it.attribute !== COPY)
      ? [...conditions, atMost('epoch', epoch)]
      : conditions;
  return {
    get: (key, options) => store.get(key, options),
    query: (partition, options) => store.query(partition, options),
    scan: () => store.scan(),
    update: (key, changes, conditions = []) => store.update(key, changes, guard(conditions)),
    close: () => store.close(),
    async put(item, conditions = []) {
      const result = await store.put(item, guard(conditions));
      if (result.outcome === 'refused' && !isOf(item, result.current)) throw overtaken(item);
      return result;
    },
    async delete(key, conditions = []) {
      const result = await store.delete(key, guard(conditions));
      if (result.outcome === 'refused' && result.current !== undefined) throw overtaken(result.current);
      return result;
    },
  };
}

/** The same write, by an earlier attempt or by another copy. */
const isOf = (item: Item, current: Item | undefined): boolean =>
  current !== undefined &&
  ['version', 'writeId', 'epoch', 'status'].every((name) => current.attributes[name] === item.attributes[name]);

const overtaken = ({ key }: Item): PoolError =>
  new PoolError('move-not-possible', `The item ${key.partition} / ${key.sort} is somebody else's by now`, {
    why: 'the user was moved, or is served, by another at the same time',
    remedy: 'Look with `caravan user show` where the user is at home.',
  });
