/** What folders are for, by number (MS-ASCMD 2.2.3.186.3). */
export const FolderType = {
  userGeneric: 1,
  inbox: 2,
  drafts: 3,
  deletedItems: 4,
  sentItems: 5,
  outbox: 6,
  tasks: 7,
  calendar: 8,
  contacts: 9,
  notes: 10,
  journal: 11,
  userMail: 12,
  userCalendar: 13,
  userContacts: 14,
  userTasks: 15,
  userJournal: 16,
  userNotes: 17,
  unknown: 18,
  recipientInformation: 19,
} as const;

const CLASSES: readonly (readonly [name: string, types: readonly number[]])[] = [
  ['Email', [1, 2, 3, 4, 5, 6, 12]],
  ['Tasks', [7, 15]],
  ['Calendar', [8, 13]],
  ['Contacts', [9, 14]],
  ['Notes', [10, 17]],
];

/** 'Email', 'Calendar', 'Contacts', 'Tasks', 'Notes'; undefined for what is not synced. */
export const classOfFolder = (type: number): string | undefined =>
  CLASSES.find(([, types]) => types.includes(type))?.[0];
