/** The settings of the schema as a list: for the environment's and the flags' names, for errors, for the documentation. */
import type { z } from 'zod';
import { configurationSchema } from './configuration.ts';
import { mailKind } from './sections/mail.ts';
import type { SettingMeta } from './setting.ts';

export interface Setting extends SettingMeta {
  /** `listen.port` */
  readonly key: string;
  /** `CARAVAN_LISTEN_PORT` */
  readonly variable: string;
  /** `listen-port` */
  readonly flag: string;
  readonly defaultValue?: unknown;
  readonly isOptional: boolean;
  /** Its section may be left out; once anything of it is set, the settings that are not optional must be. */
  readonly isInOptionalSection: boolean;
  /** The kind of mail system that it belongs to, if to one alone. */
  readonly mailKind?: string;
}

interface Position {
  readonly path: readonly string[];
  readonly isOptional: boolean;
  readonly mailKind?: string;
}

/** In the order of the schema; a setting of both kinds of mail system comes once. */
export function allSettings(): readonly Setting[] {
  const settings = new Map<string, Setting>();
  for (const setting of walk(configurationSchema, { path: [], isOptional: false })) {
    const other = settings.get(setting.key);
    settings.set(setting.key, other ? { ...other, mailKind: undefined } : setting);
  }
  return [...settings.values()];
}

function* walk(schema: z.core.$ZodType, at: Position): Iterable<Setting> {
  const meta = (schema as z.ZodType).meta() as unknown as Partial<SettingMeta> | undefined;
  if (meta?.kind !== undefined) {
    yield settingOf(schema, meta as SettingMeta, at);
    return;
  }
  const { def } = schema._zod as unknown as { def: Definition };
  if (def.type === 'object') {
    for (const [name, inner] of Object.entries(def.shape)) yield* walk(inner, { ...at, path: [...at.path, name] });
  } else if (def.type === 'union') {
    yield* walkUnion(def, at);
  } else if ('innerType' in def) {
    yield* walk(def.innerType, { ...at, isOptional: at.isOptional || def.type === 'optional' });
  }
}

type Definition =
  | { readonly type: 'object'; readonly shape: Record<string, z.core.$ZodType> }
  | { readonly type: 'union'; readonly options: readonly z.core.$ZodType[]; readonly discriminator?: string }
  | {
      readonly type: 'optional' | 'default' | 'prefault';
      readonly innerType: z.core.$ZodType;
      readonly defaultValue?: unknown;
    };

function* walkUnion(def: Extract<Definition, { type: 'union' }>, at: Position): Iterable<Setting> {
  if (def.discriminator !== undefined) yield* walk(mailKind, { ...at, path: [...at.path, def.discriminator] });
  for (const option of def.options) {
    const kind = def.discriminator === undefined ? undefined : kindOf(option, def.discriminator);
    yield* walk(option, kind === undefined ? at : { ...at, mailKind: kind });
  }
}

function kindOf(option: z.core.$ZodType, discriminator: string): string | undefined {
  const shape = (option._zod as unknown as { def: { shape: Record<string, z.ZodLiteral> } }).def.shape;
  return String(shape[discriminator]?.value);
}

function settingOf(schema: z.core.$ZodType, meta: SettingMeta, at: Position): Setting {
  const { def } = schema._zod as unknown as { def: Definition };
  const words = at.path.map((name) =>
    name.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase(),
  );
  return {
    kind: meta.kind,
    expected: meta.expected,
    about: meta.about,
    ...(meta.isSecret && { isSecret: true }),
    ...(meta.names && { names: meta.names }),
    ...(meta.otherwise !== undefined && { otherwise: meta.otherwise }),
    key: at.path.join('.'),
    variable: `CARAVAN_${words.join('_').replaceAll('-', '_').toUpperCase()}`,
    flag: words.join('-'),
    isOptional: def.type === 'optional',
    isInOptionalSection: at.isOptional,
    ...(def.type === 'default' && { defaultValue: def.defaultValue }),
    ...(at.mailKind !== undefined && { mailKind: at.mailKind }),
  };
}
