/** A message as a device of some version wants it: the parts to fetch, and the elements made of them. */
import type { FetchedMessage, MessageFlags, Part } from '../../backends/index.ts';
import { atLeast, type Element, element } from '../protocol/index.ts';
import { attachmentsElement } from './attachments.ts';
import { bodyElement, bodyPartElement, makeBody, type OutOfLine } from './body.ts';
import { bodyChoices, nativeType } from './body-choice.ts';
import { planBodies } from './body-plan.ts';
import { bodyStructure, type BodyStructure } from './body-structure.ts';
import { categoriesElement } from './categories.ts';
import type { EmailRenderer } from './email.ts';
import type { EmailOptions } from './email-options.ts';
import {
  codePageElement,
  contentClassElement,
  conversationFields,
  draftFields,
  envelopeFields,
  hasFlag,
  readElement,
  verbFields,
} from './email-fields.ts';
import { flagElement } from './flag.ts';
import { type Invitation, readInvitation } from './invitation.ts';
import { meetingRequestElement } from './meeting-request.ts';
import { meetingClass, plainClass, reportClass, reportPart } from './message-class.ts';
import { MessageHeader } from './message-header.ts';
import { type Protection, protectionOf } from './security.ts';
import { partText } from './shown-text.ts';

const CALENDAR_LIMIT_BYTES = 512 * 1024;
const REPORT_LIMIT_BYTES = 8 * 1024;

/** A part that is in no message, with a path that no section has. */
const DESCRIPTION_PART: Part = {
  path: 'description',
  type: 'text/plain',
  parameters: { charset: 'utf-8' },
  encoding: '8bit',
  sizeBytes: 0,
  dispositionParameters: {},
  parts: [],
};

/** `outOfLine` makes bodies parts of a multipart response. */
export function emailRenderer(options: EmailOptions, outOfLine?: OutOfLine): EmailRenderer {
  return {
    plan: ({ structure, sizeBytes }) => {
      const body = bodyStructure(structure);
      const requests = planBodies(body, options, protectionOf(structure), { sizeBytes });
      const also = (part: Part | undefined, limitBytes: number) => {
        if (part && !requests.has(part.path)) requests.set(part.path, { path: part.path, limitBytes });
      };
      also(body.calendar, CALENDAR_LIMIT_BYTES);
      also(reportPart(structure), REPORT_LIMIT_BYTES);
      return [...requests.values()];
    },
    render: (message, serverId, purpose, previous) =>
      purpose === 'change'
        ? changedFields(message, options, previous)
        : allFields(message, serverId, options, outOfLine),
  };
}

function allFields(
  message: FetchedMessage,
  serverId: string,
  options: EmailOptions,
  outOfLine: OutOfLine | undefined,
): readonly Element[] {
  const { version } = options;
  const header = new MessageHeader(message.header);
  const structure = bodyStructure(message.structure);
  const protection = protectionOf(message.structure);
  const attachments = attachmentsElement(structure.attachments, serverId);
  const invitation = invitationOf(message, structure);
  const meeting = invitation && meetingRequestElement(invitation, version, message.receivedAt);
  const { message: shown, body } = withDescription(message, structure, invitation);
  return [
    ...envelopeFields(message, header),
    ...(attachments ? [attachments] : []),
    ...bodies(shown, body, protection, options, outOfLine),
    element('Email:MessageClass', classOf(message, protection, invitation)),
    ...(meeting ? [meeting] : []),
    codePageElement((body.html ?? body.plain)[0]?.parameters['charset']),
    flagElement(message.flags, header.text('subject')),
    contentClassElement(),
    element('AirSyncBase:NativeBodyType', nativeType(body)),
    ...conversationFields(message, header, version),
    ...(atLeast(version, '14.0') ? [categoriesElement(message.flags)] : []),
    ...draftFields(message, header, version),
  ];
}

function bodies(
  message: FetchedMessage,
  body: BodyStructure,
  protection: Protection,
  options: EmailOptions,
  outOfLine: OutOfLine | undefined,
): readonly Element[] {
  const parts = atLeast(options.version, '14.1') ? options.bodyParts : [];
  const elements: Element[] = [];
  if (options.bodies.length > 0 || parts.length === 0) {
    const made = makeBody(message, body, bodyChoices(options.bodies, options, body, protection));
    elements.push(bodyElement(made, options.version, outOfLine));
  }
  if (parts.length > 0)
    elements.push(bodyPartElement(makeBody(message, body, bodyChoices(parts, options, body, protection))));
  return elements;
}

/** An invitation that comes without a text is shown with its own. */
function withDescription(
  message: FetchedMessage,
  body: BodyStructure,
  invitation: Invitation | undefined,
): { readonly message: FetchedMessage; readonly body: BodyStructure } {
  if (!invitation?.description || body.html || body.plain.length > 0) return { message, body };
  const bytes = Buffer.from(invitation.description);
  const part: Part = { ...DESCRIPTION_PART, sizeBytes: bytes.length };
  const parts = new Map([...message.parts, [part.path, { bytes, complete: true }]]);
  return { message: { ...message, parts }, body: { ...body, plain: [part] } };
}

function invitationOf(message: FetchedMessage, { calendar }: BodyStructure): Invitation | undefined {
  const fetched = calendar && message.parts.get(calendar.path);
  return fetched && readInvitation(partText(calendar, fetched), calendar.parameters['method']);
}

function classOf(message: FetchedMessage, protection: Protection, invitation: Invitation | undefined): string {
  const report = reportPart(message.structure);
  if (report) {
    const fetched = message.parts.get(report.path);
    return reportClass(report, fetched ? partText(report, fetched) : '');
  }
  return (invitation && meetingClass(invitation.method, invitation.answer)) ?? plainClass(protection);
}

/** What changes in place; of `previous` flags only what differs (MS-ASEMAIL 3.2.5.4.1). */
function changedFields(
  message: FetchedMessage,
  options: EmailOptions,
  previous: MessageFlags | undefined,
): readonly Element[] {
  const { flags } = message;
  const isModern = atLeast(options.version, '14.0');
  const subject = () => new MessageHeader(message.header).text('subject');
  const pairs: readonly (readonly [Element | undefined, Element | undefined])[] = [
    [readElement(flags), previous && readElement(previous)],
    [flagElement(flags, subject()), previous && flagElement(previous, subject())],
    ...(isModern
      ? [
          [categoriesElement(flags), previous && categoriesElement(previous)] as const,
          [verbFields(flags)[0], previous && verbFields(previous)[0]] as const,
        ]
      : []),
  ];
  const different = pairs.flatMap(([now, before]) => (now && (!before || !isSame(now, before)) ? [now] : []));
  // What changed is nothing that devices see: an item must not be empty all the same.
  return different.length > 0 ? different : [readElement(flags)];
}

const isSame = (one: Element, other: Element): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Whether a message is in the making: its content may be changed by devices that speak 16.x. */
export const isDraft = (flags: MessageFlags): boolean => hasFlag(flags, '\\Draft');
