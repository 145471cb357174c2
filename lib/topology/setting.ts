// The kinds of settings there are. Each makes a zod schema that also knows how to be told of, in errors and in the documentation.
import { z } from 'zod';

export type SettingKind = 'text' | 'path' | 'number' | 'boolean' | 'choice' | 'list' | 'sections';

/** What a setting's schema bears as its metadata. */
export interface SettingMeta {
  readonly kind: SettingKind;
  /** Ends the sentence 'expected …'. */
  readonly expected: string;
  /** What it does, in a sentence or more; Markdown. */
  readonly about: string;
  /** Never shown, and never taken from the command line, where other users of the machine would see it. */
  readonly isSecret?: boolean;
  /** What may stand in each of the sections. */
  readonly names?: readonly string[];
  /** What holds where the setting is left out, if that is not a plain value. */
  readonly otherwise?: string;
}

interface Told {
  readonly about: string;
  /** Where the default is not a plain value: `the host of mail.host`. */
  readonly otherwise?: string;
}

const meta = <Schema extends z.ZodType>(schema: Schema, details: SettingMeta): Schema => schema.meta({ ...details });

const detailsOf = (kind: SettingKind, expected: string, { about, otherwise }: Told): SettingMeta => ({
  kind,
  expected,
  about,
  ...(otherwise !== undefined && { otherwise }),
});

/** Text that is not empty. */
export const text = (told: Told & { readonly expected?: string; readonly matches?: RegExp }) => {
  const schema = z.string().min(1);
  return meta(told.matches ? schema.regex(told.matches) : schema, detailsOf('text', told.expected ?? 'text', told));
};

/** A file or directory; relative ones begin where they were written: at the configuration file, or at the working directory. */
export const path = (told: Told & { readonly of: 'file' | 'directory' }) =>
  meta(z.string().min(1), detailsOf('path', `the path of a ${told.of}`, told));

/** A password, which may also be given by `path` in the setting `…File`. */
export const secret = (told: Told) =>
  meta(z.string().min(1), { ...detailsOf('text', 'text that is not empty', told), isSecret: true });

/** A whole number of some unit, bounds included. */
export const whole = (told: Told & { readonly least: number; readonly most: number; readonly unit?: string }) => {
  const unit = told.unit === undefined ? '' : ` of ${told.unit}`;
  return meta(
    z.int().min(told.least).max(told.most),
    detailsOf('number', `a whole number${unit} from ${told.least} to ${told.most}`, told),
  );
};

/** A number that need not be whole, bounds included. */
export const decimal = (told: Told & { readonly least: number; readonly most: number; readonly unit?: string }) => {
  const unit = told.unit === undefined ? '' : ` of ${told.unit}`;
  return meta(
    z.number().min(told.least).max(told.most),
    detailsOf('number', `a number${unit} from ${told.least} to ${told.most}`, told),
  );
};

/** A code. */
export const oneNumber = (values: readonly number[], told: Told) =>
  meta(z.literal(values), detailsOf('number', `one of ${values.join(', ')}`, told));

export const yesOrNo = (told: Told) => meta(z.boolean(), detailsOf('boolean', 'true or false', told));

export const choice = <const Value extends string>(values: readonly [Value, ...Value[]], told: Told) =>
  meta(z.enum(values), detailsOf('choice', `one of ${values.map((value) => `'${value}'`).join(', ')}`, told));

/** In the environment and in flags its elements are parted by commas. */
export const list = (told: Told & { readonly of: string }) =>
  meta(z.array(z.string().min(1)), detailsOf('list', `a list of ${told.of}`, told));

/** A list of sections; by file only. */
export const sections = <Shape extends z.ZodRawShape>(shape: Shape, told: Told) => {
  const names = Object.keys(shape);
  const details = detailsOf('sections', `a list of sections with ${names.join(', ')}`, told);
  return meta(z.array(z.strictObject(shape)), { ...details, names });
};

/** A default that keeps the setting's metadata. */
export const withDefault = <Schema extends z.ZodType>(schema: Schema, value: z.output<Schema>) =>
  schema.default(value as never).meta({ ...(schema.meta() as object) });

/** A setting that may be left out. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.optional().meta({ ...(schema.meta() as object) });

/** A section in which every setting has a default. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).prefault({} as never);
