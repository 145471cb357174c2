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
