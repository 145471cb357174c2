/** Who writes to whom in the seeded mailboxes. All domains are reserved for examples (RFC 2606). */

/** The users of a seeded system, with passwords that are no secret. */
export const DEMO_USERS = [
  { name: 'ada', displayName: 'Ada Nowak', address: 'ada@example.org', password: 'ada-pass' },
  { name: 'bob', displayName: 'Bob Meyer', address: 'bob@example.org', password: 'bob-pass' },
] as const;

export const PEOPLE = {
  ada: 'Ada Nowak <ada@example.org>',
  bob: 'Bob Meyer <bob@example.org>',
  carol: 'Carol Diaz <carol@partner.example>',
  dave: '"Okafor, Dave" <dave.okafor@supplier.example>',
  erika: 'Erika Müller <erika.mueller@beispiel.example>',
  tanaka: '田中 陽子 <tanaka@nihon.example>',
  olga: 'Ольга Иванова <olga@primer.example>',
  gazette: 'The Morning Gazette <news@gazette.example>',
  builds: 'Build server <builds@ci.example>',
  cloud: 'Cloud billing <billing@cloud.example>',
  rail: 'Northern Rail <tickets@rail.example>',
  prize: 'Prize department <winner@lottery.example>',
} as const;

export type Person = keyof typeof PEOPLE;
