/** Who a message goes to and comes from, by its own headers (RFC 5322 section 3.6.2 and 3.6.3). */
import { addressParser } from 'postal-mime';
import type { Account, Envelope } from '../backends/index.ts';
import { headerValues, type RawMessage } from './mime-header.ts';

const RECIPIENT_HEADERS = ['To', 'Cc', 'Bcc'];
/** Each may begin a group, of which the parser takes the square: nobody's list of recipients has so many. */
const COLONS_LIMIT = 500;
/** A mailbox of RFC 5321 as far as a submission server must not choke on it. */
const ADDRESS = /^[^\s<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s<>()\\,;"\p{Cc}]{1,255}$/u;

/** Bcc included, each address once. `from` is one of the account's own addresses, whatever the header claims. */
export function envelopeOf(message: RawMessage, account: Account): Envelope {
  const claimed = addressesIn(message, 'From')[0] ?? '';
  const own = account.addresses.find((address) => address.toLowerCase() === claimed.toLowerCase());
  const to = new Map<string, string>();
  for (const name of RECIPIENT_HEADERS) {
    for (const address of addressesIn(message, name)) to.set(address.toLowerCase(), address);
  }
  return { from: own ?? account.addresses[0] ?? claimed, to: [...to.values()] };
}

function addressesIn(message: RawMessage, name: string): string[] {
  return headerValues(message, name)
    .filter((value) => value.split(':').length <= COLONS_LIMIT)
    .flatMap((value) => addressParser(Buffer.from(value, 'latin1').toString('utf8'), { flatten: true }))
    .map(({ address }) => (address ?? '').trim())
    .filter((address) => ADDRESS.test(address));
}
