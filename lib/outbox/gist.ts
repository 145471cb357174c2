/**
 * What a device that sends a message again does not change. Some make Date, Message-ID and the boundaries anew; whom it goes
 * to, what about and what it says stay. Two gists under one ClientId are two messages: devices that are set up anew count from
 * 1 again.
 */
import { createHash } from 'node:crypto';
import { headerValues, splitMessage } from './mime-header.ts';

const FIELDS = ['From', 'To', 'Cc', 'Bcc', 'Subject'];
const BOUNDARIES = /boundary\s*=\s*(?:"[^"]*"|[^;\s]+)|^--.*$/gim;

/** Of the body; the rest of a large attachment would tell little more. */
const LOOKED_AT_BYTES = 64 * 1024;

export function gistOf(message: Uint8Array): string {
  const raw = splitMessage(message);
  const header = FIELDS.map((name) => headerValues(raw, name).map(singleSpaced));
  const body = Buffer.from(raw.rest.subarray(0, LOOKED_AT_BYTES)).toString('latin1').replace(BOUNDARIES, '');
  return createHash('sha256')
    .update(JSON.stringify([header, singleSpaced(body)]))
    .digest('base64url')
    .slice(0, 16);
}

const singleSpaced = (text: string): string => text.replace(/\s+/g, ' ').trim();
