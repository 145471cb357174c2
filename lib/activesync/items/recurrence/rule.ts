/** RRULE (RFC 5545 section 3.3.10, RFC 7529) taken apart: lenient, since one part that nobody knows does not spoil the others. */

export const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;

export interface Rule {
  /** Upper case. */
  readonly frequency: string;
  /** 1 or more. */
  readonly interval: number;
  readonly count: number | undefined;
  /** As written: `20260401`, `20260401T080000Z`. */
  readonly until: string | undefined;
  /** 0 is Sunday; undefined: Monday, by default. */
  readonly weekStart: number | undefined;
  /** `RSCALE`, in upper case; undefined: Gregorian. */
  readonly scale: string | undefined;
  /** Of a part such as BYDAY; empty without one. */
  readonly by: (part: string) => readonly string[];
  /** Names of all BY parts. */
  readonly parts: readonly string[];
}

/** Undefined if it has no frequency. */
export function readRule(text: string): Rule | undefined {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    if (at > 0)
      parts.set(
        part.slice(0, at).trim().toUpperCase(),
        part
          .slice(at + 1)
          .trim()
          .toUpperCase(),
      );
  }
  const frequency = parts.get('FREQ');
  if (!frequency) return undefined;
  const whole = (name: string): number | undefined => {
    const value = parts.get(name) ?? '';
    return /^\d{1,9}$/.test(value) && Number(value) > 0 ? Number(value) : undefined;
  };
  const weekStart = WEEKDAYS.indexOf((parts.get('WKST') ?? '') as 'SU');
  return {
    frequency,
    interval: whole('INTERVAL') ?? 1,
    count: whole('COUNT'),
    until: /^\d{8}(?:T\d{6}Z?)?$/.test(parts.get('UNTIL') ?? '') ? parts.get('UNTIL') : undefined,
    weekStart: weekStart < 0 ? undefined : weekStart,
    scale: parts.get('RSCALE') === 'GREGORIAN' ? undefined : parts.get('RSCALE'),
    by: (part) => parts.get(part)?.split(',') ?? [],
    parts: [...parts.keys()].filter((it) => it.startsWith('BY')),
  };
}
