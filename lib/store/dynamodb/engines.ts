/** The stand-ins for DynamoDB that npm brings: which of them this machine has, and how they are started. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { StoreError } from '../errors.ts';

/** dynoxide: a static binary over SQLite, for Linux on x64. dynalite: JavaScript over LevelDB, for anything else. */
export type EngineName = 'dynoxide' | 'dynalite';

export interface Engine {
  readonly name: EngineName;
  /** The program and its arguments. Without a file nothing outlives the process. */
  commandOf(port: number, file: string | undefined): readonly string[];
}

const HOST = '127.0.0.1';
/** Found at run time: neither is there on every platform. */
const PROGRAMS: Readonly<Record<EngineName, string>> = {
  dynoxide: '@dynoxide/linux-x64/dynoxide',
  dynalite: 'dynalite/cli.js',
};

/** Throws StoreError('store-unavailable') if neither, or not the wanted one, is installed. */
export function findEngine(wanted?: EngineName): Engine {
  const program = (name: EngineName): string | undefined =>
    wanted === undefined || wanted === name ? resolveProgram(PROGRAMS[name]) : undefined;
  const dynoxide = program('dynoxide');
  if (dynoxide !== undefined) {
    return {
      name: 'dynoxide',
      commandOf(port, file) {
        const command = [dynoxide, '--host', HOST, '--port', String(port)];
        return file === undefined ? command : [...command, '--db-path', file];
      },
    };
  }
  const dynalite = program('dynalite');
  if (dynalite !== undefined) {
    return {
      name: 'dynalite',
      commandOf(port, file) {
        const command = [process.execPath, dynalite, '--host', HOST, '--port', String(port), '--createTableMs', '0'];
        return file === undefined ? command : [...command, '--path', file];
      },
    };
  }
  throw new StoreError('store-unavailable', 'No embedded DynamoDB can be started', {
    why: `${wanted ?? 'neither @dynoxide/linux-x64 nor dynalite'} is ${wanted ? 'not ' : ''}installed`,
    remedy:
      'Run npm ci with optional dependencies (without --omit=optional), or name a real DynamoDB in the configuration.',
  });
}

function resolveProgram(program: string): string | undefined {
  try {
    const path = createRequire(import.meta.url).resolve(program);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
