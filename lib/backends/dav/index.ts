// Calendars, contacts, tasks and notes on CalDAV and CardDAV servers.
export { type DavConfiguration, type DavTimeouts } from './configuration.ts';
export { davPlaces, type ServiceResolver } from './dns-discovery.ts';
export { MailSystemWithDav } from './mail-system-with-dav.ts';
export { openDavResources } from './open.ts';
