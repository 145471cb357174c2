/** The plan as `caravan.json`: what `cdk deploy` makes of it. */
import { parseTopology } from '../deployment/load-topology.ts';
import type { Candidate, PlacePlan } from './candidate.ts';
import type { MailSystemNeed, Needs } from './needs.ts';
import { MOST_SERVERS, serverCapacity, usersPerServer } from './sizing.ts';

/** To be put in place of by who deploys: nobody but AWS knows it. */
export const CERTIFICATE_TO_FILL_IN = 'FILL-IN';
const ACCOUNT_TO_FILL_IN = '000000000000';

/** The networks of places do not overlap: each has another second number. */
const FIRST_NETWORK = 20;

/** Written for each, so that another place that is added later renames none. */
export const hostOf = ({ domain }: Needs, places: readonly PlacePlan[], { name }: PlacePlan): string =>
  places.length === 1 ? domain : `${name}.${domain}`;

export function deploymentOf(needs: Needs, { kind, places, geography }: Candidate): object {
  const list = places.map((place, index) => {
    const heir = places[geography?.failOverTo[index] ?? -1];
    const heirOf = places.filter((_, other) => geography?.failOverTo[other] === index);
    return {
      ...placeOf(needs, place, index, hostOf(needs, places, place), kind === 'pool' ? heirOf : undefined),
      ...(heir && { failOverTo: heir.name }),
    };
  });
  const [mail] = needs.mailSystems;
  const content = {
    name: needs.name,
    domain: needs.domain,
    [kind === 'pool' ? 'pools' : 'standalone']: list,
    ...(geography && { geography: { authority: places[geography.authority]?.name } }),
    alarms: { email: `postmaster@${mail?.domain ?? needs.domain}` },
  };
  // A plan that cannot be deployed is a fault of ours: it must not reach anybody.
  parseTopology(content, 'plan');
  return content;
}

/** What has no section of its own in `caravan.json`. */
function settingsOf({ davUrl, directoryUrl, directoryBaseDn }: MailSystemNeed): object {
  const settings = {
    ...(davUrl !== undefined && { 'mail.dav.url': davUrl }),
    ...(directoryUrl !== undefined && { 'directory.kind': 'ldap', 'directory.url': directoryUrl }),
    ...(directoryBaseDn !== undefined && { 'directory.baseDn': directoryBaseDn }),
  };
  return Object.keys(settings).length === 0 ? {} : { settings };
}

/** `heirOf`, of a pool: the places whose users come here when their region is lost. */
function placeOf(needs: Needs, place: PlacePlan, index: number, host: string, heirOf?: readonly PlacePlan[]): object {
  const { name, region, zones, mailSystem, nat, now } = place;
  const capacity = serverCapacity(needs.devicesPerUser);
  const most = ({ now: today, atHorizon: then }: PlacePlan) => Math.max(today.servers, then.servers);
  const inherited = Math.max(0, ...(heirOf ?? []).map(most));
  // One more in each zone than the horizon needs: room for an hour that is busier than planned.
  const max = Math.min(MOST_SERVERS, most(place) + inherited + zones.length);
  return {
    name,
    region,
    zones,
    host,
    certificate: `arn:aws:acm:${region}:${ACCOUNT_TO_FILL_IN}:certificate/${CERTIFICATE_TO_FILL_IN}`,
    network: {
      cidr: `10.${FIRST_NETWORK + index}.0.0/16`,
      ...(nat.addresses > 1 && { natAddresses: nat.addresses }),
    },
    ...(heirOf && {
      size: { min: now.servers, max },
      placement: { usersPerServer: usersPerServer(zones.length, capacity, needs.devicesPerUser) },
    }),
    mail: {
      host: mailSystem.host,
      domain: mailSystem.domain,
      smtp: { host: mailSystem.smtpHost ?? mailSystem.host },
    },
    ...settingsOf(mailSystem),
  };
}
