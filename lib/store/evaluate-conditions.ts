import type { Attributes, AttributeValue, Condition } from './store.ts';

/** Whether every condition holds for an item's attributes; `undefined` is an item that does not exist. */
export function conditionsHold(conditions: readonly Condition[], attributes: Attributes | undefined): boolean {
  return conditions.every((condition) => conditionHolds(condition, attributes));
}

function conditionHolds(condition: Condition, attributes: Attributes | undefined): boolean {
  if (condition.kind === 'absent') return attributes === undefined;
  if (condition.kind === 'present') return attributes !== undefined;
  const actual = valueOf(attributes, condition.attribute);
  if (condition.kind === 'lacks') return actual === undefined;
  if (condition.kind === 'equals') return isSame(actual, condition.value);
  if (condition.kind === 'one-of') return condition.values.some((value) => isSame(actual, value));
  return typeof actual === 'number' && actual <= condition.value;
}

/** Own attributes only: an attribute may be called `constructor`. */
function valueOf(attributes: Attributes | undefined, name: string): AttributeValue | undefined {
  return attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

/** Equal in type and value: 1 is not '1'. */
function isSame(left: AttributeValue | undefined, right: AttributeValue): boolean {
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (!Array.isArray(left)) return left === right;
  return (
    Array.isArray(right) &&
    left.length === right.length &&
    left.every((element, position) => element === right[position])
  );
}
