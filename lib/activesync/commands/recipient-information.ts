/**
 * The recipient information cache of 14.1 and later: a collection that devices expect in the hierarchy (type 19), and
 * that nobody may create, change or delete. The server keeps no list of frequent recipients, so it is always empty, and
 * its sync key needs no state.
 */
import { atLeast, type Element, element, type ProtocolVersion } from '../protocol/index.ts';

/** The specification's own name for it (MS-ASCMD 2.2.3.99.1). */
export const RECIPIENT_INFORMATION_ID = 'RI';
const TYPE = 19;
/** The only key that an always-empty collection needs. */
const PRIMED_KEY = '1';

export const hasRecipientInformation = (version: ProtocolVersion): boolean => atLeast(version, '14.1');

export const isRecipientInformation = (collectionId: string | undefined): boolean =>
  collectionId === RECIPIENT_INFORMATION_ID;

/** Its Add in the first FolderSync. */
export const recipientInformationFolder = (): Element =>
  element(
    'FolderHierarchy:Add',
    element('FolderHierarchy:ServerId', RECIPIENT_INFORMATION_ID),
    element('FolderHierarchy:ParentId', '0'),
    element('FolderHierarchy:DisplayName', 'RecipientInfo'),
    element('FolderHierarchy:Type', TYPE),
  );

export type RecipientInformationState = 'first' | 'unchanged' | 'invalid-key';

/** `first`: it goes on with the key of `primedKey`. */
export const recipientInformationState = (syncKey: string): RecipientInformationState => {
  if (syncKey === '0') return 'first';
  return syncKey === PRIMED_KEY ? 'unchanged' : 'invalid-key';
};

export const primedKey = (): string => PRIMED_KEY;
