/** The corpus: inputs that were hostile to somebody once, or look like it. A folder or a list of lines each kind. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', 'corpus');

/** Files of a folder, as they are. */
export function corpusFiles(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(join(ROOT, folder)).sort();
  return new Map(files.map((name) => [name, readFileSync(join(ROOT, folder, name))]));
}

/** Lines of a list; those that begin with `# ` and empty ones are none. `\xHH` is a byte, `{n}` after one repeats it n times. */
export function corpusLines(list: string): readonly string[] {
  return readFileSync(join(ROOT, list), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) =>
      line
        .replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
        .replace(/(.)\{(\d+)\}/g, (_, unit: string, count: string) => unit.repeat(Number(count))),
    );
}

/** Bytes written as hexadecimal digits; what follows a `;` is a remark, `(…)*n` is repeated. */
export function fromHex(text: string): Buffer {
  const digits = text
    .replace(/;.*$/gm, '')
    .replace(/\(([0-9a-f]*)\)\*(\d+)/g, (_, unit: string, count: string) => unit.repeat(Number(count)))
    .replace(/\s+/g, '');
  return Buffer.from(digits, 'hex');
}
