// What a standalone server that joins or leaves a pool says to whoever asks it for what it cannot do now.
import { MigrationError } from '../errors.ts';
import type { Order } from './order.ts';

export const noOrder = (): MigrationError =>
  new MigrationError('no-join', 'This server neither joins nor leaves a pool', {
    remedy: 'Begin with `caravan join --pool FILE` or `caravan leave --pool FILE`.',
  });

export const underWay = ({ direction, phase, file }: Order): MigrationError =>
  new MigrationError('join-under-way', `A ${direction} is ${phase === 'running' ? 'under way' : phase}`, {
    why: `it was begun with ${file}`,
    remedy: 'Wait for it (`caravan join --status`), or take it back with `caravan join --undo`.',
  });

export const notUp = ({ file }: Order, problem: string | undefined): MigrationError =>
  new MigrationError('pool-not-up', 'The pool cannot be used now', {
    why: problem ?? 'it has not been reached yet',
    remedy: `It is tried again by itself. Check what ${file} says; \`caravan join --status\` tells when it is there.`,
  });

export const finished = (): MigrationError =>
  new MigrationError('join-finished', 'The join is finished and cannot be taken back', {
    why: 'what this server had of its users was removed',
    remedy: 'Use `caravan leave` with a server and a database of their own.',
  });

export const otherName = ({ direction, standalone }: Order): MigrationError =>
  new MigrationError('join-under-way', `A ${direction} was begun by another name`, {
    why: `this server is ${standalone} in the pool`,
    remedy: `Give --name ${standalone}, or take it back first with \`caravan join --undo\`.`,
  });

export const finishedWithout = (): MigrationError =>
  new MigrationError('join-finished', 'The join is finished, and nobody else goes by it', {
    why: 'what this server had of those who went was removed, and it is not to be taken back',
    remedy: 'Whoever is left is served here.',
  });

export const goneAlready = ({ direction }: Order, users: readonly string[]): MigrationError =>
  new MigrationError('join-under-way', `The ${direction} goes on as before`, {
    why: `who is to stay here is the pool's already: ${users.join(', ')}`,
    remedy: 'Leave them out of --skip, or bring everybody back with `caravan join --undo`.',
  });

/** Before anything is copied. */
export const notJoinable = (
  code: ConstructorParameters<typeof MigrationError>[0],
  pool: string,
  why: string,
  { remedy }: { remedy: string },
): MigrationError => new MigrationError(code, `The pool ${pool} cannot be joined`, { why, remedy });
