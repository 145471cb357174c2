/** A user's out-of-office replies, kept by a Sieve server beside the user's own script. */
import type { AutoReply } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { ManageSieve, type ManageSieveOptions } from './manage-sieve.ts';
import {
  NEEDED_EXTENSIONS,
  readVacationScript,
  type VacationOwner,
  type VacationScript,
  writeVacationScript,
} from './vacation-script.ts';

/** What our script is called among the user's. */
export const SCRIPT_NAME = 'caravan';
const OFF: AutoReply = { state: 'off' };

/** Off, where our script is not the active one, with the messages as they were last set. */
export function readAutoReply(options: ManageSieveOptions): Promise<AutoReply> {
  return ManageSieve.use(options, async (sieve) => {
    const { ours, isOurs } = await standing(sieve);
    if (ours === undefined) return OFF;
    return isOurs ? ours.reply : { ...ours.reply, state: 'off' };
  });
}

/** Throws BackendError('unsupported') where the server's Sieve lacks what it takes. */
export function writeAutoReply(options: ManageSieveOptions, owner: VacationOwner, reply: AutoReply): Promise<void> {
  return ManageSieve.use(options, async (sieve) => {
    const { ours, isOurs, active } = await standing(sieve);
    const included = isOurs ? (ours?.included ?? '') : active;
    const needed = [...(reply.state === 'off' ? [] : NEEDED_EXTENSIONS), ...(included === '' ? [] : ['include'])];
    const missing = needed.filter((it) => !sieve.has(it));
    if (missing.length > 0) {
      throw new BackendError('unsupported', "The server's Sieve cannot send out-of-office replies", {
        why: `it lacks ${missing.join(', ')}`,
        remedy: 'Enable these extensions on the Sieve server.',
      });
    }
    await sieve.put(SCRIPT_NAME, writeVacationScript({ reply, included }, owner));
    if (!isOurs) await sieve.activate(SCRIPT_NAME);
  });
}

interface Standing {
  readonly ours: VacationScript | undefined;
  readonly isOurs: boolean;
  /** The user's own active script; '' for none. */
  readonly active: string;
}

async function standing(sieve: ManageSieve): Promise<Standing> {
  const scripts = await sieve.scripts();
  const active = scripts.find((it) => it.isActive)?.name ?? '';
  const isKept = scripts.some((it) => it.name === SCRIPT_NAME);
  const ours = isKept ? readVacationScript(await sieve.script(SCRIPT_NAME)) : undefined;
  const isOurs = active === SCRIPT_NAME;
  return { ours, isOurs, active: isOurs ? '' : active };
}
