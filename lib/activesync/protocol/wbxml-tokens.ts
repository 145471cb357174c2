/** What the reader and the writer of WBXML both know: the header, the global tokens, and tags by page and token. */
import { CODE_PAGES, type TagName } from './code-pages.ts';

/** WBXML 1.3, public identifier unknown, UTF-8, no string table: the only header that MS-ASWBXML knows. */
export const WBXML_HEADER = [0x03, 0x01, 0x6a, 0x00] as const;

export const SWITCH_PAGE = 0x00;
export const END = 0x01;
export const STR_I = 0x03;
export const OPAQUE = 0xc3;

/** Set on a tag that has content, and on one that has attributes. */
export const HAS_CONTENT = 0x40;
export const HAS_ATTRIBUTES = 0x80;
export const TOKEN_MASK = 0x3f;
/** Tokens below are global: the same on every page, whatever their two upper bits. */
export const FIRST_TAG_TOKEN = 0x05;

/** AirNotify: retired, read and ignored. */
const RETIRED_PAGE = 3;
export const LAST_PAGE = 25;

/**
 * Tags of versions before 12.1 that MS-ASWBXML lists no more and gives to nothing else (Version, Truncation and NotifyGUID of
 * AirSync, the bodies and attachments from before AirSyncBase, …): what its tables leave out of the pages of that time.
 */
// biome-ignore format: a table
const RETIRED_TOKENS: Readonly<Record<number, readonly number[]>> = {
  0: [0x11, 0x19, 0x1a, 0x1f], // AirSync
  1: [0x09, 0x0a, 0x0b, 0x3b], // Contacts
  2: [0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x10, 0x36, 0x37, 0x38], // Email
  4: [0x0b, 0x0c, 0x10, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31, 0x32], // Calendar
  6: [0x06, 0x0b], // GetItemEstimate
  7: [0x0b, 0x0d], // FolderHierarchy
  8: [0x0d, 0x0f], // MeetingResponse
  9: [0x05, 0x06, 0x07, 0x21], // Tasks
  13: [0x06], // Ping
  15: [0x06, 0x16, 0x1c, 0x1d], // Search
};

export const isRetired = (page: number, token: number): boolean =>
  page === RETIRED_PAGE || RETIRED_TOKENS[page]?.includes(token) === true;

/** The global tokens that ActiveSync leaves out of WBXML (MS-ASWBXML 2.1), by what they are called. */
// biome-ignore format: a table
export const FORBIDDEN_TOKENS: Readonly<Record<number, string>> = {
  0x02: 'ENTITY', 0x04: 'LITERAL', 0x40: 'EXT_I_0', 0x41: 'EXT_I_1', 0x42: 'EXT_I_2', 0x43: 'PI', 0x44: 'LITERAL_C',
  0x80: 'EXT_T_0', 0x81: 'EXT_T_1', 0x82: 'EXT_T_2', 0x83: 'STR_T', 0x84: 'LITERAL_A', 0xc0: 'EXT_0', 0xc1: 'EXT_1',
  0xc2: 'EXT_2', 0xc4: 'LITERAL_AC',
};

/** One number for a tag: its page in the upper bits, its token in the lower six. */
export const tagCode = (page: number, token: number): number => (page << 6) | token;

const entries = CODE_PAGES.flatMap(({ page, namespace, tags }) =>
  Object.entries(tags).map(
    ([token, name]) => [tagCode(page, Number(token)), `${namespace}:${name}` as TagName] as const,
  ),
);

/** Tags by `tagCode`; a hole where a page has no such token. */
export const TAG_BY_CODE: readonly (TagName | undefined)[] = Array.from(
  { length: tagCode(LAST_PAGE + 1, 0) },
  (_, code) => entries.find(([it]) => it === code)?.[1],
);

export const CODE_BY_TAG: ReadonlyMap<TagName, number> = new Map(entries.map(([code, tag]) => [tag, code]));

export const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;
