/** The settings of a file's schema as a list: for errors that say what was expected, and for the documentation. */
import type { z } from 'zod';
import type { SettingMeta } from './setting.ts';

export interface SchemaSetting extends SettingMeta {
  /** `pools[].size.min`: `[]` stands for each of a list. */
  readonly key: string;
  readonly defaultValue?: unknown;
  readonly isOptional: boolean;
  /** Its section may be left out as a whole. */
  readonly isInOptionalSection: boolean;
}

type Definition =
  | { readonly type: 'object'; readonly shape: Record<string, z.ZodType> }
  | { readonly type: 'array'; readonly element: z.ZodType }
  | {
      readonly type: 'optional' | 'default' | 'prefault';
      readonly innerType: z.ZodType;
      readonly defaultValue?: unknown;
    };

/** In the order of the schema. */
export function schemaSettings(schema: z.ZodType): readonly SchemaSetting[] {
  return [...walk(schema, '', false)];
}

function* walk(schema: z.ZodType, key: string, isInOptionalSection: boolean): Iterable<SchemaSetting> {
  const meta = schema.meta() as unknown as SettingMeta | undefined;
  const def = (schema as unknown as { def: Definition }).def;
  if (meta?.kind !== undefined) {
    yield {
      ...meta,
      key,
      isOptional: def.type === 'optional',
      isInOptionalSection,
      ...(def.type === 'default' && { defaultValue: def.defaultValue }),
    };
  }
  yield* walkInner(def, key, isInOptionalSection);
}

function* walkInner(def: Definition, key: string, isInOptionalSection: boolean): Iterable<SchemaSetting> {
  if (def.type === 'object') {
    for (const [name, inner] of Object.entries(def.shape))
      yield* walk(inner, key === '' ? name : `${key}.${name}`, isInOptionalSection);
  } else if (def.type === 'array' && hasShape(def.element)) {
    yield* walk(def.element, `${key}[]`, isInOptionalSection);
  } else if ('innerType' in def) {
    const isOptional = isInOptionalSection || def.type === 'optional';
    // The setting itself has been told of: only what is within.
    yield* walkInner((def.innerType as unknown as { def: Definition }).def, key, isOptional);
  }
}

const hasShape = (schema: z.ZodType): boolean => (schema as unknown as { def: Definition }).def.type === 'object';
