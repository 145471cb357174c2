/** vCard ↔ the Contacts class. */
import { children } from '../../protocol/index.ts';
import type { ResourceCodec } from '../resource-codec.ts';
import { readFields, writeFields } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { Zones } from '../zones/zones.ts';
import { Card } from './card.ts';
import { contactFields } from './contact-fields.ts';
import { completeName, keepFullName } from './names.ts';

const SEARCHED = ['FN', 'N', 'ORG', 'NICKNAME', 'EMAIL', 'TEL', 'ADR', 'TITLE', 'NOTE', 'URL'];

/** A list of contacts: vCard 4 (RFC 6350 section 6.1.4), and as Apple writes it in a vCard 3. */
const GROUP = /^(?:[\w-]+\.)?(?:KIND|X-ADDRESSBOOKSERVER-KIND)(?:;[^:\r\n]*)?:[ \t]*group[ \t]*\r?$/im;

export function contactCodec(): ResourceCodec {
  const fields = contactFields(new Zones());
  return {
    itemClass: 'Contacts',
    kind: 'contact',
    isHidden: (source) => GROUP.test(source),
    summary: (source) => {
      const { component } = Card.read(source);
      const words = SEARCHED.flatMap((name) => component.lines(name).map((it) => oneLine(it.text)));
      return {
        kind: 'contact',
        uid: component.text('UID') ?? '',
        span: undefined,
        isDone: false,
        words: words.join('\n'),
      };
    },
    render: (source, context) => readFields(fields, Card.read(source), context),
    change: (source, data, context) => {
      const card = source === undefined ? Card.create(context.uid) : Card.read(source);
      const hadFullName = card.component.text('FN') !== undefined;
      const changed = writeFields(fields, card, children(data), context);
      if (source !== undefined && !changed) return source;
      if (source === undefined) completeName(card);
      else if (hadFullName) keepFullName(card);
      const revised = context.now.toISOString().replace(/\.\d{3}/, '');
      card.component.set('REV', card.isVersion4 ? revised.replace(/[-:]/g, '') : revised);
      return card.write();
    },
    attachment: () => undefined,
  };
}
