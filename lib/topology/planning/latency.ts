/** Round trips of devices and to mail systems, and what they may be. */
import type { MailSystemNeed, Needs, SiteNeed } from './needs.ts';
import { type Region, roundTripBetween } from './regions-on-earth.ts';

/** Longer ones are told of: each IMAP command waits so long, and a Sync that brings something makes several. */
export const MAIL_WARNING_MS = 50;
/** Longer ones are refused: a Sync would spend seconds on them, and devices repeat what takes too long. */
export const MAIL_LIMIT_MS = 250;
/** Longer ones are told of, unless the file says how long they may be. */
export const DEVICE_WARNING_MS = 150;

export const mailRoundTrip = (mail: MailSystemNeed, region: Region): number =>
  mail.roundTripsMs[region] ?? roundTripBetween(region, mail.region) + mail.roundTripMs;

export const isMeasured = (mail: MailSystemNeed, region: Region): boolean =>
  mail.roundTripsMs[region] !== undefined || region === mail.region;

export const directoryRoundTrip = (mail: MailSystemNeed, region: Region): number | undefined =>
  mail.directoryRoundTripMs === undefined
    ? undefined
    : roundTripBetween(region, mail.region) + mail.directoryRoundTripMs;

export const deviceRoundTrip = (site: SiteNeed, region: Region): number =>
  roundTripBetween(site.region, region) + site.roundTripMs;

/** Where servers may be: what the file says, or where sites and mail systems are. */
export const regionsOf = ({ regions, sites, mailSystems }: Needs): readonly Region[] => [
  ...new Set(regions ?? [...mailSystems, ...sites].map(({ region }) => region)),
];
