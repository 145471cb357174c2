/**
 * Where to sync: autodiscover in both the forms that phones use. XML is asked with a password (MS-ASCMD 2.2.1.1); v2 JSON
 * needs none and tells only the one URL that everybody has.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../../backends/index.ts';
import type { Clock } from '../../platform/index.ts';
import type { Authenticator } from '../authentication/authenticator.ts';
import { CHALLENGE } from '../authentication/basic.ts';
import type { IncomingBodies } from '../http/incoming-bodies.ts';
import { answerText, type Route, type RouteContext } from '../http/route.ts';
import { acceptsMobileSync, readQuestion, writeError, writeSettings } from './xml.ts';

const XML_PATH = '/autodiscover/autodiscover.xml';
const JSON_PATH = '/autodiscover/autodiscover.json';
const BODY_LIMIT_BYTES = 16 * 1024;

/** `account`: whose home it is to be, where that is known. */
type PublicUrl = (request: IncomingMessage, context: RouteContext, account?: Account) => string | Promise<string>;

export class AutodiscoverRoute implements Route {
  readonly name = 'autodiscover';
  readonly isCounted = true;
  readonly #authenticator: Authenticator;
  readonly #bodies: IncomingBodies;
  readonly #clock: Clock;
  readonly #publicUrl: PublicUrl;

  /** `publicUrl` is the address of ActiveSync as devices reach it. */
  constructor(authenticator: Authenticator, bodies: IncomingBodies, clock: Clock, publicUrl: PublicUrl) {
    this.#authenticator = authenticator;
    this.#bodies = bodies;
    this.#clock = clock;
    this.#publicUrl = publicUrl;
  }

  matches(path: string): boolean {
    return path === XML_PATH || path === JSON_PATH || path.startsWith(`${JSON_PATH}/`);
  }

  async serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    if (context.path === XML_PATH) return this.#xml(request, response, context);
    return this.#json(request, response, context);
  }

  async #xml(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    if (request.method !== 'POST')
      return answerText(response, 405, 'Autodiscover is asked by POST.', { Allow: 'POST' });
    const who = await this.#authenticator.check(request.headers.authorization, context.address);
    if (who.kind === 'challenge') return answerText(response, 401, 'Sign in.', { 'WWW-Authenticate': CHALLENGE });
    if (who.kind === 'throttled') {
      return answerText(response, 503, 'Too many tries.', { 'Retry-After': String(who.retryAfterSeconds) });
    }
    const sender = { user: who.account.user, address: context.address };
    const body = await this.#bodies.read(request, BODY_LIMIT_BYTES, sender);
    const question = readQuestion(body.toString('utf8'));
    response.setHeader('Content-Type', 'text/xml; charset=utf-8');
    if (!question?.email) {
      return void response.end(writeError(600, 'The request is not understood', new Date(this.#clock.now())));
    }
    if (!acceptsMobileSync(question.acceptableSchema)) {
      return void response.end(writeError(601, 'Only mobilesync is provided here', new Date(this.#clock.now())));
    }
    const email = who.account.addresses[0] ?? question.email;
    const url = await this.#publicUrl(request, context, who.account);
    response.end(writeSettings({ email, displayName: who.account.displayName ?? email, url }));
  }

  /** `?Email=…&Protocol=ActiveSync`, or `/v1.0/<email>?Protocol=ActiveSync`. */
  async #json(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    if (request.method !== 'GET')
      return answerText(response, 405, 'Autodiscover v2 is asked by GET.', { Allow: 'GET' });
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
    const protocol = [...query].find(([name]) => name.toLowerCase() === 'protocol')?.[1];
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(body));
    };
    if (protocol?.toLowerCase() !== 'activesync') {
      return send(400, {
        ErrorCode: protocol ? 'InvalidProtocol' : 'MandatoryParameterMissing',
        ErrorMessage: protocol
          ? `The given protocol value '${protocol.slice(0, 40)}' is invalid. Supported values are 'ActiveSync'.`
          : "A valid value must be provided for the query parameter 'Protocol'.",
      });
    }
    send(200, { Protocol: 'ActiveSync', Url: await this.#publicUrl(request, context) });
  }
}
