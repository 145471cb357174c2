/**
 * ResolveRecipients (MS-ASCMD 2.2.1.15): who is meant by what a person typed, with their certificates, photo and free and
 * busy times. Without a directory the command is not supported.
 */
import type { Directory, Person } from '../../backends/index.ts';
import { reasonOf } from '../../platform/index.ts';
import {
  atLeast,
  child,
  children,
  CommonStatus,
  type Element,
  element,
  integer,
  parseTimestamp,
  ResolveRecipientsStatus as Status,
  text,
  textOf,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { mergedFreeBusy, SLOT_MS } from './free-busy.ts';
import { type Pictures, picturesOf, type PictureTags } from './pictures.ts';
import { recipientCertificates } from './recipient-certificates.ts';

/** R5656. */
const MAX_RECIPIENTS = 100;
/** R5873. */
const MAX_NAME_CHARACTERS = 256;
/** R5175. */
const MAX_SPAN_MS = 42 * 86_400_000;
/** Suggestions for what is ambiguous. */
const MAX_SUGGESTIONS = 100;
/** R4686: an entry of the directory. */
const GAL_ENTRY = 1;

const PICTURE: PictureTags = {
  request: 'ResolveRecipients:Picture',
  maxSize: 'ResolveRecipients:MaxSize',
  maxPictures: 'ResolveRecipients:MaxPictures',
  picture: 'ResolveRecipients:Picture',
  status: 'ResolveRecipients:Status',
  data: 'ResolveRecipients:Data',
};

interface Wanted {
  /** 1 none, 2 whole, 3 mini (R856 to R858). */
  readonly certificates: number;
  readonly maxCertificates: number;
  readonly maxSuggestions: number;
  readonly span: { readonly startMs: number; readonly endMs: number } | undefined;
  readonly newPictures: (() => Pictures) | undefined;
}

export async function resolveRecipients(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const { directory } = context;
  if (directory === undefined) {
    return answer(atLeast(request.version, '14.0') ? CommonStatus.commandNotSupported : Status.serverError);
  }
  const names = children(request.document, 'ResolveRecipients:To').map((it) => textOf(it).trim());
  const isRequest = names.length > 0 && names.length <= MAX_RECIPIENTS && names.every(isName);
  const wanted = isRequest && readOptions(child(request.document, 'ResolveRecipients:Options'), request);
  if (!wanted) return answer(Status.protocolError);
  const responses: Element[] = [];
  let certificatesLeft = wanted.maxCertificates;
  for (const name of names) {
    const found = await meant(directory, name, wanted);
    const [only] = found;
    const isResolved = only !== undefined && found.length === 1;
    const pictures = wanted.newPictures?.();
    const suggestions = isResolved ? found : found.slice(0, wanted.maxSuggestions);
    const certificates =
      isResolved && wanted.certificates > 1
        ? recipientCertificates(only, { isMini: wanted.certificates === 3, left: certificatesLeft })
        : undefined;
    certificatesLeft -= certificates?.count ?? 0;
    const availability = isResolved && wanted.span && (await availabilityOf(only, wanted.span, context));
    responses.push(
      element(
        'ResolveRecipients:Response',
        element('ResolveRecipients:To', name),
        element('ResolveRecipients:Status', statusOf(found.length, suggestions.length)),
        element('ResolveRecipients:RecipientCount', found.length),
        suggestions.map((person) =>
          element(
            'ResolveRecipients:Recipient',
            element('ResolveRecipients:Type', GAL_ENTRY),
            element('ResolveRecipients:DisplayName', person.displayName),
            element('ResolveRecipients:EmailAddress', person.email),
            availability,
            certificates?.element,
            pictures?.next(person.photo),
          ),
        ),
      ),
    );
  }
  return answer(Status.success, responses);
}

const isName = (name: string): boolean => name !== '' && name.length <= MAX_NAME_CHARACTERS;

/** Whose address it is, and nobody else; otherwise everybody whom the words find. */
async function meant(directory: Directory, name: string, wanted: Wanted): Promise<readonly Person[]> {
  const found = await directory.find({
    words: name,
    limit: MAX_SUGGESTIONS,
    withPhotos: wanted.newPictures !== undefined,
    withCertificates: wanted.certificates > 1,
  });
  const exact = found.find((it) => it.email.toLowerCase() === name.toLowerCase());
  return exact ? [exact] : found.slice(0, MAX_SUGGESTIONS);
}

function statusOf(found: number, shown: number): number {
  if (found === 0) return Status.notResolved;
  if (found === 1) return Status.success;
  return shown < found ? Status.ambiguousPartialList : Status.ambiguous;
}

/** Undefined where the request makes no sense. Throws MalformedValue. */
function readOptions(options: Element | undefined, { version }: CommandRequest): Wanted | undefined {
  const certificates = integer(options, 'ResolveRecipients:CertificateRetrieval') ?? 1;
  if (certificates < 1 || certificates > 3) return undefined;
  const asked = child(options, 'ResolveRecipients:Availability');
  // R6193: 12.1 knows no availability.
  const span = asked && atLeast(version, '14.0') ? spanOf(asked) : undefined;
  if (span === 'invalid') return undefined;
  return {
    certificates,
    maxCertificates: integer(options, 'ResolveRecipients:MaxCertificates') ?? Number.POSITIVE_INFINITY,
    maxSuggestions: integer(options, 'ResolveRecipients:MaxAmbiguousRecipients') ?? MAX_SUGGESTIONS,
    span,
    newPictures: atLeast(version, '14.1') ? picturesOf(options, PICTURE) : undefined,
  };
}

/** R2264, R2266, R3986: both, half an hour apart at least, six weeks at most. */
function spanOf(asked: Element): Wanted['span'] | 'invalid' {
  const startMs = parseTimestamp(text(asked, 'ResolveRecipients:StartTime')?.trim() ?? '');
  const endMs = parseTimestamp(text(asked, 'ResolveRecipients:EndTime')?.trim() ?? '');
  if (startMs === undefined || endMs === undefined) return 'invalid';
  const spanMs = endMs - startMs;
  return spanMs < SLOT_MS || spanMs > MAX_SPAN_MS ? 'invalid' : { startMs, endMs };
}

async function availabilityOf(
  { email }: Person,
  { startMs, endMs }: NonNullable<Wanted['span']>,
  { user, log }: CommandContext,
): Promise<Element> {
  const status = (value: number, merged?: string) =>
    element(
      'ResolveRecipients:Availability',
      element('ResolveRecipients:Status', value),
      merged !== undefined && element('ResolveRecipients:MergedFreeBusy', merged),
    );
  try {
    const busy = await user.mailbox.freeBusy?.(email, startMs, endMs);
    if (busy === undefined) return status(CommonStatus.availabilityFailure);
    return status(Status.success, mergedFreeBusy(busy, startMs, endMs));
  } catch (thrown) {
    log.warn({ reason: reasonOf(thrown) }, 'The free and busy times of a recipient could not be had');
    return status(CommonStatus.availabilityTransientFailure);
  }
}

const answer = (status: number, responses: readonly Element[] = []): Answer => ({
  kind: 'document',
  document: element('ResolveRecipients:ResolveRecipients', element('ResolveRecipients:Status', status), responses),
});
