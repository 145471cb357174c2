/** Conditions and changes in DynamoDB's expression language. Names and values are always placeholders: no word is reserved. */
import type { AttributeValue, Changes, Condition } from '../store.ts';
import { type DynamoValue, encodeName, encodeValue, PARTITION_NAME } from './encoding.ts';

/** The part of a request that bears expressions; parts that would be empty are undefined, as the service wants it. */
export interface Expressions {
  readonly ConditionExpression: string | undefined;
  readonly UpdateExpression: string | undefined;
  readonly ExpressionAttributeNames: Record<string, string> | undefined;
  readonly ExpressionAttributeValues: Record<string, DynamoValue> | undefined;
}

/** DynamoDB takes so many operands of IN. */
const OPERANDS_LIMIT = 100;
/** Of elements that are compared one by one: the service takes 300 operators an expression. */
const ELEMENTS_LIMIT = 100;

export function buildExpressions(conditions: readonly Condition[], changes: Changes = {}): Expressions {
  const names = new Map<string, string>();
  const values: Record<string, DynamoValue> = {};
  let valueCount = 0;
  const nameOf = (encoded: string): string => {
    const known = names.get(encoded);
    if (known !== undefined) return known;
    const placeholder = `#${names.size}`;
    names.set(encoded, placeholder);
    return placeholder;
  };
  const valueOf = (value: AttributeValue): string => {
    const placeholder = `:${valueCount++}`;
    values[placeholder] = encodeValue(value);
    return placeholder;
  };
  const isSame = (name: string, value: AttributeValue): string => {
    const isList = typeof value === 'object' && !(value instanceof Uint8Array) && value.length > 0;
    if (!isList || value.length > ELEMENTS_LIMIT) return `${name} = ${valueOf(value)}`;
    // dynalite finds no two lists alike.
    const elements = value.map((element, position) => `${name}[${position}] = ${valueOf(element)}`);
    return `(size(${name}) = ${valueOf(value.length)} AND ${elements.join(' AND ')})`;
  };
  const expressionOf = (condition: Condition): string => {
    if (condition.kind === 'absent') return `attribute_not_exists(${nameOf(PARTITION_NAME)})`;
    if (condition.kind === 'present') return `attribute_exists(${nameOf(PARTITION_NAME)})`;
    const name = nameOf(encodeName(condition.attribute));
    if (condition.kind === 'lacks') return `attribute_not_exists(${name})`;
    if (condition.kind === 'equals') return isSame(name, condition.value);
    // Values of different types are not comparable, and then it is false.
    if (condition.kind === 'at-most') return `${name} <= ${valueOf(condition.value)}`;
    // Nothing is one of nothing; the language has no word for false.
    if (condition.values.length === 0) return `(attribute_exists(${name}) AND attribute_not_exists(${name}))`;
    if (condition.values.some(Array.isArray)) {
      return `(${condition.values.map((value) => isSame(name, value)).join(' OR ')})`;
    }
    const operands = condition.values.map(valueOf);
    const groups: string[] = [];
    for (let at = 0; at < operands.length; at += OPERANDS_LIMIT)
      groups.push(`${name} IN (${operands.slice(at, at + OPERANDS_LIMIT).join(', ')})`);
    return `(${groups.join(' OR ')})`;
  };

  const condition = conditions.map(expressionOf).join(' AND ');
  const sets = Object.entries(changes.set ?? {}).map(
    ([name, value]) => `${nameOf(encodeName(name))} = ${valueOf(value)}`,
  );
  const removals = [...new Set(changes.remove)].map((name) => nameOf(encodeName(name)));
  const clauses = [
    ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
    ...(removals.length > 0 ? [`REMOVE ${removals.join(', ')}`] : []),
  ];
  return {
    ConditionExpression: condition || undefined,
    UpdateExpression: clauses.join(' ') || undefined,
    ExpressionAttributeNames:
      names.size > 0 ? Object.fromEntries([...names].map(([name, placeholder]) => [placeholder, name])) : undefined,
    ExpressionAttributeValues: valueCount > 0 ? values : undefined,
  };
}
