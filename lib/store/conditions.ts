import type { AttributeValue, Condition } from './store.ts';

/** The item does not exist. */
export const absent: Condition = { kind: 'absent' };
/** The item exists. */
export const present: Condition = { kind: 'present' };
/** The attribute exists and has this value. */
export const equals = (attribute: string, value: AttributeValue): Condition => ({ kind: 'equals', attribute, value });
/** The attribute exists and has one of these values. */
export const oneOf = (attribute: string, values: readonly AttributeValue[]): Condition => ({
  kind: 'one-of',
  attribute,
  values,
});
/** The item does not have the attribute, or does not exist. */
export const lacks = (attribute: string): Condition => ({ kind: 'lacks', attribute });
/** The attribute exists and is a number not above this one. */
export const atMost = (attribute: string, value: number): Condition => ({ kind: 'at-most', attribute, value });
