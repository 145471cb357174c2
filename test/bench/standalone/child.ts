/** Starts a program of the bench's in a process of its own and hears its first message. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** `program`: a file of this folder. */
export function forkProgram(program: string, ...args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, program), args, { stdio: 'inherit' });
}

export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a program of the bench ended with ${code}`);
    }),
  ])) as [T];
  return message;
}
