// The door: HTTP in, authentication, autodiscover, health, and the standalone server put together.
export { type CaravanServer, startServer } from './caravan-server.ts';
export { cardDavOptions, ldapOptions } from './directory.ts';
export { davConfiguration, imapConfiguration } from './imap-configuration.ts';
export { ServerError, type ServerErrorCode } from './errors.ts';
export { type Certificate, loadCertificate, type TlsSource } from './tls/certificate.ts';
