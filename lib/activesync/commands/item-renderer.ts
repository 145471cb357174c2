/** What shows an item of any class: mail by what is fetched of its MIME, the others by their codec from the whole resource. */
import type { FetchedMessage, FetchPlan, ItemClass, MessageFlags } from '../../backends/index.ts';
import { HiddenItem, textOfResource, type UserSync } from '../../sync/index.ts';
import { type EmailOptions, emailRenderer, type OutOfLine, resourceCodec } from '../items/index.ts';
import type { Element } from '../protocol/index.ts';

export interface ItemRenderer {
  readonly plan: FetchPlan;
  /** Parts for changes. */
  readonly changePlan?: FetchPlan;
  render(
    message: FetchedMessage,
    serverId: string,
    purpose: 'add' | 'change',
    previous?: MessageFlags,
  ): readonly Element[];
}

const WHOLE: FetchPlan = () => [{ path: '' }];

export function itemRenderer(
  itemClass: ItemClass,
  options: EmailOptions,
  { account }: Pick<UserSync, 'account'>,
  outOfLine?: OutOfLine,
): ItemRenderer {
  if (itemClass === 'Email') return emailRenderer(options, outOfLine);
  const codec = resourceCodec(itemClass);
  const { version, bodies } = options;
  return {
    plan: WHOLE,
    changePlan: WHOLE,
    render: (message, serverId) => {
      const source = textOfResource(message);
      if (codec.isHidden?.(source)) throw new HiddenItem();
      return codec.render(source, { version, account, zone: account.zone, bodies, serverId, outOfLine });
    },
  };
}
