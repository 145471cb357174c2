/** A secret that is made once and kept, readable by nobody else. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Random, reasonOf } from '../../platform/index.ts';
import { PoolError } from '../errors.ts';

const BYTES = 32;

/** Throws PoolError('cannot-keep'). */
export function keepSecret(file: string, random: Random): void {
  try {
    if (hasContent(file)) return;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${Buffer.from(random.bytes(BYTES)).toString('base64')}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new PoolError('cannot-keep', `The pool cannot keep its secrets in ${file}`, {
      why: reasonOf(cause),
      remedy: 'Choose a directory that you may write to.',
      cause,
    });
  }
}

function hasContent(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() !== '';
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw cause;
  }
}
