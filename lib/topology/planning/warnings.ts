/** What a plan does not refuse, and its reader should know. */
import type { Candidate } from './candidate.ts';
import { USUAL_NAT_ADDRESSES } from './connections.ts';
import { deviceRoundTrip, directoryRoundTrip, isMeasured, MAIL_WARNING_MS, mailRoundTrip } from './latency.ts';
import { ASSUMED } from './measured.ts';
import type { MailSystemNeed, Needs, SiteNeed } from './needs.ts';
import { number } from './numbers.ts';
import { mayTake } from './places.ts';

/** Whether a Sync that brings something would take longer with servers in the region of the site. */
const isLessNear = (site: SiteNeed, system: MailSystemNeed, device: number, mail: number): boolean => {
  const trips = ASSUMED.mailRoundTripsPerSync.value;
  return device + trips * mail < site.roundTripMs + trips * mailRoundTrip(system, site.region);
};

export function warningsOf(needs: Needs, { places }: Candidate): readonly string[] {
  return places.flatMap(({ name, region, zones, mailSystem, sites, nat }) => {
    const warnings: string[] = [];
    if (nat.addresses > USUAL_NAT_ADDRESSES)
      warnings.push(
        `${name}: ${nat.addresses} addresses for each NAT gateway, ${nat.addresses * zones.length} together: AWS admits ${USUAL_NAT_ADDRESSES} and 5 until it is asked for more (service quotas "Elastic IP addresses per public NAT gateway" and "EC2-VPC Elastic IPs"). A name of the IMAP server with more addresses needs fewer (mailSystems[].addresses).`,
      );
    if (!nat.isEnough)
      warnings.push(
        `${name}: with the users of a region that is lost NAT is to lead more connections than it can, even with ${nat.addresses} addresses a gateway: some users would wait. A name of the IMAP server with more addresses needs fewer (mailSystems[].addresses).`,
      );
    const mail = mailRoundTrip(mailSystem, region);
    const trips = ASSUMED.mailRoundTripsPerSync.value;
    if (mail > MAIL_WARNING_MS)
      warnings.push(
        `${name}: the mail system ${mailSystem.name} is ${number(mail)} ms away, more than ${MAIL_WARNING_MS}: a Sync that brings something waits ${trips} × ${number(mail)} = ${number(trips * mail)} ms for it.`,
      );
    if (!isMeasured(mailSystem, region))
      warnings.push(
        `${name}: the ${number(mail)} ms to ${mailSystem.name} are estimated by distance: measure them there with \`caravan plan check\`, and write them as roundTripsMs.`,
      );
    const directory = directoryRoundTrip(mailSystem, region);
    if (directory !== undefined && directory > MAIL_WARNING_MS)
      warnings.push(
        `${name}: the directory is ${number(directory)} ms away, more than ${MAIL_WARNING_MS}: searches for people take so much longer.`,
      );
    const limit = mayTake(needs);
    for (const site of sites) {
      const device = deviceRoundTrip(site, region);
      if (device > limit)
        warnings.push(
          `${name}: devices of ${site.name} are ${number(device)} ms away: they wait for it once a request${isLessNear(site, mailSystem, device, mail) ? ', which is less than what servers near them would wait for the mail system' : ''}.`,
        );
    }
    return warnings;
  });
}
