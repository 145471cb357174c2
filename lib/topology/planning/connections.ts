/** How many addresses NAT needs for the IMAP connections of a place: it leads so many from each of them to one address of the mail system. */
import { ASSUMED } from './measured.ts';
import type { MailSystemNeed } from './needs.ts';
import { counted, number } from './numbers.ts';

/** To one address, port and protocol (docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html). */
export const CONNECTIONS_PER_NAT_ADDRESS = 55_000;
/** Of one gateway, by the same page. */
export const MOST_NAT_ADDRESSES = 8;
/** More are to be asked for (docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html). */
export const USUAL_NAT_ADDRESSES = 2;

const CONNECTIONS = ASSUMED.mailboxConnections.value;

/** Of a gateway with one address. */
const connectionsTo = ({ addresses }: MailSystemNeed): number =>
  CONNECTIONS_PER_NAT_ADDRESS * ASSUMED.usableConnections.value * addresses;

/** `gateways`: those that are left when a zone is lost. */
export const mostUsersByNat = (mail: MailSystemNeed, gateways: number): number =>
  Math.floor((MOST_NAT_ADDRESSES * gateways * connectionsTo(mail)) / CONNECTIONS);

export interface NatNeed {
  /** Of each gateway, at most MOST_NAT_ADDRESSES. */
  readonly addresses: number;
  readonly isEnough: boolean;
  /** With every number in it. */
  readonly arithmetic: string;
}

export function natOf(mail: MailSystemNeed, users: number, gateways: number): NatNeed {
  const exact = (users * CONNECTIONS) / gateways / connectionsTo(mail);
  const needed = Math.max(1, Math.ceil(exact));
  const addresses = Math.min(MOST_NAT_ADDRESSES, needed);
  const isEnough = addresses === needed;
  const left = gateways === 1 ? '1 gateway' : `${gateways} gateways that are left when a zone is lost`;
  return {
    addresses,
    isEnough,
    arithmetic: `${counted(users, 'user')} × ${CONNECTIONS} ÷ (${left} × ${number(CONNECTIONS_PER_NAT_ADDRESS)} connections an address × ${ASSUMED.usableConnections.value} × ${counted(mail.addresses, 'address', 'addresses')} of ${mail.host}) = ${number(exact)}, rounded up = ${counted(needed, 'address', 'addresses')} a gateway${isEnough ? '' : `, of which it has ${addresses} at most`}`,
  };
}
