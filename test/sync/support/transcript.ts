/** Answers as short lines. */
import type { Answer } from './phone.ts';

export function told(answer: Answer): string[] {
  return answer.changes.map(({ kind, serverId }) => `${kind} ${serverId}`);
}
